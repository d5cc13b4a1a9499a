import { describe, expect, it } from 'vitest'
import type { Failure } from '../../../src/destinations/destination.js'
import { readLedgerEntry } from '../../../src/delivery/ledger-entry.js'
import { PipelineHarness } from '../../support/pipeline-harness.js'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const PERIOD_MS = 48 * HOUR_MS

type Answer = Omit<Failure, 'payload'>
const refused: Answer = { class: 'credentials', code: 'ExpiredToken', message: 'the token has expired' }

async function advance(h: PipelineHarness, ms: number) {
  await h.clock.advance(ms)
  await h.rest()
}

/** Reads again what it is sent to, up to the end of the partition. */
function feeding(h: PipelineHarness) {
  h.onSeek = (partition, offset) => {
    const end = h.ends.get(`events/${partition}`) ?? 0
    if (offset < end) h.events(partition, offset, end - offset)
  }
}

/** `partitions` partitions with five events each, and credentials that fail. */
async function failing(partitions = 1, parts: ConstructorParameters<typeof PipelineHarness>[0] = {}) {
  const h = new PipelineHarness({ maxAgeMs: 1_000, ...parts })
  h.outage = refused
  feeding(h)
  for (let partition = 0; partition < partitions; partition++) {
    h.ends.set(`events/${partition}`, 5)
    await h.assign(partition)
    h.events(partition, 0, 5)
  }
  await advance(h, 1_000)
  return h
}

const putsOf = (h: PipelineHarness) => h.effects.filter((effect) => effect.startsWith('put')).sort()
const entriesOf = (h: PipelineHarness) => h.drops.map(({ value }) => readLedgerEntry(value))

describe('a decision to drop', () => {
  it('is taken back when the secret has changed before its commit was accepted', async () => {
    const h = await failing()
    let accept = () => {}
    h.beforeCommit = (metadata) =>
      metadata.includes('"drop"') ? new Promise<void>((resolve) => (accept = resolve)) : Promise.resolve()
    await advance(h, PERIOD_MS + 1)
    h.outage = null
    h.secret.digest = 'second'
    await advance(h, 6 * HOUR_MS)
    h.beforeCommit = null
    accept()
    await advance(h, 30 * MINUTE_MS)
    expect(h.drops).toEqual([])
    expect(putsOf(h)).toEqual(['put a 0+0 0..4x5'])
    expect(h.offsets.get('events/0')).toBe(5)
  })

  it('is taken back when the ledger refuses it; the connector is blocked and goes on probing', async () => {
    const h = await failing(2)
    h.refusals = 1e9
    h.refusalCode = 'KAFKA_WRITE_REFUSED'
    await advance(h, PERIOD_MS + HOUR_MS)
    expect(h.health.state).toBe('blocked')
    expect(h.health.trouble?.message).toContain('the drop ledger cannot be written')
    h.outage = null
    await advance(h, 15 * MINUTE_MS)
    expect(h.drops).toEqual([])
    expect(putsOf(h)).toEqual(['put a 0+0 0..4x5', 'put a 1+0 0..4x5'])
  })

  it('stands where nobody knows whether the ledger has it; other partitions are probed and delivered all the same', async () => {
    const h = await failing(2)
    h.refusals = 1e9
    await advance(h, PERIOD_MS + HOUR_MS)
    h.outage = null
    await advance(h, 30 * MINUTE_MS)
    expect(putsOf(h).length).toBe(1)
    h.refusals = 0
    await advance(h, 30 * MINUTE_MS)
    expect(entriesOf(h).length).toBe(1)
  })

  it('is not made on the old evidence when the newest answer was that an object is too large', async () => {
    const h = await failing()
    await advance(h, PERIOD_MS - 2 * MINUTE_MS)
    h.outage = { ...refused, class: 'rejected', code: 'EntityTooLarge' }
    await advance(h, HOUR_MS)
    expect(h.drops).toEqual([])
  })
})

describe('one partition', () => {
  it('whose commits are never answered stops neither probes nor recovery of the others', async () => {
    const h = await failing(2)
    h.beforeCommit = (_metadata, partition) => (partition === 1 ? new Promise(() => undefined) : Promise.resolve())
    await advance(h, HOUR_MS)
    h.outage = null
    await advance(h, 30 * MINUTE_MS)
    expect(putsOf(h)).toContain('put a 0+0 0..4x5')
  })
})

