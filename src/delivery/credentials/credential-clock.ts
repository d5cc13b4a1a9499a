import type { RuleTimes } from './rule-times.js'

/** What keeps events from being dropped although the credentials fail, as far as the clock of the connector knows. */
export type ClockObstacle =
  /** The credentials work, or their failure is not confirmed. */
  | 'not-failing'
  /** The period is not over. */
  | 'period'
  /** The newest answer is no credential rejection, or too old. */
  | 'evidence'
  /** The failure has not been watched for long enough without a gap. */
  | 'observation'

/** What is known of one partition from its commit; instants in Unix milliseconds. */
export interface KnownMarks {
  deliveredAtMs?: number
  /** T0 as it is recorded there. */
  failingSinceMs?: number
}

/**
 * The clock of the 48-hour rule (delivery.md §3), for one connector. Pure: it is told what happened, and when.
 *
 * T0 is the first credential rejection since the last success. It counts when a second one, made with the secret read
 * anew, follows at least `confirmMs` later, or when it is found in a commit. Only a success ends it: an outage in between
 * does not, but begins the observation anew, without which nothing is dropped.
 */
export class CredentialClock {
  #failingSinceMs: number | null = null
  #isConfirmed = false
  #lastSuccessMs = -Infinity
  /** The newest rejection made with the secret read anew, unless another answer came after it. */
  #refusedMs: number | null = null
  /** The first such rejection of the unbroken row that ends with the newest. */
  #observedSinceMs: number | null = null

  constructor(private readonly times: RuleTimes) {}

  /** T0, Unix milliseconds, confirmed or not; null while the credentials work as far as anybody knows. */
  get failingSinceMs(): number | null {
    return this.#failingSinceMs
  }

  /** When anything of the connector was acknowledged last, as far as anybody knows. */
  get lastSuccessMs(): number {
    return this.#lastSuccessMs
  }

  get isConfirmed(): boolean {
    return this.#isConfirmed
  }

  /** Strictly later events may be dropped. */
  get dropAtMs(): number {
    return (this.#failingSinceMs ?? Infinity) + this.times.periodMs
  }

  /** When the failure will have been watched for long enough, if nothing comes between; null before the first rejection. */
  get observedAtMs(): number | null {
    return this.#observedSinceMs === null ? null : this.#observedSinceMs + this.times.observationMs
  }

  /** The destination refused the credentials. `isAnew`: the secret was read for this attempt, and could be read. */
  refused(atMs: number, isAnew: boolean): void {
    this.#failingSinceMs ??= atMs
    if (!isAnew) return
    if (atMs - this.#failingSinceMs >= this.times.confirmMs) this.#isConfirmed = true
    this.#refusedMs = atMs
    this.#observedSinceMs ??= atMs
  }

  /** The destination acknowledged a delivery. */
  succeeded(atMs: number): void {
    this.#lastSuccessMs = Math.max(this.#lastSuccessMs, atMs)
    this.#failingSinceMs = null
    this.#isConfirmed = false
    this.interrupted()
  }

  /** Another answer, none at all, a freeze, a jump of the clock: what was watched before does not count any more. */
  interrupted(): void {
    this.#refusedMs = null
    this.#observedSinceMs = null
  }

  /** What all partitions have recorded: the last success is the latest, T0 the earliest failure after it. */
  learn(partitions: readonly KnownMarks[]): void {
    for (const { deliveredAtMs = -Infinity } of partitions) {
      this.#lastSuccessMs = Math.max(this.#lastSuccessMs, deliveredAtMs)
    }
    if (this.#failingSinceMs !== null && this.#failingSinceMs <= this.#lastSuccessMs)
      this.succeeded(this.#lastSuccessMs)
    const recorded = partitions.map(({ failingSinceMs = -Infinity }) => failingSinceMs)
    const sinceMs = Math.min(...recorded.filter((ms) => ms > this.#lastSuccessMs))
    if (sinceMs === Infinity) return
    // A T0 that is confirmed does not move because somebody knows of an earlier failure that is not.
    this.#failingSinceMs = Math.min(sinceMs, (this.#isConfirmed ? this.#failingSinceMs : null) ?? Infinity)
    this.#isConfirmed = true
  }

  /** Everything that speaks against dropping now; the caller has more of them. */
  obstacles(nowMs: number): ClockObstacle[] {
    const obstacles: ClockObstacle[] = []
    if (this.#failingSinceMs === null || !this.#isConfirmed) obstacles.push('not-failing')
    if (!(nowMs > this.dropAtMs)) obstacles.push('period')
    if (this.#refusedMs === null || nowMs - this.#refusedMs > this.times.evidenceMs) obstacles.push('evidence')
    if (!this.#isObserved()) obstacles.push('observation')
    return obstacles
  }

  #isObserved(): boolean {
    if (this.#refusedMs === null || this.#observedSinceMs === null) return false
    return this.#refusedMs - this.#observedSinceMs >= this.times.observationMs
  }
}
