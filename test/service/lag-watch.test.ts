import { describe, expect, it } from 'vitest'
import type { LeasedPartition } from '../../src/health/lag.js'
import { MillraceError } from '../../src/runtime/errors.js'
import { LagWatch, type LagWatchParts } from '../../src/service/lag-watch.js'
import { FakeClock } from '../support/fake-clock.js'

const unreachable = new MillraceError('KAFKA_UNREACHABLE', 'no broker answers')
const HOUR_MS = 3_600_000
/** Kafka timestamp of the record at an offset. */
const timestampOf = (offset: number) => 1_000 * offset

interface Topic {
  low: number
  high: number
  committed?: number
  retentionMs?: number | null
}

type Connector = LagWatchParts['connectors'][number]

/** Topics of one partition each, and a watch of connectors that read them; what Kafka was asked, in `asked`. */
function watching(topics: Record<string, Topic>, connectors: Partial<Connector>[] = [{}]) {
  const asked: string[] = []
  const world = { isUnreachable: false, cannot: new Set<string>(), leased: [] as LeasedPartition[] }
  const clock = new FakeClock()
  const answer = async <T>(what: string, names: readonly string[], of: (topic: Topic) => T) => {
    asked.push(`${what} ${names.join()}`)
    await Promise.resolve()
    if (world.isUnreachable || world.cannot.has(what)) throw unreachable
    const missing = names.find((name) => !topics[name])
    if (missing !== undefined) throw new MillraceError('TOPIC_MISSING', `${missing} does not exist`)
    return names.map((topic) => ({ topic, partition: 0, ...of(topics[topic]!) }))
  }
  const watch = new LagWatch({
    connectors: connectors.map((each) => ({ name: 'acme', topics: ['events'], from: 'beginning', ...each })),
    ...{ groupPrefix: 'millrace-', clock, leased: () => world.leased },
    offsets: {
      ends: (names) => answer('ends', names, ({ low, high }) => ({ low, high })),
      committed: (group, names) =>
        answer(`committed ${group}`, names, ({ committed = null }) => ({ offset: committed, metadata: '' })),
      offsetsAt: (names, atMs) => answer('offsetsAt', names, ({ high }) => ({ offset: Math.min(high, atMs / 1_000) })),
      retentionsMs: async (names) => {
        const found = await answer('retention', names, ({ retentionMs = null }) => ({ retentionMs }))
        return new Map(found.map(({ topic, retentionMs }) => [topic, retentionMs]))
      },
    },
    reader: {
      async *read({ topic, partition, low, high }) {
        asked.push(`read ${topic}@${low}`)
        await Promise.resolve()
        if (world.isUnreachable || world.cannot.has('read')) throw unreachable
        if (low >= high) return
        yield { topic, partition, offset: low, timestampMs: timestampOf(low), key: null, value: null, headers: [] }
      },
    },
  })
  /** Looks so many times; what Kafka was asked. */
  const look = async (times = 1) => {
    for (let n = 0; n < times; n++) await watch.look()
    return asked.splice(0)
  }
  const partitions = (name = 'acme') => watch.lagOf(name)?.partitions
  return { topics, world, clock, watch, look, partitions }
}

const at = (position: number, committed: number | null, end: number, oldestAtMs: number | null = null) => ({
  ...{ topic: 'events', partition: 0, position, committed, end, oldestAtMs },
})

const lane = (committed: number, next: number, earliestMs: number | null): LeasedPartition => ({
  ...{ topic: 'events', partition: 0, committed, next, earliestMs },
})

