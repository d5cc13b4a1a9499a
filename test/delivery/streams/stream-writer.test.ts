import { beforeEach, describe, expect, it } from 'vitest'
import { RecordOfRange } from '../../../src/delivery/payloads.js'
import type { WriteOutcome } from '../../../src/delivery/settle.js'
import { StreamWriter } from '../../../src/delivery/streams/stream-writer.js'
import type { Failure, RecordPayload } from '../../../src/destinations/destination.js'
import { FakeClock } from '../../support/fake-clock.js'
import { schemaOf } from '../../support/pipeline-harness.js'

type Verdict = Pick<Failure, 'class' | 'code'> & Partial<Failure>

const throttled: Verdict = { class: 'throttled', code: 'Throughput' }
const away: Verdict = { class: 'transient', code: 'ECONNREFUSED', hitsAll: true }
const denied: Verdict = { class: 'credentials', code: 'AccessDenied', hitsAll: true }
const tooLarge: Verdict = { class: 'rejected', code: 'TooLarge' }

/** A record of partition 0 at this offset, with this key. */
function record(offset: number, partitionKey: string | null, partition = 0): RecordOfRange {
  const about = { schema: schemaOf('a'), eventId: String(offset), contentType: 'text/plain' }
  return new RecordOfRange({ ...about, offset, partitionKey, bytes: Buffer.alloc(10) }, { topic: 'events', partition })
}

