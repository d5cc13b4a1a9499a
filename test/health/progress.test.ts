import { describe, expect, it } from 'vitest'
import { FIRST, grown, Progress } from '../../src/health/progress.js'
import { NO_TOTALS, snapshotWith } from '../support/sample-connector.js'

const FROM_MS = 1_000

/** What a process says that has taken up so many. */
const said = (instance: string, startedAtMs: number, atMs: number, consumed: number) =>
  snapshotWith({ instance, startedAtMs, atMs, totals: { ...NO_TOTALS, consumed } })

function consumedAfter(...snapshots: ReturnType<typeof said>[]): (number | undefined)[] {
  const progress = new Progress(FROM_MS)
  return snapshots.map((snapshot) => {
    progress.hear(snapshot)
    return progress.counted[FIRST.consumed]
  })
}

describe('the progress of a connector', () => {
  it('is what all its processes do', () => {
    const [a, b] = [said('a', 1_000, 1_000, 5), said('b', 1_500, 2_000, 7)]
    expect(consumedAfter(a, b, said('a', 1_000, 3_000, 6), said('b', 1_500, 3_000, 10))).toEqual([5, 12, 13, 16])
  })

  it('begins at nothing with a process that is started anew under the same name', () => {
    expect(consumedAfter(said('a', 1_000, 1_000, 5), said('a', 4_000, 5_000, 2))).toEqual([5, 7])
  })

  it('is without what others did before this process was there', () => {
    // Heard for the first time: whatever it says was before, or nobody knows.
    expect(consumedAfter(said('old', 10, 2_000, 500), said('old', 10, 3_000, 501))).toEqual([0, 1])
    // Read at the start: said before.
    const read = [said('old', 10, 500, 100), said('old', 10, 900, 400), said('old', 10, 2_000, 405)]
    expect(consumedAfter(...read)).toEqual([0, 0, 5])
  })

  it('never goes back', () => {
    expect(consumedAfter(said('a', 1_000, 1_000, 5), said('a', 1_000, 2_000, 3), said('a', 1_000, 3_000, 6))).toEqual([
      5, 5, 8,
    ])
  })

  it('has drops for whatever reason, answers by outcome, and durations, each in its place', () => {
    const progress = new Progress(FROM_MS)
    const totals = { ...NO_TOTALS, delivered: 3, dropped: { credentials: 4, retention: 5 }, deadLettered: 6 }
    const attempts = [1, 2, 3, 4, 5, 6, 7]
    progress.hear(snapshotWith({ startedAtMs: 1_000, atMs: 1_000, totals, attempts, attemptSeconds: [8, 9] }))
    expect(progress.counted).toEqual([0, 3, 9, 6, ...attempts, 8, 9])
    expect(progress.counted.slice(FIRST.attempts, FIRST.buckets)).toEqual(attempts)
    expect(grown(progress.counted, [0, 1])).toEqual([0, 2, 9, 6, ...attempts, 8, 9])
  })
})
