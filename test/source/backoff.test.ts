import { expect, test } from 'vitest'
import type { Clock } from '../../src/runtime/clock.js'
import { Backoff } from '../../src/source/backoff.js'

function recordedPauses() {
  const pauses: number[] = []
  const sleep = (ms: number) => {
    pauses.push(ms)
    return Promise.resolve()
  }
  const clock: Clock = { nowMs: () => 0, monotonicMs: () => 0, sleep, after: () => () => {} }
  return { clock, pauses }
}

test('pauses double up to the longest, each shortened by half at most, and begin anew after a success', async () => {
  const { clock, pauses } = recordedPauses()
  const backoff = new Backoff(clock, 100, 500)
  const { signal } = new AbortController()
  for (let attempt = 0; attempt < 5; attempt++) await backoff.wait(signal)
  backoff.reset()
  await backoff.wait(signal)
  const longest = [100, 200, 400, 500, 500, 100]
  expect(pauses).toHaveLength(longest.length)
  for (const [i, ms] of pauses.entries()) {
    expect(ms).toBeGreaterThanOrEqual(longest[i]! / 2)
    expect(ms).toBeLessThanOrEqual(longest[i]!)
  }
})
