import { describe, expect, it } from 'vitest'
import type { Failure } from '../../../src/destinations/destination.js'
import { readLedgerEntry } from '../../../src/delivery/ledger-entry.js'
import { FakeClock } from '../../support/fake-clock.js'
import { PipelineHarness } from '../../support/pipeline-harness.js'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const PERIOD_MS = 48 * HOUR_MS

type Answer = Omit<Failure, 'payload'>
const refused: Answer = { class: 'credentials', code: 'ExpiredToken', message: 'the token has expired' }

/** What stood in Kafka when an earlier process ended. */
interface Left {
  metadata: Map<string, string>
  offsets: Map<string, number>
}

/** An instance whose credentials fail, with five events in partition 0, which an earlier process may have left. */
async function failing(parts: ConstructorParameters<typeof PipelineHarness>[0] = {}, left?: Left) {
  const h = new PipelineHarness({ maxAgeMs: 1_000, ...parts })
  h.outage = refused
  h.ends.set('events/0', 5)
  h.onSeek = (partition, offset) => {
    const end = h.ends.get(`events/${partition}`) ?? 0
    if (offset < end) h.events(partition, offset, end - offset)
  }
  const committed = left?.offsets.get('events/0') ?? 0
  for (const [source, metadata] of left?.metadata ?? []) h.metadata.set(source, metadata)
  await h.assign(0, { committed, metadata: left?.metadata.get('events/0') ?? '' })
  h.onSeek(0, committed)
  await advance(h, 1_000)
  return h
}

async function advance(h: PipelineHarness, ms: number) {
  await h.clock.advance(ms)
  await h.rest()
}

const entriesOf = (h: PipelineHarness) => h.drops.map(({ value }) => readLedgerEntry(value))
const putsOf = (h: PipelineHarness) => h.effects.filter((effect) => effect.startsWith('put')).sort()

describe('T0', () => {
  it('fault 34: is kept over a restart every hour, and each warning is told once', async () => {
    const clock = new FakeClock()
    const steps: string[] = []
    const drops: ReturnType<typeof entriesOf> = []
    let left: Left | undefined
    for (let hour = 0; hour < 49; hour++) {
      const h: PipelineHarness = await failing({ clock }, left)
      await advance(h, HOUR_MS - 1_000)
      for (const partition of h.leases.keys()) h.revoke(partition)
      left = h
      steps.push(...h.steps)
      drops.push(...entriesOf(h))
    }
    expect(steps.filter((step) => step !== 'swept')).toEqual([
      ...['confirmed', '1h', '6h', '12h', '24h', '36h', '42h', '45h', '47h', 'dropping'],
    ])
    expect(drops).toMatchObject([{ firstOffset: 0, lastOffset: 4, failingSince: '2026-11-01T00:00:01.000Z' }])
  })

  it('is the earliest of all partitions', async () => {
    const h = await failing()
    const earlier = { v: 1, failingSince: '2026-10-31T23:00:00.000Z', place: 'here', told: 1 }
    h.metadata.set('events/9', JSON.stringify(earlier))
    await advance(h, 30_000)
    expect(h.health.trouble?.failingSinceMs).toBe(Date.parse(earlier.failingSince))
  })

  it('begins anew where the connector delivers to another place', async () => {
    const first = await failing()
    await advance(first, 47 * HOUR_MS)
    const moved = await failing({ clock: first.clock, place: 'elsewhere' }, first)
    await advance(moved, 2 * HOUR_MS)
    expect(moved.drops).toEqual([])
    expect(moved.health.trouble?.failingSinceMs).toBeGreaterThan(Date.UTC(2026, 10, 2, 22))
  })

  it('is over when another partition has been delivered since, although its own says otherwise', async () => {
    const first = await failing()
    await advance(first, 47 * HOUR_MS)
    first.metadata.set('events/7', '{"v":1,"deliveredAt":"2026-11-02T22:00:00.000Z"}')
    const second = await failing({ clock: first.clock }, first)
    await advance(second, 2 * HOUR_MS)
    expect(second.drops).toEqual([])
    expect(second.health.trouble?.failingSinceMs).toBeGreaterThan(Date.UTC(2026, 10, 2, 22))
  })
})

