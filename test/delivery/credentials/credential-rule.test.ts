import { describe, expect, it } from 'vitest'
import type { Failure } from '../../../src/destinations/destination.js'
import { readLedgerEntry } from '../../../src/delivery/ledger-entry.js'
import { PipelineHarness } from '../../support/pipeline-harness.js'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
/** T0 of `failing`: a second after the harness's beginning. */
const SINCE_MS = Date.UTC(2026, 10, 1) + 1_000

type Answer = Omit<Failure, 'payload'>
const refused: Answer = { class: 'credentials', code: 'ExpiredToken', message: 'the token has expired' }
const answer = (failureClass: Failure['class'], code: string): Answer => ({ class: failureClass, code, message: code })

/** A connector with five events whose credentials fail from the first write on. */
async function failing(parts: ConstructorParameters<typeof PipelineHarness>[0] = {}) {
  const h = new PipelineHarness({ maxAgeMs: 1_000, ...parts })
  h.outage = refused
  h.ends.set('events/0', 5)
  h.onSeek = (partition, offset) => {
    const end = h.ends.get(`events/${partition}`) ?? 0
    if (offset < end) h.events(partition, offset, end - offset)
  }
  await h.assign(0)
  h.events(0, 0, 5)
  await h.clock.advance(1_000)
  return h
}

async function advance(h: PipelineHarness, ms: number) {
  await h.clock.advance(ms)
  await h.rest()
}

const entriesOf = (h: PipelineHarness) => h.drops.map(({ value }) => readLedgerEntry(value))
const putsOf = (h: PipelineHarness) => h.effects.filter((effect) => effect.startsWith('put'))
const triesOf = (h: PipelineHarness) => h.effects.filter((effect) => effect.startsWith('fail')).length

describe('while credentials fail', () => {
  it('holds, and confirms the failure 30 s later with T0 beside the offset', async () => {
    const h = await failing()
    expect(h.health.state).toBe('credentials-failing')
    expect(await h.effectsSince()).toEqual(['commit 0 0 intent 4', 'fail ExpiredToken', 'pause 0'])
    await advance(h, 30_000)
    expect(await h.effectsSince()).toEqual([
      'seek 0 0',
      'resume 0',
      'pause 0',
      'fail ExpiredToken',
      'commit 0 0 intent 4 failing since 00:00:01, told 0',
      'commit 0 0 intent 4 failing since 00:00:01, told 1',
    ])
    expect(h.health.trouble).toMatchObject({ failingSinceMs: SINCE_MS, dropAtMs: SINCE_MS + 48 * HOUR_MS })
  })

  it('sends nothing but a probe of 30 s, growing to 15 min', async () => {
    const h = await failing()
    await advance(h, HOUR_MS)
    // At 0:30, then (jittered by a quarter here) after 45 s, 1:30, 3, 6 and every 11:15 min.
    expect(triesOf(h)).toBe(10)
    h.effects.length = 0
    await advance(h, 24 * HOUR_MS)
    expect(triesOf(h)).toBe(128)
  })

  it('frees all memory', async () => {
    const h = await failing()
    expect(h.heldBytes).toBe(0)
    await advance(h, HOUR_MS)
    expect(h.heldBytes).toBe(0)
  })

  it('delivers everything as soon as the credentials work, and says so', async () => {
    const h = await failing()
    await h.assign(1)
    h.ends.set('events/1', 3)
    h.events(1, 0, 3)
    await advance(h, HOUR_MS)
    h.outage = null
    await advance(h, 15 * MINUTE_MS)
    expect(putsOf(h).sort()).toEqual(['put a 0+0 0..4x5', 'put a 1+0 0..2x3'])
    expect([...h.metadata.values()].some((text) => text.includes('failingSince'))).toBe(false)
    expect(h.health.trouble).toBeUndefined()
    expect(h.steps).toEqual(['confirmed', '1h', 'recovered'])
  })

  it('probes at once when a secret has changed', async () => {
    const h = await failing({ secretPollMs: 1_000 })
    await advance(h, 20 * MINUTE_MS)
    h.outage = null
    h.secret.digest = 'second'
    await advance(h, 1_000)
    expect(putsOf(h)).toEqual(['put a 0+0 0..4x5'])
  })

  it('is not set off by one refusal that is gone 30 s later', async () => {
    const h = await failing()
    h.outage = null
    await advance(h, 30_000)
    expect(putsOf(h)).toEqual(['put a 0+0 0..4x5'])
    expect(h.effects.some((effect) => effect.includes('failing since'))).toBe(false)
    expect(h.steps).toEqual([])
  })
})

