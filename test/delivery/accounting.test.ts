import { describe, expect, it } from 'vitest'
import type { Failure } from '../../src/destinations/destination.js'
import { PipelineHarness, type TestRecord } from '../support/pipeline-harness.js'
import { seededRandom } from '../support/seeded-random.js'

/** Of the 48-hour rule; all its times are a second then, and a test is fast. */
const PERIOD_MS = 60_000
const refused: Omit<Failure, 'payload'> = {
  class: 'credentials',
  code: 'ExpiredToken',
  message: 'the token has expired',
}
const busy: Omit<Failure, 'payload'> = { class: 'transient', code: 'Busy', message: 'busy' }

const unaccounted = ({ health, pipeline }: PipelineHarness) =>
  health.tally.unaccounted(pipeline.partitions.reduce((sum, { offsets }) => sum + offsets, 0))

/** Looks at every commit, which is in the middle of everything. */
function watched(parts: ConstructorParameters<typeof PipelineHarness>[0] = {}) {
  const credentialFailure = { periodMs: PERIOD_MS, onExpiry: 'drop' as const }
  const h = new PipelineHarness({ maxAgeMs: 1_000, credentialFailure, ...parts })
  const wrong: string[] = []
  h.beforeCommit = () => {
    if (unaccounted(h) !== 0) wrong.push(`${h.effects.at(-1)}: ${unaccounted(h)}`)
    return Promise.resolve()
  }
  return { h, wrong }
}

async function settled(h: PipelineHarness, ms = 1_000) {
  await h.clock.advance(ms)
  await h.rest()
}

/** What was taken up, and what became of it. */
function fates({ health: { tally } }: PipelineHarness) {
  const { consumed, returned, filtered } = tally
  const named = (counts: ReadonlyMap<string, number>) => Object.fromEntries(counts)
  const [delivered, deadLettered, dropped] = [tally.delivered, tally.deadLettered, tally.dropped].map(named)
  return { consumed, returned, filtered, delivered, deadLettered, dropped }
}

const NOTHING = { consumed: 0, returned: 0, filtered: 0, delivered: {}, deadLettered: {}, dropped: {} }

describe('every offset taken up', () => {
  it('is delivered, filtered or dead-lettered', async () => {
    const { h, wrong } = watched()
    await h.assign(0)
    const texts = ['a', 'skip', '', 'bad', 'b', 'a']
    h.records(
      0,
      texts.map((text, offset) => ({ offset, text })),
    )
    expect([unaccounted(h), h.pipeline.partitions[0]!.offsets]).toEqual([0, 6])
    await settled(h)
    const delivered = { a: 2, b: 1 }
    expect(fates(h)).toEqual({ ...NOTHING, consumed: 6, filtered: 2, delivered, deadLettered: { NOT_JSON: 1 } })
    expect([unaccounted(h), wrong, h.pipeline.partitions[0]!.offsets]).toEqual([0, [], 0])
  })

  it('is of those that exist: holes are nothing, what Kafka removed is dropped', async () => {
    const { h, wrong } = watched()
    await h.assign(0)
    h.records(0, [{ offset: 3, text: 'a' }], 9)
    h.outOfRange(0, { position: 9, low: 50, high: 60 })
    expect(unaccounted(h)).toBe(0)
    h.events(0, 50, 2)
    await settled(h)
    expect(fates(h)).toEqual({ ...NOTHING, consumed: 44, delivered: { a: 3 }, dropped: { retention: 41 } })
    expect([unaccounted(h), wrong]).toEqual([0, []])
  })

  it('is returned with its partition, and taken up again with it', async () => {
    const { h, wrong } = watched()
    await h.assign(0)
    h.events(0, 0, 7)
    h.revoke(0)
    expect(fates(h)).toEqual({ ...NOTHING, consumed: 7, returned: 7 })
    expect(unaccounted(h)).toBe(0)
    await h.assign(0)
    h.events(0, 0, 7)
    await settled(h)
    expect(fates(h)).toEqual({ ...NOTHING, consumed: 14, returned: 7, delivered: { a: 7 } })
    expect([unaccounted(h), wrong]).toEqual([0, []])
  })

  it('is taken up once, however often its chunk comes', async () => {
    const { h } = watched()
    await h.assign(0)
    h.events(0, 0, 5)
    h.again(0, 0, 5)
    expect([h.health.tally.consumed, unaccounted(h)]).toEqual([5, 0])
  })

  it('is returned when the credentials fail, and given up after the period, whatever it is', async () => {
    const { h, wrong } = watched()
    h.outage = refused
    h.ends.set('events/0', 6)
    const all: TestRecord[] = ['a', 'skip', '', 'bad', 'b', 'a'].map((text, offset) => ({ offset, text }))
    h.onSeek = (_partition, offset) => offset < 6 && h.records(0, all.slice(offset))
    await h.assign(0)
    h.records(0, all)
    await settled(h)
    expect(fates(h)).toEqual({ ...NOTHING, consumed: 6, returned: 6 })
    await settled(h, 2 * PERIOD_MS)
    const { dropped, filtered } = fates(h)
    // Nobody can tell what cannot be decoded: it is given up with the events.
    expect({ dropped, filtered }).toEqual({ dropped: { credentials: 4 }, filtered: 2 })
    expect([unaccounted(h), wrong]).toEqual([0, []])
  })

  it('is dead-lettered alone when the destination rejects it', async () => {
    const { h, wrong } = watched()
    h.refusesAs = 'rejected'
    h.refusesBody = (_key, body) => {
      const [first = 0, last = 0] = body.split(/\.\.|x/).map(Number)
      return first <= 6 && last >= 6
    }
    h.onSeek = (_partition, offset) => offset < 10 && h.events(0, offset, 10 - offset)
    await h.assign(0)
    h.events(0, 0, 10)
    await settled(h, 60_000)
    const { delivered, deadLettered } = fates(h)
    expect({ delivered, deadLettered }).toEqual({ delivered: { a: 9 }, deadLettered: { REJECTED: 1 } })
    expect([unaccounted(h), wrong, h.offsets.get('events/0')]).toEqual([0, [], 10])
  })
})