describe('without anything that waits', () => {
  it('the credentials are asked about without a write, so that a later failure has a clock of its own', async () => {
    const h = await failing()
    await advance(h, PERIOD_MS + 1)
    expect(h.drops.length).toBe(1)
    h.looks = [{ name: 'credentials', resource: 'account', status: 'ok', message: 'accepted', durationMs: 1 }]
    await advance(h, HOUR_MS)
    expect(h.health.trouble).toBeUndefined()
    expect(h.steps.at(-1)).toBe('recovered')
    h.ends.set('events/0', 7)
    h.events(0, 5, 2)
    await advance(h, 47 * HOUR_MS)
    expect(h.drops.length).toBe(1)
    expect(h.health.trouble?.failingSinceMs).toBeGreaterThan(Date.UTC(2026, 10, 3, 1))
  })

  it('nobody asks that way while a probe is underway, however long it takes', async () => {
    const h = await failing()
    await advance(h, HOUR_MS)
    const { failingSinceMs } = h.health.trouble!
    h.looks = [{ name: 'credentials', resource: 'account', status: 'ok', message: 'accepted', durationMs: 1 }]
    const answer = h.hang()
    await advance(h, HOUR_MS)
    h.outage = { ...refused, class: 'configuration', code: 'NoSuchBucket' }
    answer()
    await advance(h, HOUR_MS)
    expect(h.steps).not.toContain('recovered')
    expect(h.health.trouble?.failingSinceMs).toBe(failingSinceMs)
  })

  it('such an answer proves nothing where a right was missing', async () => {
    const h = await failing()
    h.outage = { ...refused, code: 'AccessDenied' }
    await advance(h, PERIOD_MS + 1)
    h.looks = [{ name: 'credentials', resource: 'account', status: 'ok', message: 'accepted', durationMs: 1 }]
    await advance(h, HOUR_MS)
    expect(h.health.state).toBe('dropping')
  })
})

describe('the state of a connector that drops', () => {
  it('does not flap between two sweeps, and ends when the credentials work again', async () => {
    const h = await failing()
    await advance(h, PERIOD_MS + HOUR_MS)
    for (let hour = 1; hour <= 6; hour++) {
      h.ends.set('events/0', 5 + 5 * hour)
      h.events(0, 5 * hour, 5)
      await advance(h, HOUR_MS)
    }
    expect(h.drops.length).toBeGreaterThan(3)
    const states = () => h.health.journal.entries.filter(({ kind }) => kind === 'state').map(({ what }) => what)
    expect(states().slice(states().indexOf('dropping'))).toEqual(['dropping'])
    h.outage = null
    h.ends.set('events/0', 40)
    h.events(0, 35, 5)
    await advance(h, HOUR_MS)
    expect(states().at(-1)).toBe('starting')
  })
})

describe('what people are told', () => {
  it('of onExpiry: hold is that everything is kept, and no instant of a drop', async () => {
    const h = await failing(1, { credentialFailure: { periodMs: PERIOD_MS, onExpiry: 'hold' } })
    await advance(h, PERIOD_MS + HOUR_MS)
    expect(h.steps.at(-1)).toBe('expired')
    expect(h.health.trouble?.message).toContain('everything is kept, because credentialFailure.onExpiry is hold')
    expect(h.health.trouble?.dropAtMs).toBeUndefined()
  })

  it('while another instance delivers is not that it has recovered', async () => {
    const h = await failing()
    for (let hour = 1; hour <= 20; hour++) {
      await advance(h, 5 * MINUTE_MS)
      const at = new Date(h.clock.nowMs()).toISOString()
      h.metadata.set('events/7', `{"v":1,"deliveredAt":"${at}"}`)
    }
    expect(h.steps).toEqual(['confirmed'])
    expect(h.health.trouble).toMatchObject({ state: 'blocked', code: 'CREDENTIALS_DIFFER' })
  })

  it('is told by another instance where the first partition has no failure of its own', async () => {
    const h = new PipelineHarness({ maxAgeMs: 1_000 })
    h.outage = refused
    feeding(h)
    h.ends.set('events/3', 2)
    await h.assign(3)
    h.events(3, 0, 2)
    await advance(h, PERIOD_MS + HOUR_MS)
    expect(h.steps).toContain('confirmed')
    expect(h.steps).toContain('dropping')
  })
})

describe('the ledger', () => {
  it('says that a range may be partly delivered when a larger one, of which objects were written, was being halved', async () => {
    const h = new PipelineHarness({ maxAgeMs: 1_000 })
    feeding(h)
    h.ends.set('events/0', 8)
    h.refusesAs = 'rejected'
    h.refusesBody = (_key, body) => Number(/x(\d+)$/.exec(body)?.[1]) > 4
    h.afterPuts(1, () => (h.outage = refused))
    await h.assign(0)
    h.events(0, 0, 8)
    await advance(h, 2_000)
    await advance(h, PERIOD_MS + HOUR_MS)
    expect(entriesOf(h)).toMatchObject([{ firstOffset: 4, lastOffset: 7, mayBePartlyDelivered: true }])
  })

  it('counts what Kafka removed once, however often it was read', async () => {
    const h = await failing()
    h.onSeek = (partition) => h.outOfRange(partition, { position: 0, low: 3, high: 5 })
    await advance(h, 24 * HOUR_MS)
    expect(h.health.totals.gapOffsets).toBe(0)
    await advance(h, 30 * HOUR_MS)
    expect(h.health.totals.gapOffsets).toBeLessThanOrEqual(3)
  })
})