describe('StreamWriter', () => {
  let clock: FakeClock
  /** Offsets of each call. */
  let calls: number[][]
  /** What the stream says of a record; null: it is taken. */
  let verdictOf: (payload: RecordPayload) => Verdict | null
  let answers: { source: string; failures: string[]; sent: number }[]
  let onCredentials: 'go-on' | 'hold'
  let troubles: string[]
  let stop: AbortController
  let gate: Promise<void> | null
  let writer: StreamWriter

  beforeEach(() => {
    ;[clock, calls, answers, troubles, stop] = [new FakeClock(), [], [], [], new AbortController()]
    ;[verdictOf, onCredentials, gate] = [() => null, 'hold', null]
    writer = new StreamWriter({
      clock,
      random: () => 1,
      stopping: stop.signal,
      destination: {
        most: { records: 4, bytes: 1_000, perKey: 2 },
        write: async (payloads) => {
          calls.push(payloads.map(({ properties }) => properties.kafka_offset))
          await gate
          const failed = new Set<string | null>()
          return payloads.flatMap((payload): Failure[] => {
            const verdict = failed.has(payload.partitionKey) ? throttled : verdictOf(payload)
            if (verdict && verdict.class !== 'rejected') failed.add(payload.partitionKey)
            return verdict ? [{ message: verdict.code, ...verdict, payload }] : []
          })
        },
        check: () => Promise.resolve([]),
        close: () => Promise.resolve(),
      },
      credentials: {
        secret: 'first',
        answered: (source, failures, sent) => {
          answers.push({ source, failures: failures.map(({ code }) => code), sent })
          return failures.some((failure) => failure.class === 'credentials') ? onCredentials : 'go-on'
        },
        nudged: new AbortController().signal,
      },
      health: {
        ...{ ready: noop, delivered: noop, dropped: noop, credentials: noop, unknownField: noop },
        ...{ gap: noop, intentReplayed: noop, blocked: noop, failed: noop, consumed: noop, returned: noop },
        ...{ attempted: noop, commitFailed: noop, rebalanced: noop },
        troubled: (source, { state, code }) => void troubles.push(`${source} ${state} ${code}`),
        recovered: (source) => void troubles.push(`${source} recovered`),
      },
    })
  })

  function write(records: RecordOfRange[], signal = new AbortController().signal, source = 'events/0') {
    const outcome: { is?: WriteOutcome } = {}
    void writer.write(records, source, signal).then((is) => (outcome.is = is))
    return outcome
  }

  const isOf = (key: string, verdict: Verdict) => (payload: RecordPayload) =>
    payload.partitionKey === key ? verdict : null

  it('sends what fits into a call, and says when all of it is written', async () => {
    const outcome = write([0, 1, 2, 3, 4, 5].map((offset) => record(offset, `k${offset}`)))
    await clock.settle()
    expect(calls.map(({ length }) => length)).toEqual([4, 2])
    expect(calls.flat().sort()).toEqual([0, 1, 2, 3, 4, 5])
    expect(outcome.is).toEqual({ kind: 'written' })
    expect(answers).toEqual([
      { source: 'stream', failures: [], sent: 4 },
      { source: 'stream', failures: [], sent: 2 },
    ])
  })

  it('has written what holds no record', async () => {
    expect(await writer.write([], 'events/0', new AbortController().signal)).toEqual({ kind: 'written' })
    expect(calls).toEqual([])
  })

  it('sends no record while an earlier one of its key is in a call, and no more of a key than a call takes', async () => {
    write([0, 1, 2, 3, 4].map((offset) => record(offset, 'k')))
    write([record(5, 'k'), record(6, 'other')])
    await clock.settle()
    expect(calls.map((call) => call.filter((offset) => offset !== 6))).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ])
  })

  it('keeps records without a key in no order, several in a call', async () => {
    write([0, 1, 2, 3].map((offset) => record(offset, null)))
    await clock.settle()
    expect(calls).toEqual([[0, 1, 2, 3]])
  })

  it('sends again what failed, in its order, and nothing else', async () => {
    verdictOf = isOf('hot', throttled)
    const outcome = write([record(0, 'hot'), record(1, 'cold'), record(2, 'hot')])
    await clock.settle()
    expect(calls).toEqual([[0, 2, 1]])
    verdictOf = () => null
    await clock.advance(199)
    expect(calls).toHaveLength(1)
    // What was refused comes back with less: half of it.
    await clock.advance(1)
    expect(calls.slice(1)).toEqual([[0], [2]])
    expect(outcome.is).toEqual({ kind: 'written' })
  })

  it('lets a bucket that is refused rest for longer and longer, while others go on', async () => {
    verdictOf = isOf('hot', throttled)
    write([record(0, 'hot')])
    await clock.advance(200 + 400 + 800 - 1)
    expect(calls).toHaveLength(3)
    const others = write([record(1, 'cold')])
    await clock.settle()
    expect(others.is).toEqual({ kind: 'written' })
    await clock.advance(1)
    expect(calls.slice(3)).toEqual([[1], [0]])
  })

  it('makes one call at a time at first, more while the stream takes them, and one again when all fail', async () => {
    let most = 0
    const waiting: (() => void)[] = []
    gate = { then: (resolve: () => void) => void waiting.push(resolve) } as unknown as Promise<void>
    write(Array.from({ length: 4_000 }, (_, offset) => record(offset, null)))
    const answer = async (times: number) => {
      for (let time = 0; time < times; time++) {
        await clock.settle()
        most = Math.max(most, waiting.length)
        waiting.shift()?.()
      }
      await clock.settle()
    }
    await answer(20)
    expect(most).toBe(1)
    await answer(200)
    expect(most).toBe(8)
    verdictOf = () => away
    await answer(8)
    verdictOf = () => null
    await clock.advance(60_000)
    expect(waiting).toHaveLength(1)
  })

  it('waits at least as long as the stream asks', async () => {
    verdictOf = isOf('hot', { ...throttled, retryAfterMs: 10_000 })
    write([record(0, 'hot')])
    await clock.advance(9_999)
    expect(calls).toHaveLength(1)
    await clock.advance(1)
    expect(calls).toHaveLength(2)
  })

  it('is silent about a shard that refuses while the partition goes on, and not when nothing goes on', async () => {
    verdictOf = isOf('hot', throttled)
    write([record(0, 'hot')])
    await clock.advance(9_000)
    expect(troubles).toEqual([])
    await clock.advance(20_000)
    expect(new Set(troubles)).toEqual(new Set(['events/0 retrying Throughput']))
    verdictOf = () => null
    await clock.advance(60_000)
    expect(troubles.at(-1)).toBe('events/0 recovered')
  })

  it('lets everything rest when all would fail, and comes back with one call', async () => {
    verdictOf = () => away
    const outcome = write(Array.from({ length: 8 }, (_, offset) => record(offset, `k${offset}`)))
    await clock.settle()
    expect(calls).toHaveLength(1)
    expect(troubles[0]).toBe('events/0 retrying ECONNREFUSED')
    write([record(8, 'k8')])
    await clock.advance(199)
    expect(calls).toHaveLength(1)
    await clock.advance(1)
    expect(calls).toHaveLength(2)
    verdictOf = () => null
    await clock.advance(400)
    expect(outcome.is).toEqual({ kind: 'written' })
    expect(troubles.at(-1)).toBe('events/0 recovered')
  })

  it('names every event that can never be delivered, when the others are written', async () => {
    verdictOf = (payload) => (payload.key.endsWith('/1') || payload.key.endsWith('/3') ? tooLarge : null)
    const outcome = write([0, 1, 2, 3].map((offset) => record(offset, 'k')))
    await clock.settle()
    expect(calls).toEqual([
      [0, 1],
      [2, 3],
    ])
    expect(outcome.is).toMatchObject({
      kind: 'rejected',
      failure: { code: 'TooLarge' },
      events: [{ offset: 1 }, { offset: 3 }],
    })
  })

  it('holds a partition whose credentials are refused, and sends a probe at once afterwards', async () => {
    verdictOf = () => denied
    const outcome = write([record(0, 'a'), record(1, 'a'), record(2, 'a')])
    await clock.settle()
    expect(outcome.is).toEqual({ kind: 'held' })
    expect(calls).toEqual([[0, 1]])
    verdictOf = () => null
    const probe = write([record(0, 'a')])
    await clock.settle()
    expect(probe.is).toEqual({ kind: 'written' })
  })

  it('tells what was taken of a call before what was refused of it, whichever partitions it is of', async () => {
    verdictOf = (payload) => (payload.key.startsWith('events/0/') ? denied : null)
    gate = Promise.resolve()
    write([record(0, 'busy', 2)], undefined, 'events/2')
    const refused = write([record(0, 'a')])
    const taken = write([record(0, 'b', 1)], undefined, 'events/1')
    await clock.settle()
    expect(answers).toEqual([
      { source: 'stream', failures: [], sent: 1 },
      { source: 'stream', failures: [], sent: 1 },
      { source: 'stream', failures: ['AccessDenied'], sent: 1 },
    ])
    expect([refused.is, taken.is]).toEqual([{ kind: 'held' }, { kind: 'written' }])
  })

  it.each([
    ['what hits all', away],
    ['a missing stream', { class: 'configuration', code: 'ResourceNotFound', hitsAll: true }],
    ['a hot shard', { ...throttled, retryAfterMs: 900_000 }],
  ] as [string, Verdict][])(
    'sends a probe at once, however long %s has made everything rest',
    async (_what, verdict) => {
      verdictOf = () => verdict
      const lease = new AbortController()
      write([record(0, 'a')], lease.signal)
      await clock.settle()
      expect(calls).toHaveLength(1)
      lease.abort() // As all are when the credentials fail.
      await clock.settle()
      verdictOf = () => null
      const probe = write([record(0, 'a')])
      await clock.settle()
      expect(probe.is).toEqual({ kind: 'written' })
      expect(clock.pendingTimers).toBe(0)
    },
  )

  it('ends at once when the lease dies, and sends nothing more of it', async () => {
    const lease = new AbortController()
    let open = () => {}
    gate = new Promise((resolve) => (open = resolve))
    const outcome = write([record(0, 'k'), record(1, 'k'), record(2, 'k')], lease.signal)
    const other = write([record(3, 'k')])
    await clock.settle()
    lease.abort()
    await clock.settle()
    expect(outcome.is).toEqual({ kind: 'ended' })
    expect(calls).toEqual([[0, 1]])
    open()
    await clock.settle()
    expect(calls).toEqual([[0, 1], [3]])
    expect(other.is).toEqual({ kind: 'written' })
  })

  it('tries everything once more when the service stops, and lets nothing overtake what it gives up', async () => {
    verdictOf = isOf('hot', throttled)
    const first = write([record(0, 'hot')])
    await clock.settle()
    const later = write([record(1, 'hot')])
    stop.abort()
    await clock.settle()
    expect(calls).toEqual([[0], [0]])
    expect([first.is, later.is]).toEqual([{ kind: 'ended' }, { kind: 'ended' }])
    expect(clock.pendingTimers).toBe(0)
  })
})

const noop = () => undefined
