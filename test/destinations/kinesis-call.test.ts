import { describe, expect, test } from 'vitest'
import type { Failure, RecordPayload } from '../../src/destinations/destination.js'
import type { Diagnosis } from '../../src/destinations/diagnosis.js'
import { KinesisCall, type RequestOutcome } from '../../src/destinations/kinesis-call.js'
import { plainEntry, type Entry } from '../../src/destinations/kinesis-entry.js'
import { packEntries } from '../../src/destinations/kpl-packing.js'
import { recordOf } from './stream-conformance.js'
import fc from '../support/properties.js'

const never = new AbortController().signal
const problem = (failureClass: Diagnosis['class']): Diagnosis => {
  return { class: failureClass, code: failureClass, said: '', advice: '', hitsAll: failureClass !== 'rejected' }
}

/** What the stream does with a request: `takes` of the entries by their bits; or nothing, or all of it untold. */
type Mood = { takes: number } | 'cut before' | 'cut after'

/** A stream that takes and fails as it is told, and then takes everything; it refuses requests that hold a poisoned record. */
class MoodyStream {
  /** In the order in which they were stored. */
  readonly stored: RecordPayload[] = []
  requests = 0

  constructor(
    readonly moods: Mood[],
    readonly poisoned: ReadonlySet<RecordPayload>,
  ) {}

  send = (request: readonly Entry[]): Promise<RequestOutcome> => {
    this.requests++
    if (request.some(({ records }) => records.some((record) => this.poisoned.has(record)))) {
      return Promise.resolve({ problem: problem('rejected') })
    }
    const mood = this.moods.shift() ?? { takes: -1 }
    if (mood === 'cut before') return Promise.resolve({ problem: problem('transient') })
    const takes = (index: number) => mood === 'cut after' || ((mood.takes >> (index % 32)) & 1) === 1
    request.forEach(({ records }, index) => takes(index) && this.stored.push(...records))
    if (mood === 'cut after') return Promise.resolve({ problem: problem('transient') })
    return Promise.resolve({ answers: request.map((_, index) => (takes(index) ? undefined : problem('throttled'))) })
  }

  /** As those that dispatch do: what failed is written again, before anything else, until it is stored or rejected. */
  async writeAll(records: readonly RecordPayload[], pack: (records: readonly RecordPayload[]) => Entry[]) {
    const rejected: RecordPayload[] = []
    const limits = { records: 7, bytes: 60_000, recordBytes: 60_000 }
    const failureOf = (payload: RecordPayload, { class: failureClass, code }: Diagnosis): Failure => {
      return { payload, class: failureClass, code, message: '' }
    }
    const parts = { limits, send: this.send, obstacle: () => Promise.resolve(undefined), failureOf }
    for (let left = records; left.length > 0;) {
      const failures = await new KinesisCall(parts, never).write(left, pack(left))
      const isRejected = (failure: Failure) => failure.class === 'rejected'
      rejected.push(...failures.filter(isRejected).map(({ payload }) => payload as RecordPayload))
      left = failures.filter((failure) => !isRejected(failure)).map(({ payload }) => payload as RecordPayload)
    }
    return rejected
  }
}

const mood = fc.oneof(
  { weight: 4, arbitrary: fc.integer().map((takes): Mood => ({ takes })) },
  { weight: 1, arbitrary: fc.constantFrom<Mood>('cut before', 'cut after') },
)
const keys = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', null), { minLength: 1, maxLength: 60 })

describe.each([
  ['each event in a record of its own', (records: readonly RecordPayload[]) => records.map(plainEntry)],
  ['aggregated', packEntries],
])('whatever fails, %s', (_name, pack) => {
  test('nothing is lost, and no record is stored before an earlier one of its key', async () => {
    await fc.assert(
      fc.asyncProperty(
        keys,
        fc.array(mood, { maxLength: 30 }),
        fc.array(fc.nat(59)),
        async (keys, moods, poisonedAt) => {
          const records = keys.map((key, index) => recordOf(key, index, 1 + ((index * 997) % 20_000)))
          const poisoned = new Set(poisonedAt.flatMap((index) => records[index] ?? []))
          const stream = new MoodyStream(moods, poisoned)
          const rejected = await stream.writeAll(records, pack)
          expect(new Set(rejected)).toEqual(poisoned)
          const inOrder = records.filter((record) => !poisoned.has(record))
          const firsts = [...new Set(stream.stored)]
          expect(new Set(firsts)).toEqual(new Set(inOrder))
          for (const key of ['a', 'b', 'c', 'd', 'e']) {
            const ofKey = (list: readonly RecordPayload[]) => list.filter(({ partitionKey }) => partitionKey === key)
            expect(ofKey(firsts).map((record) => record.key)).toEqual(ofKey(inOrder).map((record) => record.key))
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  test('what is acknowledged is not sent again', async () => {
    await fc.assert(
      fc.asyncProperty(
        keys,
        fc.array(
          fc.integer().map((takes): Mood => ({ takes })),
          { maxLength: 30 },
        ),
        async (keys, moods) => {
          const records = keys.map((key, index) => recordOf(key, index))
          const stream = new MoodyStream(moods, new Set())
          await stream.writeAll(records, pack)
          expect(stream.stored).toHaveLength(records.length)
        },
      ),
      { numRuns: 100 },
    )
  })
})

test('a poisoned record among 500 is found with few requests', async () => {
  const records = Array.from({ length: 500 }, (_, index) => recordOf(`k${index}`, index, 10))
  const stream = new MoodyStream([], new Set([records[321] as RecordPayload]))
  const limits = { records: 500, bytes: 60_000, recordBytes: 60_000 }
  const failureOf = (payload: RecordPayload, { class: failureClass, code }: Diagnosis): Failure => {
    return { payload, class: failureClass, code, message: '' }
  }
  const parts = { limits, send: stream.send, obstacle: () => Promise.resolve(undefined), failureOf }
  const failures = await new KinesisCall(parts, never).write(records, records.map(plainEntry))
  expect(failures.map(({ payload }) => payload)).toEqual([records[321]])
  // Nine halvings, two requests each, and the first.
  expect(stream.requests).toBeLessThanOrEqual(19)
  expect(stream.stored).toHaveLength(499)
})
