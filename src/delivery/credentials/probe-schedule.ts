import type { Random } from '../../runtime/backoff.js'
import type { CredentialClock } from './credential-clock.js'
import type { RuleTimes } from './rule-times.js'

/**
 * When to probe next, Unix milliseconds: slower and slower, jittered by half (delivery.md §3), but right when the answer
 * decides something: whether the failure is confirmed, whether the period is over, whether it has been watched enough.
 */
export function nextProbeMs(
  clock: CredentialClock,
  times: RuleTimes,
  { attempt, nowMs, random }: { attempt: number; nowMs: number; random: Random },
): number {
  const { failingSinceMs, isConfirmed, dropAtMs, observedAtMs } = clock
  const doubledMs = Math.min(times.longestProbeMs, times.firstProbeMs * 2 ** Math.min(attempt, 30))
  const jitteredMs = nowMs + (0.5 + random() / 2) * doubledMs
  // A clock that was set back since must not put it off.
  const confirmableMs = Math.min(failingSinceMs ?? nowMs, nowMs) + times.confirmMs
  if (failingSinceMs !== null && !isConfirmed) return Math.max(jitteredMs, confirmableMs)
  const decisiveMs = nowMs > dropAtMs ? (observedAtMs ?? 0) : dropAtMs + 1
  return decisiveMs > nowMs ? Math.min(jitteredMs, decisiveMs) : jitteredMs
}
