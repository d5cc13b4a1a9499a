/** The times of the 48-hour rule (delivery.md §3), all in milliseconds. */
export interface RuleTimes {
  /** How long credentials may fail before events are dropped. */
  readonly periodMs: number
  /** The first failure counts when a second one is seen this much later. */
  readonly confirmMs: number
  readonly firstProbeMs: number
  readonly longestProbeMs: number
  /** A credential rejection proves something for this long. */
  readonly evidenceMs: number
  /** From one sweep to the next. */
  readonly sweepMs: number
  /** A live process must have watched the failure for so long without a gap. */
  readonly observationMs: number
  /** How much wall clock and monotonic clock may drift apart before it is a jump. */
  readonly jumpMs: number
  /** Warnings, each with its name (of a period of 48 h) and its time after T0. */
  readonly warnings: readonly { readonly step: string; readonly afterMs: number }[]
}

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
/** The period for which delivery.md §3 gives its times. */
const USUAL_PERIOD_MS = 48 * HOUR_MS
const WARNING_HOURS = [1, 6, 12, 24, 36, 42, 45, 47]

/** With a shorter period every time shrinks in proportion, never below a second; with a longer one only warnings move. */
export function ruleTimes(periodMs: number): RuleTimes {
  const fraction = periodMs / USUAL_PERIOD_MS
  const shrunk = (ms: number) => Math.max(SECOND_MS, Math.round(ms * Math.min(1, fraction)))
  return {
    periodMs,
    confirmMs: shrunk(30 * SECOND_MS),
    firstProbeMs: shrunk(30 * SECOND_MS),
    longestProbeMs: shrunk(15 * MINUTE_MS),
    evidenceMs: shrunk(5 * MINUTE_MS),
    sweepMs: shrunk(15 * MINUTE_MS),
    observationMs: Math.max(SECOND_MS, Math.min(shrunk(15 * MINUTE_MS), periodMs / 100)),
    jumpMs: shrunk(5 * MINUTE_MS),
    warnings: WARNING_HOURS.map((hours) => ({
      step: `${hours}h`,
      afterMs: Math.max(SECOND_MS, hours * HOUR_MS * fraction),
    })),
  }
}
