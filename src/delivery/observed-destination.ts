import type { Destination, Failure, FailureClass } from '../destinations/destination.js'
import type { HealthRecorder } from '../health/recorder.js'
import type { Outcome } from '../health/report.js'
import type { Clock } from '../runtime/clock.js'

export interface ObservedParts {
  health: Pick<HealthRecorder, 'attempted'>
  clock: Pick<Clock, 'monotonicMs'>
  /** Whether a call that begins now is a probe of failing credentials. */
  isProbe: () => boolean
}

/** The worst first: what a call is counted as when several things went wrong at once. */
const WORST_FIRST: readonly FailureClass[] = [
  'credentials',
  'configuration',
  'clock',
  'rejected',
  'throttled',
  'transient',
]

/** The same destination, whose every answered call the connector's health is told of. */
export function observed<D extends Destination>(destination: D, parts: ObservedParts): D {
  const write: Destination['write'] = async (payloads, signal) => {
    const isProbe = parts.isProbe()
    const startedMs = parts.clock.monotonicMs()
    const failures = await destination.write(payloads, signal)
    if (isCutShort(failures, signal)) return failures
    parts.health.attempted({
      outcome: outcomeOf(failures),
      durationMs: parts.clock.monotonicMs() - startedMs,
      isTaken: failures.length < payloads.length,
      ...{ isProbe, failures },
    })
    return failures
  }
  // A destination may be of any class, and tell its limits only when it is asked.
  return new Proxy(destination, {
    get(target, name) {
      if (name === 'write') return write
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

/** Nobody has answered: the partition was lost, or the service stops. */
function isCutShort(failures: readonly Failure[], signal: AbortSignal): boolean {
  return signal.aborted && failures.length > 0
}

function outcomeOf(failures: readonly Failure[]): Outcome {
  return WORST_FIRST.find((worst) => failures.some((failure) => failure.class === worst)) ?? 'ok'
}
