import type { Clock } from '../../../src/runtime/clock.js'

interface Timer {
  atMs: number
  action: () => void
}

/** Simulated time: nothing happens but timers, in order; promises settle between them. */
export class World {
  #nowMs = 0
  #timers: Timer[] = []

  constructor(readonly random: () => number) {}

  get nowMs(): number {
    return this.#nowMs
  }

  /** A number of milliseconds between `from` and `to`. */
  between(from: number, to: number): number {
    return from + this.random() * (to - from)
  }

  chance(probability: number): boolean {
    return this.random() < probability
  }

  after(ms: number, action: () => void): () => void {
    const timer = { atMs: this.#nowMs + ms, action }
    const at = this.#timers.findIndex((other) => other.atMs > timer.atMs)
    this.#timers.splice(at < 0 ? this.#timers.length : at, 0, timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  /** Runs until `done` or, as a failure of the simulated system to finish, until `limitMs` of simulated time. */
  async runUntil(done: () => boolean, limitMs: number): Promise<boolean> {
    while (!done()) {
      const timer = this.#timers.shift()
      if (!timer || timer.atMs > limitMs) return false
      this.#nowMs = timer.atMs
      timer.action()
      await new Promise(setImmediate) // every promise that can settle settles
    }
    return true
  }
}

/** A process in the world: it can be frozen (SIGSTOP), continued, and killed. What it started outside goes on without it. */
export class SimulatedProcess {
  #frozen: (() => void)[] | null = null
  #isDead = false

  constructor(readonly world: World) {}

  get isDead(): boolean {
    return this.#isDead
  }

  get isFrozen(): boolean {
    return this.#frozen !== null
  }

  /** Calls `action` inside the process: later if it is frozen by then, never if it is dead. */
  after(ms: number, action: () => void): () => void {
    return this.world.after(ms, () => this.#run(action))
  }

  freeze(): void {
    this.#frozen ??= []
  }

  /** What was due in the meantime happens now, in order. */
  unfreeze(): void {
    const missed = this.#frozen ?? []
    this.#frozen = null
    for (const action of missed) this.after(0, action)
  }

  kill(): void {
    this.#isDead = true
  }

  readonly clock: Clock = {
    nowMs: () => this.world.nowMs,
    monotonicMs: () => this.world.nowMs,
    after: (ms, action) => this.after(ms, action),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const done = () => {
          cancel()
          signal?.removeEventListener('abort', done)
          resolve()
        }
        const cancel = this.after(ms, done)
        signal?.addEventListener('abort', done, { once: true })
      }),
  }

  #run(action: () => void): void {
    if (this.#isDead) return
    if (this.#frozen) this.#frozen.push(action)
    else action()
  }
}
