import { describe, expect, it } from 'vitest'
import { probeDelayMs, retryDelayMs } from '../../src/runtime/backoff.js'

describe('waiting between attempts', () => {
  it('retries with full jitter between nothing and a bound that doubles from 0.2 s to 60 s', () => {
    const most = (attempt: number) => retryDelayMs(attempt, () => 1)
    expect([1, 2, 3, 9, 10, 1000].map(most)).toEqual([200, 400, 800, 51_200, 60_000, 60_000])
    expect(retryDelayMs(5, () => 0)).toBe(0)
  })

  it('probes what a person has to mend every 30 s growing to 15 min, never sooner than half of that', () => {
    const delays = (jitter: number) => [1, 2, 6, 1000].map((attempt) => probeDelayMs(attempt, () => jitter))
    expect(delays(1)).toEqual([30_000, 60_000, 900_000, 900_000])
    expect(delays(0)).toEqual([15_000, 30_000, 450_000, 450_000])
  })
})
