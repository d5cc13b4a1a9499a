import type { Destination, Failure, FailureClass, Payload } from '../destinations/destination.js'
import type { HealthRecorder, Trouble } from '../health/recorder.js'
import type { Clock } from '../runtime/clock.js'
import { probeDelayMs, retryDelayMs, type Random } from '../runtime/backoff.js'

export interface SettleParts {
  destination: Destination
  health: HealthRecorder
  clock: Clock
  random: Random
  /** Aborts when the service is asked to stop: everything is tried once more at once, and then given up. */
  stopping: AbortSignal
}

/** Which classes a person has to mend; the others pass by themselves (delivery.md §2). */
const HOLDS: Readonly<Record<FailureClass, boolean>> = {
  transient: false,
  throttled: false,
  clock: true,
  credentials: true,
  configuration: true,
  rejected: true,
}

/**
 * Writes until everything is durable, for ever, whatever the destination answers: what passes by itself with full jitter,
 * what a person has to mend with a slow probe. Only what failed is written again.
 * Resolves to false when `signal` ends it before that; nothing may be committed then.
 */
export async function writeUntilSettled(
  payloads: readonly Payload[],
  parts: SettleParts,
  source: string,
  signal: AbortSignal,
): Promise<boolean> {
  let pending = payloads
  for (let attempt = 1; !signal.aborted; attempt++) {
    const failures = await parts.destination.write(pending, signal)
    if (failures.length === 0) {
      if (attempt > 1) parts.health.recovered(source)
      return true
    }
    if (signal.aborted || parts.stopping.aborted) break
    pending = failures.map((failure) => failure.payload)
    const worst = worstOf(failures)
    parts.health.troubled(source, troubleOf(worst))
    await parts.clock.sleep(delayMs(worst, failures, attempt, parts.random), AbortSignal.any([signal, parts.stopping]))
  }
  parts.health.recovered(source)
  return false
}

/** One failure that needs a person outweighs any number that do not. */
function worstOf(failures: readonly Failure[]): Failure {
  const worst = failures.find((failure) => HOLDS[failure.class]) ?? failures[0]
  if (!worst) throw new RangeError('no failure')
  return worst
}

function troubleOf({ class: failureClass, code, message }: Failure): Trouble {
  return { state: HOLDS[failureClass] ? 'blocked' : 'retrying', code, message }
}

function delayMs(worst: Failure, failures: readonly Failure[], attempt: number, random: Random): number {
  if (HOLDS[worst.class]) return probeDelayMs(attempt, random)
  const askedMs = Math.max(0, ...failures.map((failure) => failure.retryAfterMs ?? 0))
  return Math.max(askedMs, retryDelayMs(attempt, random))
}