describe('where delivering stands', () => {
  it('is not known before Kafka has said', async () => {
    const { world, watch, look } = watching({ events: { low: 0, high: 10 } })
    world.isUnreachable = true
    await look()
    expect(watch.lagOf('acme')).toBeNull()
  })

  it('is the commit of the group, where no process has the partition', async () => {
    const { look, partitions } = watching({ events: { low: 0, high: 10, committed: 4 } })
    expect(await look()).toEqual(['ends events', 'retention events', 'committed millrace-acme events'])
    expect(partitions()).toEqual([at(4, 4, 10)])
  })

  it('is what a process says that has it: the group is not asked', async () => {
    const { world, look, partitions } = watching({ events: { low: 0, high: 10, committed: 2 } })
    world.leased = [lane(6, 8, 6_500)]
    expect(await look()).toEqual(['ends events', 'retention events'])
    expect(partitions()).toEqual([at(6, 6, 10, 6_500)])
  })

  it('is where it will begin, where nothing was ever delivered', async () => {
    const topics = { events: { low: 3, high: 10 } }
    const connectors = [
      { name: 'all', from: 'beginning' as const },
      { name: 'new', from: 'end' as const },
      { name: 'since', from: 5_000 },
    ]
    const { look, partitions } = watching(topics, connectors)
    await look(2)
    expect(partitions('all')).toEqual([at(3, null, 10, 3_000)])
    expect(partitions('new')).toEqual([at(10, null, 10)])
    expect(partitions('since')).toEqual([at(5, null, 10, 5_000)])
  })

  it('is the first record there is, where Kafka has removed what was not delivered', async () => {
    const { topics, look, partitions } = watching({ events: { low: 7, high: 10, committed: 4 } })
    await look(2)
    expect(partitions()).toEqual([at(7, 4, 10, 7_000)])
    Object.assign(topics.events!, { low: 10 })
    await look()
    expect(partitions()).toEqual([at(10, 4, 10)])
  })

  it('is no further than the topic: one that was made anew ends before the commit', async () => {
    const { look, partitions } = watching({ events: { low: 0, high: 3, committed: 8 } })
    await look()
    expect(partitions()).toEqual([at(3, 8, 3)])
  })

  it('goes back to the commit of the group when the lease is lost', async () => {
    const { topics, world, look, partitions } = watching({ events: { low: 0, high: 10 } })
    world.leased = [lane(6, 8, 6_000)]
    await look()
    Object.assign(topics.events!, { committed: 6 })
    world.leased = []
    await look(2)
    expect(partitions()).toEqual([at(6, 6, 10, 6_000)])
  })

  it('stays as it was while Kafka does not say', async () => {
    const { topics, world, watch, look } = watching({ events: { low: 0, high: 10, committed: 4 } })
    await look()
    const before = watch.lagOf('acme')
    Object.assign(topics.events!, { high: 20 })
    world.isUnreachable = true
    await look()
    expect(watch.lagOf('acme')).toBe(before)
    world.isUnreachable = false
    world.cannot.add('committed millrace-acme')
    await look()
    expect(watch.lagOf('acme')).toBe(before)
    world.cannot.clear()
    await look()
    expect(watch.lagOf('acme')?.partitions[0]?.end).toBe(20)
  })

  it.each(['beginning', 'end', 0] as const)(
    'is known of the topics there are, from %s, while one is missing',
    async (from) => {
      const connectors = [
        { topics: ['events', 'gone'], from },
        { name: 'other', topics: ['gone'] },
      ]
      const { look, partitions } = watching({ events: { low: 0, high: 10 } }, connectors)
      await look()
      expect(partitions()?.map(({ topic, end }) => [topic, end])).toEqual([['events', 10]])
      expect(partitions('other')).toEqual([])
    },
  )

  it('is asked of all topics at once, of a missing one alone until it is there', async () => {
    const topics: Record<string, Topic> = { events: { low: 0, high: 10 }, clicks: { low: 0, high: 10 } }
    const { look, partitions } = watching(topics, [{ topics: ['events', 'gone', 'clicks'] }])
    const endsAsked = async () => (await look()).filter((what) => what.startsWith('ends'))
    expect(await endsAsked()).toEqual(['ends events,gone,clicks', 'ends events', 'ends gone', 'ends clicks'])
    expect(await endsAsked()).toEqual(['ends events,clicks', 'ends gone'])
    topics.gone = { low: 0, high: 5 }
    expect(await endsAsked()).toEqual(['ends events,clicks', 'ends gone'])
    expect(partitions()?.length).toBe(3)
    expect(await endsAsked()).toEqual(['ends events,gone,clicks'])
  })

  it('is the same object while nothing changes', async () => {
    const { topics, watch, look } = watching({ events: { low: 0, high: 10, committed: 4 } })
    await look(2)
    const before = watch.lagOf('acme')
    await look(2)
    expect(watch.lagOf('acme')).toBe(before)
    Object.assign(topics.events!, { high: 11 })
    await look()
    expect(watch.lagOf('acme')).not.toBe(before)
  })
})

