import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { beforeEach, describe, expect, it } from 'vitest'
import { LaneCommits } from '../../../src/delivery/lane-commits.js'
import type { Unwritten, WriteOutcome } from '../../../src/delivery/settle.js'
import { StreamQueue } from '../../../src/delivery/streams/stream-queue.js'
import type { Range } from '../../../src/range/range.js'
import type { CommitOutcome } from '../../../src/source/source.js'
import { FakeClock } from '../../support/fake-clock.js'
import { schemaOf } from '../../support/pipeline-harness.js'

const T0_MS = Date.UTC(2026, 10, 1)
const denied = { payload: { key: 'events/0/0' }, class: 'rejected', code: 'TooLarge', message: 'too large' } as const

describe('StreamQueue', () => {
  const clock = new FakeClock()
  let committed: string[]
  let outcomes: CommitOutcome[]
  let beforeCommit: Promise<unknown>
  let released: number[]
  let delivered: number[]
  let unwritten: string[]
  /** How to answer what is being written, by the first offset. */
  let answer: Map<number, (outcome: WriteOutcome) => void>
  let isProbe: boolean
  let queue: StreamQueue

  beforeEach(() => {
    ;[committed, outcomes, released, delivered, unwritten] = [[], [], [], [], []]
    ;[beforeCommit, isProbe] = [Promise.resolve(), false]
    answer = new Map()
    const commit = async (offset: number, metadata: string) => {
      committed.push(`${offset} ${metadata}`)
      await beforeCommit
      return outcomes.shift() ?? 'accepted'
    }
    queue = new StreamQueue({
      commits: new LaneCommits(commit, { offset: 0, intent: null, marks: {} }),
      write: ({ first }, signal) =>
        new Promise((resolve) => {
          answer.set(first, resolve)
          signal.addEventListener('abort', () => resolve({ kind: 'ended' }), { once: true })
        }),
      isProbe: () => isProbe,
      onDelivered: ({ first }) => delivered.push(first),
      onUnwritten: ({ first }, outcome: Unwritten) => unwritten.push(`${first} ${outcome.kind}`),
    })
  })

  /** Ten offsets from `first` on, all of them events unless told. */
  function rangeFrom(first: number, events = 10): Range {
    const record = { offset: first, schema: schemaOf('a'), eventId: '', partitionKey: null, contentType: '' }
    const plan = { folder: '', cluster: '', zone: '', topicInKey: false, codec: 'null' } as const
    return {
      ...{ topic: 'events', partition: 0, first, last: first + 9, closedBy: 'events', objects: [], rejected: [] },
      intent: { end: first + 9, plan, schemas: new Map() },
      records: Array.from({ length: events }, () => ({ ...record, bytes: Buffer.alloc(0) })),
      gaps: [],
      counts: { events, filtered: 10 - events, tombstones: 0, rejected: 0, earliestMs: 0, latestMs: 0 },
      heldBytes: 0,
      release: () => void released.push(first),
    }
  }

  async function settle(first: number, outcome: WriteOutcome): Promise<void> {
    answer.get(first)!(outcome)
    await clock.settle()
  }

  const writtenAt = (deliveredAtMs: number): WriteOutcome => ({ kind: 'written', deliveredAtMs })
  const deliveredAt = (ms: number) => JSON.stringify({ v: 1, deliveredAt: new Date(ms).toISOString() })

  it('writes all at once, and commits only up to the end of the unbroken run that is written', async () => {
    for (const first of [0, 10, 20, 30]) queue.push(rangeFrom(first))
    expect([...answer.keys()]).toEqual([0, 10, 20, 30])
    await settle(30, writtenAt(T0_MS + 1))
    await settle(10, writtenAt(T0_MS + 2))
    expect(committed).toEqual([])
    await settle(0, writtenAt(T0_MS))
    expect(committed).toEqual([`20 ${deliveredAt(T0_MS + 2)}`])
    expect([delivered, released]).toEqual([
      [0, 10],
      [0, 10],
    ])
    await settle(20, writtenAt(T0_MS + 3))
    expect(committed.slice(1)).toEqual([`40 ${deliveredAt(T0_MS + 3)}`])
    expect(queue.isDelivering).toBe(false)
  })

  it('commits what was written during a commit in one more', async () => {
    let accept = () => {}
    beforeCommit = new Promise<void>((resolve) => (accept = resolve))
    for (const first of [0, 10, 20]) queue.push(rangeFrom(first))
    await settle(0, writtenAt(T0_MS))
    await settle(10, writtenAt(T0_MS))
    await settle(20, writtenAt(T0_MS))
    expect(committed).toHaveLength(1)
    accept()
    await clock.settle()
    expect(committed.map((text) => parseInt(text))).toEqual([10, 30])
  })

  it('commits what holds no event without writing it, and says of no delivery', async () => {
    queue.push(rangeFrom(0, 0))
    await clock.settle()
    expect([...answer.keys()]).toEqual([])
    expect(committed).toEqual(['10 '])
  })

  it('has room for 20,000 events', () => {
    queue.push(rangeFrom(0, 19_999))
    expect(queue.hasRoom).toBe(true)
    queue.push(rangeFrom(10, 1))
    expect([queue.hasRoom, queue.wantsMore]).toEqual([false, false])
  })

  it('stops at a range that is not taken when its turn comes, not before', async () => {
    for (const first of [0, 10, 20]) queue.push(rangeFrom(first))
    await settle(10, { kind: 'rejected', failure: denied })
    await settle(20, writtenAt(T0_MS))
    expect(unwritten).toEqual([])
    await settle(0, writtenAt(T0_MS))
    expect(committed.map((text) => parseInt(text))).toEqual([10])
    expect(unwritten).toEqual(['10 rejected'])
  })

  it('stops for good when a commit is refused', async () => {
    outcomes = ['lost']
    for (const first of [0, 10]) queue.push(rangeFrom(first))
    await settle(0, writtenAt(T0_MS))
    await settle(10, writtenAt(T0_MS))
    expect(committed).toHaveLength(1)
    expect([delivered, unwritten]).toEqual([[], []])
  })

  it('forgets everything at once when it is abandoned, and commits nothing more', async () => {
    let accept = () => {}
    beforeCommit = new Promise<void>((resolve) => (accept = resolve))
    for (const first of [0, 10, 20]) queue.push(rangeFrom(first))
    await settle(0, writtenAt(T0_MS))
    queue.abandon()
    expect(released.sort((a, b) => a - b)).toEqual([0, 10, 20])
    accept()
    await queue.settled()
    expect(committed).toHaveLength(1)
    expect([delivered, unwritten]).toEqual([[], []])
  })

  it('writes only the first while it is a probe, and the others when that is answered', async () => {
    isProbe = true
    for (const first of [0, 10, 20]) queue.push(rangeFrom(first))
    await clock.settle()
    expect([...answer.keys()]).toEqual([0])
    isProbe = false
    await settle(0, writtenAt(T0_MS))
    expect([...answer.keys()]).toEqual([0, 10, 20])
    const isSettled = queue.settled()
    await settle(10, writtenAt(T0_MS))
    await settle(20, writtenAt(T0_MS))
    await isSettled
    expect(committed.map((text) => parseInt(text))).toEqual([10, 20, 30])
  })

  it('sends nothing behind a probe that is refused', async () => {
    isProbe = true
    for (const first of [0, 10]) queue.push(rangeFrom(first))
    await settle(0, { kind: 'held' })
    expect([...answer.keys()]).toEqual([0])
    expect(unwritten).toEqual(['0 held'])
  })

  it('keeps nothing of what it has delivered', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const deliver = async (ranges: number) => {
      for (let n = 0; n < ranges; n++) {
        queue.push(rangeFrom(n * 10, 0))
        await queue.settled()
      }
      for (const list of [committed, released, delivered]) list.length = 0
      collect()
      return process.memoryUsage().heapUsed
    }
    const beforeBytes = await deliver(1_000)
    const ranges = 20_000
    expect(((await deliver(ranges)) - beforeBytes) / ranges).toBeLessThan(20)
  })
})