describe('what keeps events although the period is over', () => {
  it('fault 39: another instance that delivers, however its clock goes', async () => {
    const h = await failing()
    for (let hour = 1; hour <= 60; hour++) {
      await advance(h, HOUR_MS)
      // A clock a day behind.
      h.metadata.set('events/7', `{"v":1,"deliveredAt":"2026-10-31T00:${String(hour % 60).padStart(2, '0')}:00.000Z"}`)
    }
    expect(h.drops).toEqual([])
    expect(h.health.trouble).toMatchObject({ code: 'ExpiredToken' })
  })

  it('Kafka that does not say what other instances have done', async () => {
    const h = await failing()
    h.groupFails = true
    await advance(h, PERIOD_MS + HOUR_MS)
    expect(h.drops).toEqual([])
    h.groupFails = false
    await advance(h, 15 * MINUTE_MS)
    expect(entriesOf(h)).toMatchObject([{ firstOffset: 0, lastOffset: 4 }])
  })

  it('fault 50: a ledger that cannot be written; it is shown', async () => {
    const h = await failing()
    h.ledgerFails = true
    await advance(h, PERIOD_MS + HOUR_MS)
    expect(h.drops).toEqual([])
    expect(h.health.state).toBe('blocked')
    expect(h.health.trouble?.message).toContain('the drop ledger cannot be written')
    h.ledgerFails = false
    await advance(h, 15 * MINUTE_MS)
    expect(h.drops.length).toBe(1)
  })

  it('fault 63: a secret that cannot be read', async () => {
    const h = await failing()
    h.secret.isFresh = false
    await advance(h, PERIOD_MS + HOUR_MS)
    expect(h.drops).toEqual([])
  })

  it('fault 42: a clock that jumps three days, until the destination agrees with it', async () => {
    const h = await failing()
    await advance(h, HOUR_MS)
    h.clock.jump(72 * HOUR_MS)
    await advance(h, 24 * HOUR_MS)
    expect(h.drops).toEqual([])
    expect(h.health.state).toBe('blocked')
    h.outage = { ...refused, serverAtMs: h.clock.nowMs() - 72 * HOUR_MS }
    await advance(h, HOUR_MS)
    expect(h.drops).toEqual([])
  })

  it('fault 42: a jump to the right time is trusted when the destination tells the same, and has been watched again', async () => {
    const h = await failing()
    await advance(h, HOUR_MS)
    h.clock.jump(72 * HOUR_MS)
    const jumpedMs = h.clock.nowMs()
    h.honest = true
    await advance(h, 14 * MINUTE_MS)
    expect(h.drops).toEqual([])
    await advance(h, 45 * MINUTE_MS)
    expect(entriesOf(h)).toMatchObject([{ firstOffset: 0, lastOffset: 4 }])
    expect(Date.parse(entriesOf(h)[0]?.droppedAt ?? '')).toBeGreaterThan(jumpedMs + 14 * MINUTE_MS)
  })

  it('a destination whose clock is far from ours, in every answer', async () => {
    const h = await failing()
    h.outage = { ...refused, serverAtMs: 0 }
    await advance(h, PERIOD_MS + HOUR_MS)
    expect(h.drops).toEqual([])
    expect(h.health.trouble?.message).toContain("this machine's clock cannot be trusted")
  })
})

describe('fault 40: access that is denied to one folder only', () => {
  it('in a range with others: they are delivered, it waits alone, nothing is dropped', async () => {
    const h = new PipelineHarness({ maxAgeMs: 1_000 })
    h.refuses = (key) => key.startsWith('denied')
    h.ends.set('events/0', 2)
    h.onSeek = (partition) =>
      h.records(partition, [
        { offset: 0, text: 'a 0' },
        { offset: 1, text: 'denied 1' },
      ])
    await h.assign(0)
    await h.assign(1)
    h.onSeek(0, 0)
    await advance(h, 3 * PERIOD_MS)
    expect(h.drops).toEqual([])
    expect(h.health.state).toBe('blocked')
    h.effects.length = 0
    h.events(1, 0, 2)
    await advance(h, 2_000)
    expect(putsOf(h)).toEqual(['put a 1+0 0..1x2'])
    h.refuses = null
    await advance(h, 15 * MINUTE_MS)
    // The whole range is written again: the same bytes to the same keys.
    expect(putsOf(h)).toEqual(['put a 0+0 0..0x1', 'put a 1+0 0..1x2', 'put denied 0+1 1..1x1'])
    expect(h.health.trouble).toBeUndefined()
  })

  it('is a failure of the credentials as soon as nothing of the range is taken any more', async () => {
    const h = new PipelineHarness({ maxAgeMs: 1_000 })
    h.refuses = (key) => key.startsWith('denied')
    h.ends.set('events/0', 2)
    const texts = ['a 0', 'denied 1']
    h.onSeek = (partition) =>
      h.records(
        partition,
        texts.map((text, offset) => ({ offset, text })),
      )
    await h.assign(0)
    h.onSeek(0, 0)
    await advance(h, HOUR_MS)
    h.outage = refused
    await advance(h, HOUR_MS)
    expect(h.health.state).toBe('credentials-failing')
    expect(h.health.trouble?.failingSinceMs).toBeGreaterThanOrEqual(Date.UTC(2026, 10, 1, 1))
  })

  it('in partitions of its own: the others are delivered, it waits alone, nothing is dropped', async () => {
    const h = new PipelineHarness({ maxAgeMs: 1_000 })
    h.refuses = (key) => key.startsWith('denied')
    h.onSeek = (partition) => h.events(partition, 0, 2, partition === 0 ? 'denied' : 'a')
    for (const partition of [0, 1]) {
      h.ends.set(`events/${partition}`, 2)
      await h.assign(partition)
      h.onSeek(partition, 0)
    }
    await advance(h, 3 * PERIOD_MS)
    expect(h.drops).toEqual([])
    expect(putsOf(h).at(-1)).toBe('put a 1+0 0..1x2')
    h.refuses = null
    await advance(h, 15 * MINUTE_MS)
    expect(putsOf(h)).toContain('put denied 0+0 0..1x2')
  })
})

