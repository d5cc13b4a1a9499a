import type { Destination, Failure, FailureClass, Payload } from '../destinations/destination.js'
import type { HealthRecorder, Trouble } from '../health/recorder.js'
import type { Clock } from '../runtime/clock.js'
import { probeDelayMs, retryDelayMs, type Random } from '../runtime/backoff.js'

/** What became of everything that a range has to have written. */
export type WriteOutcome = Written | Unwritten

export interface Written {
  kind: 'written'
  /** When the last of it was acknowledged by the destination, Unix milliseconds; not set where nothing went there. */
  deliveredAtMs?: number
}

export type Unwritten =
  /** The lease died, or the service stops. */
  | { kind: 'ended' }
  /** The credentials of the connector fail: see `CredentialWatch`. */
  | { kind: 'held' }
  /** The drop ledger has refused the entry, for certain: nothing of it is written. */
  | { kind: 'refused' }
  /** The destination can never take it as it is; everything else of the range is written. */
  | { kind: 'rejected'; failure: Failure; events?: readonly RejectedRecord[] }

/** An event that the destination can never take, where it says which. */
export interface RejectedRecord {
  offset: number
  failure: Failure
}

/** Is told every answer of the destination, and says whether to go on. */
export interface AnswerWatch {
  /** Changes with the secrets of the account. */
  readonly secret: string
  /**
   * `failures` of `sent` payloads; the others are acknowledged. `secret`: as it was when they were sent. `hold`: nothing may
   * be sent any more until told.
   */
  answered(source: string, failures: readonly Failure[], sent: number, secret: string): 'go-on' | 'hold'
  /** Aborts when what waits should be tried at once, since a secret has changed. Another signal afterwards. */
  readonly nudged: AbortSignal
}

export interface SettleParts {
  destination: Destination
  credentials: AnswerWatch
  health: HealthRecorder
  clock: Clock
  random: Random
  /** Aborts when the service is asked to stop: everything is tried once more at once, and then given up. */
  stopping: AbortSignal
}

/** Which classes a person has to mend; the others pass by themselves (delivery.md §2). */
const NEEDS_PERSON: Readonly<Record<FailureClass, boolean>> = {
  transient: false,
  throttled: false,
  clock: true,
  credentials: true,
  configuration: true,
  rejected: true,
}

/**
 * Writes until everything is durable, for ever: what passes by itself is tried again with full jitter, what a person has to
 * mend with a slow probe. Ends early as `WriteOutcome` says; nothing may be committed then.
 */
export async function writeUntilSettled(
  payloads: readonly Payload[],
  parts: SettleParts,
  source: string,
  signal: AbortSignal,
): Promise<WriteOutcome> {
  const { destination, credentials, health, clock, random, stopping } = parts
  let pending = payloads
  let rejected: Failure | undefined
  for (let attempt = 1; pending.length > 0 && !signal.aborted; attempt++) {
    const { secret } = credentials
    const failures = await destination.write(pending, signal)
    if (failures.length > 0 && (signal.aborted || stopping.aborted)) {
      // What was acknowledged proves that the credentials work, whatever becomes of the rest.
      if (failures.length < pending.length) credentials.answered(source, [], pending.length - failures.length, secret)
      return ended(parts, source)
    }
    if (credentials.answered(source, failures, pending.length, secret) === 'hold') {
      health.recovered(source)
      return { kind: 'held' }
    }
    rejected ??= failures.find(isRejected)
    const others = failures.filter((failure) => !isRejected(failure))
    pending = nextPayloads(payloads, others)
    if (others.length === 0) continue
    health.troubled(source, troubleOf(others))
    await clock.sleep(delayMs(others, attempt, random), signal, stopping, credentials.nudged)
  }
  if (pending.length > 0) return ended(parts, source)
  health.recovered(source)
  return rejected ? { kind: 'rejected', failure: rejected } : { kind: 'written' }
}

/**
 * What failed; everything where a right is missing, since only the whole shows whether any of it is taken. Written again it
 * is the same, byte for byte.
 */
function nextPayloads(all: readonly Payload[], failures: readonly Failure[]): readonly Payload[] {
  if (failures.some((failure) => failure.class === 'credentials')) return all
  return failures.map((failure) => failure.payload)
}

const isRejected = (failure: Failure) => failure.class === 'rejected'

function ended({ health }: SettleParts, source: string): Unwritten {
  health.recovered(source)
  return { kind: 'ended' }
}

/** One failure that needs a person outweighs any number that do not. */
function worstOf(failures: readonly Failure[]): Failure {
  const worst = failures.find((failure) => NEEDS_PERSON[failure.class]) ?? failures[0]
  if (!worst) throw new RangeError('no failure')
  return worst
}

/** What health shows of failures, of which there is at least one. */
export function troubleOf(failures: readonly Failure[]): Trouble {
  const { class: failureClass, code, message } = worstOf(failures)
  return { state: NEEDS_PERSON[failureClass] ? 'blocked' : 'retrying', code, message }
}

/** How long to wait after failures, of which there is at least one, before attempt `attempt + 1`. */
export function delayMs(failures: readonly Failure[], attempt: number, random: Random): number {
  if (NEEDS_PERSON[worstOf(failures).class]) return probeDelayMs(attempt, random)
  const askedMs = Math.max(0, ...failures.map((failure) => failure.retryAfterMs ?? 0))
  return Math.max(askedMs, retryDelayMs(attempt, random))
}
