import type { Clock } from '../../../src/runtime/clock.js'

interface Timer {
  atMs: number
  action: () => void
  isCancelled: boolean
}

/** Simulated time in whole milliseconds: nothing happens but timers, in order; promises settle between them. */
export class World {
  /** Requests take no time: what is due at an instant is done at it. */
  isInstant = false
  /** How many there have been. */
  processes = 0
  #nowMs = 0
  readonly #timers: Timer[] = []

  constructor(readonly random: () => number) {}

  get nowMs(): number {
    return this.#nowMs
  }

  /** A number between `from` and `to`. */
  between(from: number, to: number): number {
    return from + this.random() * (to - from)
  }

  /** How long something takes on its way, milliseconds. */
  latencyMs(from: number, to: number): number {
    return this.isInstant ? 0 : this.between(from, to)
  }

  chance(probability: number): boolean {
    return this.random() < probability
  }

  pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.random() * choices.length)]!
  }

  after(ms: number, action: () => void): () => void {
    const timer = { atMs: this.#nowMs + Math.ceil(ms), action, isCancelled: false }
    let at = this.#timers.length
    while (at > 0 && this.#timers[at - 1]!.atMs > timer.atMs) at--
    this.#timers.splice(at, 0, timer)
    return () => void (timer.isCancelled = true)
  }

  /** Runs until `done` or, as a failure of the simulated system to finish, until `limitMs` of simulated time. */
  async runUntil(done: () => boolean, limitMs: number): Promise<boolean> {
    while (!done()) {
      const timer = this.#timers[0]
      if (!timer || timer.atMs > limitMs) return false
      this.#timers.shift()
      if (timer.isCancelled) continue
      this.#nowMs = timer.atMs
      timer.action()
      await new Promise(setImmediate) // every promise that can settle settles
    }
    return true
  }
}

/** Wall clocks begin here. */
const EPOCH_MS = Date.UTC(2026, 0, 1)

/** A machine: its clock may be wrong, whichever process looks at it. */
export class SimulatedHost {
  /** Wall clock minus true time, milliseconds. */
  clockErrorMs = 0
  /** Milliseconds that the wall clock gains in each one. */
  clockDrift = 0

  constructor(readonly world: World) {}

  /** What the wall clock of a good machine shows, Unix milliseconds. */
  get trueMs(): number {
    return EPOCH_MS + this.world.nowMs
  }

  get wallMs(): number {
    return this.trueMs + Math.round(this.clockErrorMs + this.clockDrift * this.world.nowMs)
  }
}

/** A process in the world: it can be frozen (SIGSTOP), continued, and killed. What it started outside goes on without it. */
export class SimulatedProcess<H extends SimulatedHost = SimulatedHost> {
  /** Called when it falls silent: frozen or dead. */
  onSilence: () => void = () => undefined
  readonly name: string
  #frozen: (() => void)[] | null = null
  #frozenAtMs = 0
  #isDead = false
  #suspendedMs = 0
  #silences = 0

  constructor(
    readonly world: World,
    readonly host: H,
  ) {
    this.name = `process ${++world.processes}`
  }

  get isDead(): boolean {
    return this.#isDead
  }

  get isFrozen(): boolean {
    return this.#frozen !== null
  }

  /** Counts how often it fell silent: the same number means the same silence. */
  get silences(): number {
    return this.#silences
  }

  /** Calls `action` inside the process: later if it is frozen by then, never if it is dead. */
  after(ms: number, action: () => void): () => void {
    return this.world.after(ms, () => this.#run(action))
  }

  freeze(): void {
    if (this.#isDead || this.#frozen) return
    this.#frozen = []
    this.#frozenAtMs = this.world.nowMs
    this.#fallSilent()
  }

  /** What was due in the meantime happens now, in order. `isSuspended`: the machine slept, its monotonic clock stood still. */
  unfreeze(isSuspended = false): void {
    const missed = this.#frozen ?? []
    if (this.#frozen && isSuspended) this.#suspendedMs += this.world.nowMs - this.#frozenAtMs
    this.#frozen = null
    for (const action of missed) this.after(0, action)
  }

  kill(): void {
    this.#isDead = true
    this.#fallSilent()
  }

  readonly clock: Clock = {
    nowMs: () => this.host.wallMs,
    monotonicMs: () => this.world.nowMs - this.#suspendedMs,
    after: (ms, action) => this.after(ms, action),
    sleep: (ms, ...signals) =>
      new Promise((resolve) => {
        if (signals.some((signal) => signal.aborted)) return resolve()
        const done = () => {
          cancel()
          for (const signal of signals) signal.removeEventListener('abort', done)
          resolve()
        }
        const cancel = this.after(ms, done)
        for (const signal of signals) signal.addEventListener('abort', done, { once: true })
      }),
  }

  #run(action: () => void): void {
    if (this.#isDead) return
    if (this.#frozen) this.#frozen.push(action)
    else action()
  }

  #fallSilent(): void {
    this.#silences++
    this.onSilence()
  }
}