const KINDS = ['a', 'a', 'a', 'b', 'skip', '', 'bad']
const PARTITIONS = [0, 1]
/** Offsets there are of each partition. */
const END = 400

/** Every fifth offset does not exist, as after compaction. */
function recordsOf(first: number, end: number): TestRecord[] {
  const offsets = Array.from({ length: end - first }, (_, n) => first + n).filter((offset) => offset % 5 !== 4)
  return offsets.map((offset) => ({ offset, text: KINDS[offset % KINDS.length]! }))
}

/** Two partitions to which anything happens; `happen` resolves to what did. */
function world(seed: number) {
  const random = seededRandom(seed)
  const { h, wrong } = watched()
  const next = PARTITIONS.map(() => 0)
  const below = (limit: number) => Math.floor(random() * limit)
  let letGo = () => {}

  const arrive = (partition: number, many: number) => {
    const [first, end] = [next[partition]!, Math.min(END, next[partition]! + many)]
    if (first >= end) return
    next[partition] = end
    h.records(partition, recordsOf(first, end), end)
  }
  const assign = async (partition: number) => {
    const source = `events/${partition}`
    const found = { committed: h.offsets.get(source) ?? 0, metadata: h.metadata.get(source) ?? '' }
    next[partition] = await h.assign(partition, found)
  }
  h.refusesAs = 'rejected'
  h.onSeek = (partition, offset) => {
    next[partition] = offset
    arrive(partition, 30)
  }
  for (const partition of PARTITIONS) h.ends.set(`events/${partition}`, END)

  const things: Record<string, (partition: number) => unknown> = {
    arrive: (partition) => arrive(partition, 1 + below(25)),
    'arrive more': (partition) => arrive(partition, 1 + below(25)),
    'a second passes': () => h.clock.advance(1_000),
    'a minute passes': () => h.clock.advance(60_000),
    'the period passes': () => (h.outage ? h.clock.advance(2 * PERIOD_MS) : undefined),
    refuse: () => (h.outage = refused),
    busy: () => (h.outage = busy),
    accept: () => (h.outage = null),
    poison: () => (h.refusesBody = (_key, body) => Number.parseInt(body) % 7 === 3),
    'no poison': () => (h.refusesBody = null),
    'lose a partition': async (partition) => {
      h.revoke(partition)
      await assign(partition)
    },
    'Kafka removes some': (partition) => {
      const position = next[partition]!
      const low = Math.min(END, position + below(20))
      if (low > position) h.outOfRange(partition, { position, low, high: END })
    },
    pause: () => h.pipeline.pause(),
    resume: () => h.pipeline.resume(),
    flush: () => h.pipeline.flush(),
    probe: () => h.pipeline.probe(),
    hang: () => {
      letGo()
      letGo = h.hang()
    },
    'let go': () => letGo(),
  }
  return {
    ...{ h, wrong, begin: () => Promise.all(PARTITIONS.map(assign)) },
    happen: async () => {
      const name = Object.keys(things)[below(Object.keys(things).length)]!
      await things[name]!(below(PARTITIONS.length))
      return name
    },
    /** Everything is well again, and all of it is read. */
    end: async () => {
      for (const well of ['let go', 'accept', 'no poison', 'resume', 'probe']) await things[well]!(0)
      for (let turn = 0; turn < 50 && PARTITIONS.some((p) => h.offsets.get(`events/${p}`) !== END); turn++) {
        for (const partition of PARTITIONS) arrive(partition, 30)
        await settled(h, 60_000)
      }
    },
  }
}

describe('whatever happens', () => {
  it.each(Array.from({ length: 12 }, (_, n) => n + 1))('nothing is unaccounted for (seed %i)', async (seed) => {
    const { h, wrong, begin, happen, end } = world(seed)
    await begin()
    const happened: string[] = []
    for (let step = 0; step < 60; step++) {
      happened.push(await happen())
      expect(unaccounted(h), happened.join(', ')).toBe(0)
      await h.clock.settle()
      expect(unaccounted(h), happened.join(', ')).toBe(0)
    }
    await end()
    expect([...h.offsets.values()], happened.join(', ')).toEqual(PARTITIONS.map(() => END))
    expect([wrong, unaccounted(h)]).toEqual([[], 0])
    expect(h.pipeline.partitions.map(({ offsets }) => offsets)).toEqual([0, 0])
  })
})
