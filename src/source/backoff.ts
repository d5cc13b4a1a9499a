import type { Clock } from '../runtime/clock.js'

/** Longer and longer pauses between attempts, each between half and all of its length so that members spread out. */
export class Backoff {
  #nextMs: number

  constructor(
    readonly clock: Clock,
    readonly firstMs: number,
    readonly mostMs: number,
  ) {
    this.#nextMs = firstMs
  }

  /** The attempt worked: the next pause is a short one again. */
  reset(): void {
    this.#nextMs = this.firstMs
  }

  /** Resolves after the next pause, or at once when `signal` aborts. */
  wait(signal: AbortSignal): Promise<void> {
    const ms = this.#nextMs * (0.5 + Math.random() / 2)
    this.#nextMs = Math.min(this.#nextMs * 2, this.mostMs)
    return this.clock.sleep(ms, signal)
  }
}