describe('a probe', () => {
  it('passes on to another partition when Kafka does not give the records of one', async () => {
    const h = await failing()
    await h.assign(1)
    h.ends.set('events/1', 2)
    h.events(1, 0, 2)
    await advance(h, HOUR_MS)
    const { onSeek } = h
    h.onSeek = (partition, offset) => {
      if (partition !== 0) onSeek?.(partition, offset)
    }
    await advance(h, HOUR_MS)
    h.outage = null
    await advance(h, 40 * MINUTE_MS)
    expect(putsOf(h)).toContain('put a 1+0 0..1x2')
  })

  it('is not made with records that were delivered before and arrive late', async () => {
    const h = new PipelineHarness({ maxAgeMs: 1_000 })
    h.onSeek = () => undefined
    await h.assign(0)
    await h.assign(1)
    h.events(1, 0, 2)
    await advance(h, 1_000)
    h.outage = refused
    h.events(0, 0, 2)
    await advance(h, 1_000)
    h.effects.length = 0
    h.again(1, 0, 2)
    await advance(h, HOUR_MS)
    expect(h.effects.filter((effect) => effect.startsWith('seek 1'))).toEqual([])
  })
})

describe('fault 6: a process that ends while it drops', () => {
  const drop = {
    since: '2026-11-01T00:00:00.000Z',
    at: '2026-11-03T00:00:01.000Z',
    code: 'ExpiredToken',
    instance: 'dead/1',
  }
  const range = { end: 4, folder: 'f', cluster: 'c', zone: 'z', topicInKey: false, codec: 'null' }
  const metadata = JSON.stringify({ v: 1, range: { ...range, drop: { ...drop, partly: false } } })

  it('is finished by the next owner, exactly as decided, whatever the credentials do', async () => {
    const ids = []
    for (const outage of [null, refused]) {
      const h = new PipelineHarness({ maxAgeMs: 1_000 })
      h.outage = outage
      h.onSeek = () => undefined
      await h.assign(0, { committed: 0, metadata })
      h.events(0, 0, 7)
      await h.rest()
      expect(entriesOf(h)).toMatchObject([
        { firstOffset: 0, lastOffset: 4, events: 5, instance: 'dead/1', droppedAt: drop.at, failingSince: drop.since },
      ])
      expect(h.effects.filter((effect) => /^(append|commit)/.test(effect)).slice(0, 2)).toEqual([
        'append drops 1',
        'commit 0 5',
      ])
      ids.push(entriesOf(h)[0]?.id)
    }
    expect(ids[0]).toBe(ids[1])
  })
})

describe('an object that is rejected', () => {
  async function rejecting(isTaken: (key: string, events: number) => boolean) {
    const h = new PipelineHarness({ maxAgeMs: 1_000 })
    h.ends.set('events/0', 9)
    h.onSeek = (partition, offset) => h.events(partition, offset, 9 - offset)
    h.refusesAs = 'rejected'
    h.refusesBody = (key, body) => !isTaken(key, Number(/x(\d+)$/.exec(body)?.[1]))
    await h.assign(0)
    h.events(0, 0, 9)
    await advance(h, 60_000)
    return h
  }

  it('is halved until the one event is found, which becomes a dead letter; everything else is in one object each', async () => {
    const bad = 5
    const h = await rejecting((key, events) => {
      const first = Number(/\+(\d+)$/.exec(key)?.[1])
      return bad < first || bad >= first + events
    })
    expect(
      h.deadLetters.map(({ headers }) => String(headers.find(({ name }) => name === 'millrace.offset')?.value)),
    ).toEqual(['5'])
    expect(h.delivered()).toEqual([0, 1, 2, 3, 4, 6, 7, 8])
    expect(h.offsets.get('events/0')).toBe(9)
    expect(h.health.totals).toMatchObject({ events: 8, deadLettered: 1 })
    expect(h.health.trouble).toBeUndefined()
  })

  it('becomes smaller objects when only its size was wrong', async () => {
    const h = await rejecting((_key, events) => events <= 2)
    expect(h.deadLetters).toEqual([])
    expect(h.delivered()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
  })
})
