import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../../src/runtime/clock.js'

interface Timer {
  atMs: number
  action: () => void
}

/**
 * A clock that stands still until it is told to advance. Timers fire in the order of their instants, those of the same
 * instant in the order in which they were set, each with `nowMs` at its own instant; in between, everything that does not
 * wait for time (promises, and what Node has ready) goes on until it rests.
 */
export class FakeClock implements Clock {
  private timers: Timer[] = []
  private jumpedMs = 0

  /** Starts at 2026-11-01T00:00:00Z unless told. */
  constructor(private currentMs = Date.UTC(2026, 10, 1)) {}

  /** How many timers are set. */
  get pendingTimers(): number {
    return this.timers.length
  }

  nowMs(): number {
    return this.currentMs
  }

  monotonicMs(): number {
    return this.currentMs - this.jumpedMs
  }

  sleep(ms: number, ...signals: AbortSignal[]): Promise<void> {
    if (signals.some((signal) => signal.aborted)) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        cancel()
        for (const signal of signals) signal.removeEventListener('abort', done)
        resolve()
      }
      const cancel = this.after(ms, done)
      for (const signal of signals) signal.addEventListener('abort', done, { once: true })
    })
  }

  after(ms: number, action: () => void): () => void {
    const timer = { atMs: this.currentMs + Math.max(0, ms), action }
    const later = this.timers.findIndex(({ atMs }) => atMs > timer.atMs)
    this.timers.splice(later === -1 ? this.timers.length : later, 0, timer)
    return () => {
      this.timers = this.timers.filter((other) => other !== timer)
    }
  }

  /** Lets `ms` milliseconds pass; resolves when everything that they set off rests. */
  async advance(ms: number): Promise<void> {
    const endMs = this.currentMs + ms
    await this.settle()
    for (let next = this.timers[0]; next && next.atMs <= endMs; next = this.timers[0]) {
      this.timers.shift()
      this.currentMs = next.atMs
      next.action()
      await this.settle()
    }
    this.currentMs = endMs
  }

  /** Sets the wall clock forward or back without letting time pass: timers keep their distance. */
  jump(ms: number): void {
    this.currentMs += ms
    this.jumpedMs += ms
    for (const timer of this.timers) timer.atMs += ms
  }

  /** Lets all promises go on that do not wait for time; twice, since what they set off may use Node's own queue. */
  async settle(): Promise<void> {
    await setImmediate()
    await setImmediate()
  }
}