describe('the oldest record that is not delivered', () => {
  it('is fetched when it is still there at the next look, and then not again', async () => {
    const { look, partitions } = watching({ events: { low: 0, high: 10, committed: 4 } })
    expect(await look()).not.toContain('read events@4')
    expect(partitions()).toEqual([at(4, 4, 10)])
    expect(await look()).toContain('read events@4')
    expect(partitions()).toEqual([at(4, 4, 10, 4_000)])
    const more = await look(5)
    expect(more.filter((what) => what.startsWith('read'))).toEqual([])
    expect(partitions()).toEqual([at(4, 4, 10, 4_000)])
  })

  it('is not fetched where delivering moves on, nor where nothing waits', async () => {
    const { topics, look } = watching({ events: { low: 0, high: 10, committed: 4 } })
    const asked = await look()
    for (const committed of [5, 7, 10, 10]) {
      Object.assign(topics.events!, { committed })
      asked.push(...(await look()))
    }
    expect(asked.filter((what) => what.startsWith('read'))).toEqual([])
  })

  it('is fetched at once for somebody who looks only once', async () => {
    const { watch, partitions } = watching({ events: { low: 0, high: 10, committed: 4 } })
    await watch.look(true)
    expect(partitions()).toEqual([at(4, 4, 10, 4_000)])
  })

  it('is the oldest in memory of who has it; else what comes after everything that was read', async () => {
    const { world, look, partitions } = watching({ events: { low: 0, high: 10 } })
    world.leased = [lane(4, 10, 4_500)]
    expect((await look(2)).filter((what) => what.startsWith('read'))).toEqual([])
    expect(partitions()).toEqual([at(4, 4, 10, 4_500)])
    world.leased = [lane(4, 7, null)] // what was read is filtered
    await look(2)
    expect(partitions()).toEqual([at(4, 4, 10, 7_000)])
    world.leased = [lane(4, 10, null)]
    await look(2)
    expect(partitions()).toEqual([at(4, 4, 10)])
    world.leased = [lane(4, 4, null)] // paused, or its credentials fail: nothing is in memory
    await look(2)
    expect(partitions()).toEqual([at(4, 4, 10, 4_000)])
  })

  it('is fetched of 100 partitions in one look, of the others in the next ones', async () => {
    const names = Array.from({ length: 130 }, (_, n) => `events-${n}`)
    const topics = Object.fromEntries(names.map((name) => [name, { low: 0, high: 10, committed: 4 }]))
    const { look, partitions } = watching(topics, [{ topics: names }])
    const readsOf = async () => (await look()).filter((what) => what.startsWith('read')).length
    expect([await readsOf(), await readsOf(), await readsOf(), await readsOf()]).toEqual([0, 100, 30, 0])
    expect(partitions()?.every(({ oldestAtMs }) => oldestAtMs === 4_000)).toBe(true)
  })

  it('is not known while it cannot be read, and asked for again', async () => {
    const { world, look, partitions } = watching({ events: { low: 0, high: 10, committed: 4 } })
    world.cannot.add('read')
    await look(2)
    expect(partitions()).toEqual([at(4, 4, 10)])
    world.cannot.clear()
    await look()
    expect(partitions()).toEqual([at(4, 4, 10, 4_000)])
  })
})

describe('retention', () => {
  it('is the shortest of the topics, asked once an hour; null where all are kept for ever', async () => {
    const topics = {
      events: { low: 0, high: 10, committed: 4, retentionMs: 7 * HOUR_MS },
      clicks: { low: 0, high: 10, committed: 4, retentionMs: 3 * HOUR_MS },
      ever: { low: 0, high: 10, committed: 4, retentionMs: null },
    }
    const connectors = [{ topics: ['events', 'clicks', 'ever'] }, { name: 'ever', topics: ['ever'] }]
    const { clock, watch, look } = watching(topics, connectors)
    expect(await look()).toContain('retention events,clicks,ever')
    expect([watch.lagOf('acme')?.retentionMs, watch.lagOf('ever')?.retentionMs]).toEqual([3 * HOUR_MS, null])
    topics.clicks.retentionMs = 9 * HOUR_MS
    await clock.advance(HOUR_MS - 1)
    await look()
    expect(watch.lagOf('acme')?.retentionMs).toBe(3 * HOUR_MS)
    await clock.advance(1)
    await look()
    expect(watch.lagOf('acme')?.retentionMs).toBe(7 * HOUR_MS)
  })

  it('is asked for again at the next look where Kafka did not say', async () => {
    const { world, watch, look } = watching({ events: { low: 0, high: 10, committed: 4, retentionMs: HOUR_MS } })
    world.cannot.add('retention')
    await look()
    expect(watch.lagOf('acme')?.retentionMs).toBeNull()
    world.cannot.clear()
    await look()
    expect(watch.lagOf('acme')?.retentionMs).toBe(HOUR_MS)
  })
})

it('looks every five seconds until it is told to stop', async () => {
  const { clock, watch, look } = watching({ events: { low: 0, high: 10, committed: 4 } })
  const stop = new AbortController()
  const watched = watch.watch(stop.signal)
  await clock.advance(10_000)
  stop.abort()
  await watched
  const asked = (await look(0)).filter((what) => what.startsWith('ends'))
  expect([asked.length, clock.pendingTimers]).toEqual([3, 0])
})
