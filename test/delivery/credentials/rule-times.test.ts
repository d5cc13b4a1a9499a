import { describe, expect, it } from 'vitest'
import { ruleTimes } from '../../../src/delivery/credentials/rule-times.js'

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS

describe('the times of the 48-hour rule', () => {
  it('are those of delivery.md §3 for 48 hours', () => {
    expect(ruleTimes(48 * HOUR_MS)).toEqual({
      periodMs: 48 * HOUR_MS,
      confirmMs: 30 * SECOND_MS,
      firstProbeMs: 30 * SECOND_MS,
      longestProbeMs: 15 * MINUTE_MS,
      evidenceMs: 5 * MINUTE_MS,
      sweepMs: 15 * MINUTE_MS,
      observationMs: 15 * MINUTE_MS,
      jumpMs: 5 * MINUTE_MS,
      warnings: [1, 6, 12, 24, 36, 42, 45, 47].map((hours) => ({ step: `${hours}h`, afterMs: hours * HOUR_MS })),
    })
  })

  it('shrink in proportion', () => {
    const times = ruleTimes(24 * HOUR_MS)
    expect(times).toMatchObject({ confirmMs: 15 * SECOND_MS, sweepMs: 7.5 * MINUTE_MS, evidenceMs: 2.5 * MINUTE_MS })
    expect(times.warnings.at(-1)).toEqual({ step: '47h', afterMs: 23.5 * HOUR_MS })
  })

  it('are never below a second: PT20S shows everything within a minute', () => {
    const { warnings, periodMs, ...times } = ruleTimes(20 * SECOND_MS)
    expect(new Set(Object.values(times))).toEqual(new Set([SECOND_MS]))
    expect(warnings.map(({ afterMs }) => Math.round(afterMs))).toEqual([
      ...[1_000, 2_500, 5_000, 10_000],
      ...[15_000, 17_500, 18_750, 19_583],
    ])
    expect(periodMs).toBe(20 * SECOND_MS)
  })

  it('do not grow with a longer period, but for the warnings', () => {
    const times = ruleTimes(120 * HOUR_MS)
    expect(times).toMatchObject({ confirmMs: 30 * SECOND_MS, observationMs: 15 * MINUTE_MS })
    expect(times.warnings[0]).toEqual({ step: '1h', afterMs: 2.5 * HOUR_MS })
  })
})
