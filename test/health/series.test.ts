import { describe, expect, it } from 'vitest'
import { FIRST } from '../../src/health/progress.js'
import type { Sample } from '../../src/health/report.js'
import { Series } from '../../src/health/series.js'
import { Tally } from '../../src/health/tally.js'

const STEP_MS = 30_000
/** At the beginning of a slice. */
const BEGIN_MS = Date.UTC(2026, 10, 21, 12)
const behind = { lagEvents: 7, oldestUndeliveredAgeMs: 8_000 }

/** Counts with so many consumed, and as many calls that took up to 10 ms. */
function counted(consumed: number): number[] {
  const buckets = new Tally().attemptSeconds.counts.map((_, n) => (n === 1 ? consumed : 0))
  return [consumed, 0, 0, 0, consumed, 0, 0, 0, 0, 0, 0, ...buckets]
}

const atOf = (samples: readonly Sample[]) => samples.map(({ atMs, consumed }) => [(atMs - BEGIN_MS) / 1_000, consumed])

function sampleAt(seconds: number, consumed: number): Sample {
  const series = new Series(STEP_MS, 10)
  series.add(BEGIN_MS + seconds * 1_000 - STEP_MS, counted(0), behind)
  return series.add(BEGIN_MS + seconds * 1_000, counted(consumed), behind)!
}

describe('a series', () => {
  it('has slices that begin at the same instants everywhere, whenever somebody looks', () => {
    const series = new Series(STEP_MS, 10)
    const looks: [number, number][] = [
      [7, 1],
      [29, 3],
      [31, 5],
      [59, 8],
      [61, 13],
    ]
    const ended = looks.map(([seconds, consumed]) => series.add(BEGIN_MS + seconds * 1_000, counted(consumed), behind))
    expect(ended.map((sample) => sample !== undefined)).toEqual([false, false, true, false, true])
    expect(atOf(series.since(BEGIN_MS + 61_000))).toEqual([
      [30, 4],
      [60, 8],
    ])
  })

  it('says what was done in each, and how far it is behind at its end', () => {
    const sample = sampleAt(30, 4)
    expect(sample).toMatchObject({ ...behind, consumed: 4, delivered: 0, dropped: 0, deadLettered: 0 })
    expect(sample.attempts).toMatchObject({ ok: 4, transient: 0, rejected: 0 })
    // All of them lie between 5 and 10 ms.
    expect(sample.latencyMs?.p50).toBeCloseTo(7.5)
    expect(sample.latencyMs?.p99).toBeCloseTo(9.95)
    expect(sampleAt(30, 0).latencyMs).toBeNull()
  })

  it('is one slice that is longer where nobody looked for a while', () => {
    const series = new Series(STEP_MS, 10)
    for (const [seconds, consumed] of [
      [0, 0],
      [200, 50],
      [211, 51],
    ] as const)
      // prettier-ignore
      series.add(BEGIN_MS + seconds * 1_000, counted(consumed), behind)
    expect(atOf(series.since(BEGIN_MS + 211_000))).toEqual([
      [180, 50],
      [210, 1],
    ])
  })

  it('takes slices of others in their order, of the same moment the fuller one', () => {
    const series = new Series(STEP_MS, 10)
    for (const sample of [sampleAt(60, 5), sampleAt(30, 2), sampleAt(90, 3), sampleAt(60, 4), sampleAt(30, 9)])
      series.put(sample)
    expect(atOf(series.since(BEGIN_MS + 90_000))).toEqual([
      [30, 9],
      [60, 5],
      [90, 3],
    ])
  })

  it('forgets the oldest: by their number, and by the time', () => {
    const series = new Series(STEP_MS, 3)
    for (const seconds of [30, 60, 90, 120, 0]) series.put(sampleAt(seconds, seconds))
    expect(atOf(series.since(BEGIN_MS + 120_000))).toEqual([
      [60, 60],
      [90, 90],
      [120, 120],
    ])
    expect(atOf(series.since(BEGIN_MS + 190_000))).toEqual([[120, 120]])
    expect(series.since(BEGIN_MS + 210_000)).toEqual([])
  })

  it('knows where what stands', () => {
    expect(counted(3)[FIRST.attempts]).toBe(3)
    expect(counted(3)[FIRST.buckets + 1]).toBe(3)
  })
})
