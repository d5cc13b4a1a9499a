import type { Clock } from '../../runtime/clock.js'

/** The pause between two probes, which ends early when somebody asks for one. */
export class ProbeWait {
  #isNudged = false
  #nudge = new AbortController()
  #wake = new AbortController()

  /** `longestMs`: nobody sleeps longer without looking. */
  constructor(
    private readonly clock: Clock,
    private readonly longestMs: number,
  ) {}

  /** Aborts at the next nudge. */
  get nudged(): AbortSignal {
    return this.#nudge.signal
  }

  /** A hold begins: nobody has asked for a probe yet. */
  reset(): void {
    this.#isNudged = false
  }

  /** A retry is due at once; so is a probe, where one `isAwaited`. */
  nudge(isAwaited: boolean): void {
    this.#isNudged = isAwaited
    this.#wake.abort()
    const nudge = this.#nudge
    this.#nudge = new AbortController()
    nudge.abort()
  }

  /** There may be something to probe with now. */
  wake(): void {
    this.#wake.abort()
  }

  /** Until `dueMs` (monotonic) or a nudge, and something waits that can be probed with. No set clock makes it longer. */
  async untilDue(dueMs: number, canProbe: () => boolean, over: AbortSignal): Promise<void> {
    const isDue = () => (this.#isNudged || this.clock.monotonicMs() >= dueMs) && canProbe()
    while (!over.aborted && !isDue()) {
      this.#wake = new AbortController()
      const leftMs = dueMs - this.clock.monotonicMs()
      await this.clock.sleep(leftMs > 0 ? leftMs : this.longestMs, this.#wake.signal, over)
    }
    this.#isNudged = false
  }
}