describe('the period', () => {
  it('fault 32: expired for 47 h 59 min, then mended: everything is delivered', async () => {
    const h = await failing()
    await advance(h, 47 * HOUR_MS + 59 * MINUTE_MS)
    h.outage = null
    await advance(h, 15 * MINUTE_MS)
    expect(h.drops).toEqual([])
    expect(putsOf(h)).toEqual(['put a 0+0 0..4x5'])
    expect(h.health.totals).toMatchObject({ events: 5, dropped: 0 })
  })

  it('fault 33: expired for 48 h and a moment: the ledger has exactly what waited', async () => {
    const h = await failing()
    await advance(h, 48 * HOUR_MS)
    expect(h.drops).toEqual([])
    h.effects.length = 0
    await advance(h, 1)
    expect(entriesOf(h)).toMatchObject([
      {
        ...{ connector: 'test', topic: 'events', partition: 0, firstOffset: 0, lastOffset: 4 },
        ...{
          events: 5,
          bytes: 15,
          eventTypes: { a: 5 },
          filtered: 0,
          reason: 'credentials',
          errorCode: 'ExpiredToken',
        },
        ...{ failingSince: '2026-11-01T00:00:01.000Z', droppedAt: '2026-11-03T00:00:01.001Z' },
        ...{ instance: 'test/1', mayBePartlyDelivered: true, replayed: false },
      },
    ])
    expect(h.effects.filter((effect) => /^(commit|append)/.test(effect))).toEqual([
      'commit 0 0 intent 4 failing since 00:00:01, told 10',
      'commit 0 0 drop 4 failing since 00:00:01, told 10',
      'append drops 1',
      'commit 0 5 failing since 00:00:01, told 10',
    ])
    expect(h.health.totals).toMatchObject({ events: 0, dropped: 5 })
    expect(h.steps).toEqual([
      ...['confirmed', '1h', '6h', '12h', '24h', '36h', '42h', '45h', '47h'],
      ...['dropping', 'swept'],
    ])
  })

  it('leaves what arrives during a sweep to the next one, 15 min later and behind a probe', async () => {
    const h = await failing()
    await advance(h, 48 * HOUR_MS + 1)
    h.events(0, 5, 2)
    h.ends.set('events/0', 7)
    h.effects.length = 0
    await advance(h, 15 * MINUTE_MS - 1)
    expect(h.drops.length).toBe(1)
    await advance(h, 1)
    expect(triesOf(h)).toBe(1)
    expect(entriesOf(h)[1]).toMatchObject({ firstOffset: 5, lastOffset: 6, mayBePartlyDelivered: true })
  })

  it('goes on after drops when the credentials work again', async () => {
    const h = await failing()
    await advance(h, 48 * HOUR_MS + 1)
    h.outage = null
    h.events(0, 5, 2)
    h.ends.set('events/0', 7)
    await advance(h, 15 * MINUTE_MS)
    expect(putsOf(h)).toEqual(['put a 0+5 5..6x2'])
    expect(h.health.totals).toMatchObject({ events: 2, dropped: 5 })
    expect(h.steps.at(-1)).toBe('recovered')
  })

  it('never drops with onExpiry: hold', async () => {
    const h = await failing({ credentialFailure: { periodMs: 48 * HOUR_MS, onExpiry: 'hold' } })
    await advance(h, 100 * HOUR_MS)
    expect(h.drops).toEqual([])
    expect(h.health.state).toBe('credentials-failing')
  })
})

describe('what drops nothing, however long it lasts', () => {
  it.each([
    ['fault 35: an outage', answer('transient', 'ECONNREFUSED')],
    ['throttling', answer('throttled', 'SlowDown')],
    ['a bucket that is gone', answer('configuration', 'NoSuchBucket')],
    ['fault 43: a clock that is wrong', answer('clock', 'RequestTimeTooSkewed')],
  ])('%s', async (_what, fault) => {
    const h = new PipelineHarness({ maxAgeMs: 1_000 })
    h.outage = fault
    h.ends.set('events/0', 5)
    await h.assign(0)
    h.events(0, 0, 5)
    await advance(h, 3 * 48 * HOUR_MS)
    h.outage = null
    await advance(h, 15 * MINUTE_MS)
    expect(h.drops).toEqual([])
    expect(putsOf(h)).toEqual(['put a 0+0 0..4x5'])
  })

  it('fault 36: credentials failed for an hour, an outage of 60 h, then they work', async () => {
    const h = await failing()
    await advance(h, HOUR_MS)
    h.outage = answer('transient', 'ECONNREFUSED')
    await advance(h, 60 * HOUR_MS)
    h.outage = null
    await advance(h, 15 * MINUTE_MS)
    expect(h.drops).toEqual([])
    expect(putsOf(h)).toEqual(['put a 0+0 0..4x5'])
  })

  it('fault 37: after an outage that outlasted the period nothing for 15 min, then the drop', async () => {
    const h = await failing()
    await advance(h, HOUR_MS)
    h.outage = answer('transient', 'ECONNREFUSED')
    await advance(h, 60 * HOUR_MS)
    h.outage = refused
    h.effects.length = 0
    while (triesOf(h) === 0 || h.effects.at(-1)?.startsWith('fail ECONN')) await advance(h, MINUTE_MS)
    h.effects.splice(0)
    await advance(h, 14 * MINUTE_MS)
    expect(h.drops).toEqual([])
    await advance(h, 16 * MINUTE_MS)
    expect(entriesOf(h)).toMatchObject([{ firstOffset: 0, lastOffset: 4, failingSince: '2026-11-01T00:00:01.000Z' }])
  })
})
