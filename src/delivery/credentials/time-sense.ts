import type { Clock } from '../../runtime/clock.js'
import type { RuleTimes } from './rule-times.js'

/** How far the destination's clock may be from ours (delivery.md §3). */
const SERVER_TOLERANCE_MS = 5 * 60_000

/** A live process looks at the time this often while credentials fail, if the times of the rule allow. */
const LONGEST_BEAT_MS = 60_000
const SHORTEST_BEAT_MS = 1_000

/**
 * Whether time can be trusted, for a decision that cannot be undone. `look` is to be called every `beatMs`: a look that
 * comes late means that the process was frozen; wall clock and monotonic clock that drift apart mean that somebody set the
 * clock, or that the machine slept. After a jump only the destination's own clock, agreeing with ours, makes it trusted.
 */
export class TimeSense {
  readonly beatMs: number
  #monotonicMs: number
  /** Wall clock minus monotonic clock. */
  #offsetMs: number
  #isTrusted = true
  /** Since the last look; whoever else noticed it. */
  #hasJumped = false

  constructor(
    private readonly clock: Clock,
    private readonly times: RuleTimes,
  ) {
    this.beatMs = Math.min(LONGEST_BEAT_MS, Math.max(SHORTEST_BEAT_MS, times.observationMs / 10))
    this.#monotonicMs = clock.monotonicMs()
    this.#offsetMs = clock.nowMs() - this.#monotonicMs
  }

  get isTrusted(): boolean {
    this.#lookForJump()
    return this.#isTrusted
  }

  /** From now on looks are expected, and drift counts. */
  start(): void {
    this.#monotonicMs = this.clock.monotonicMs()
    if (!this.#lookForJump()) this.#offsetMs = this.clock.nowMs() - this.#monotonicMs
  }

  /** True when there was a gap since the last look: what was watched before has not been watched without a gap. */
  look(): boolean {
    const monotonicMs = this.clock.monotonicMs()
    const isLate = monotonicMs - this.#monotonicMs > 3 * this.beatMs
    this.#monotonicMs = monotonicMs
    this.#lookForJump()
    const isGap = isLate || this.#hasJumped
    this.#hasJumped = false
    return isGap
  }

  /** The destination's own time, from its answer just now; undefined when it told none. */
  heard(serverAtMs: number | undefined): void {
    this.#lookForJump()
    if (serverAtMs !== undefined) this.#isTrusted = Math.abs(serverAtMs - this.clock.nowMs()) <= SERVER_TOLERANCE_MS
  }

  #lookForJump(): boolean {
    const offsetMs = this.clock.nowMs() - this.clock.monotonicMs()
    const isJump = Math.abs(offsetMs - this.#offsetMs) > this.times.jumpMs
    if (!isJump) return false
    this.#isTrusted = false
    this.#hasJumped = true
    // Drift adds up until it is as much as a jump.
    this.#offsetMs = offsetMs
    return true
  }
}
