import type { ConnectorState } from './recorder.js'

/** What passes by itself mostly does within minutes: a deployment, a broker, a throttled bucket. */
const RETRYING_MS = 10 * 60_000
/** Beside the age that events reach anyway: a restart, a rebalance, a large object. */
const STALE_MS = 10 * 60_000
/** Events wait for `maxAge` before they are written, and some while that is done. */
const STALE_AGES = 3

/** States that only a person ends. */
const NEEDS_PERSON: readonly ConnectorState[] = ['credentials-failing', 'dropping', 'blocked']

interface Looked {
  enabled: boolean
  state: ConnectorState
  sinceMs: number
  oldestUndeliveredAtMs: number | null
  lastSuccessAtMs: number | null
  /** How long events wait for others before they are written. */
  maxAgeMs: number
}

/** Whether events wait for longer than they should, and nothing has been delivered for as long, although nothing fails. */
export function isStale(looked: Looked, nowMs: number): boolean {
  const { state, sinceMs, oldestUndeliveredAtMs, lastSuccessAtMs, maxAgeMs } = looked
  if (state !== 'running' || oldestUndeliveredAtMs === null) return false
  const limitMs = STALE_AGES * maxAgeMs + STALE_MS
  return nowMs - oldestUndeliveredAtMs > limitMs && nowMs - Math.max(lastSuccessAtMs ?? 0, sinceMs) > limitMs
}

/** Whether a person has to look. What somebody has paused, or not launched, is wanted so. */
export function needsAttention(looked: Looked, nowMs: number): boolean {
  const { enabled, state, sinceMs } = looked
  if (!enabled) return false
  if (NEEDS_PERSON.includes(state) || state === 'stopped') return true
  return (state === 'retrying' && nowMs - sinceMs > RETRYING_MS) || isStale(looked, nowMs)
}
