import { describe, expect, it } from 'vitest'
import { OUTCOMES, type Sample } from '../../../src/health/report.js'
import { chartColumns } from '../../../src/health/page/chart-columns.js'
import { slicesOf } from '../../../src/health/page/slices.js'

const STEP_MS = 15_000

const none = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Sample['attempts']

const sample = (n: number, change: Partial<Sample> = {}): Sample => ({
  ...{ atMs: n * STEP_MS, lagEvents: n, oldestUndeliveredAgeMs: null, consumed: 30, delivered: 15 },
  ...{ dropped: 1, deadLettered: 2, attempts: { ...none, ok: 3 }, latencyMs: null, ...change },
})

describe('slices of a longer time', () => {
  it('end where the samples end, the newest first, the oldest shorter', () => {
    const slices = slicesOf(
      [1, 2, 3, 4, 5].map((n) => sample(n)),
      STEP_MS,
      2 * STEP_MS,
    )
    expect(slices.map(({ atMs, lagEvents }) => [atMs / STEP_MS, lagEvents])).toEqual([
      ...[
        [5, 5],
        [3, 3],
        [1, 1],
      ],
    ])
    expect(slices.map(({ inPerSecond, outPerSecond }) => [inPerSecond, outPerSecond])).toEqual([
      ...[
        [2, 1],
        [2, 1],
        [2, 1],
      ],
    ])
    expect(slices.map(({ dropped, deadLettered, ok }) => [dropped, deadLettered, ok])).toEqual([
      ...[
        [2, 4, 6],
        [2, 4, 6],
        [1, 2, 3],
      ],
    ])
  })

  it('take the worst of what cannot be added, and know what is not known', () => {
    const samples = [
      sample(1, { lagEvents: null, latencyMs: { p50: 20, p95: 30, p99: 90 } }),
      sample(2, { lagEvents: 7, oldestUndeliveredAgeMs: 5, attempts: { ...none, throttled: 2 } }),
      sample(3, { lagEvents: 4, latencyMs: { p50: 50, p95: 60, p99: 80 } }),
    ]
    expect(slicesOf(samples, STEP_MS, 3 * STEP_MS)).toMatchObject([
      { lagEvents: 7, oldestUndeliveredAgeMs: 5, p50Ms: 50, p99Ms: 90, ok: 6, failures: [['throttled', 2]] },
    ])
    expect(slicesOf([sample(1, { lagEvents: null })], STEP_MS, STEP_MS)).toMatchObject([
      { lagEvents: null, p50Ms: null, p99Ms: null, failures: [] },
    ])
    expect(slicesOf([], STEP_MS, STEP_MS)).toEqual([])
  })
})

describe('columns of the charts', () => {
  it('hold rates, and calls a minute', () => {
    const fine = [sample(1), sample(2, { lagEvents: null, latencyMs: { p50: 1.234, p95: 2, p99: 3 } })]
    const { hour, day } = chartColumns({ fine, fineMs: STEP_MS, coarse: [sample(9)], coarseMs: 10 * STEP_MS }, 0)
    expect(hour).toMatchObject({
      ...{ at: [15, 30], lag: [1, null], in: [2, 2], out: [1, 1] },
      ...{ p50: [null, 1.23], p95: [null, 2], p99: [null, 3] },
    })
    expect(hour.outcomes).toMatchObject({ ok: [12, 12], throttled: [0, 0] })
    expect(day).toMatchObject({ at: [135], in: [0.2] })
  })

  it('begin the hour with what there was before the process, each at its own rate', () => {
    const nowMs = 400 * STEP_MS
    const coarse = [100, 180, 200, 220, 240].map((n) => sample(n))
    const history = { fine: [sample(230)], fineMs: STEP_MS, coarse, coarseMs: 20 * STEP_MS }
    const { hour } = chartColumns(history, nowMs)
    expect(hour.at.map((seconds) => (seconds * 1000) / STEP_MS)).toEqual([180, 200, 220, 230])
    expect(hour.in).toEqual([0.1, 0.1, 0.1, 2])
    expect(chartColumns({ ...history, fine: [] }, nowMs).hour.at).toHaveLength(4)
  })
})
