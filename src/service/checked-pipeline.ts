import type { LanePartition } from '../delivery/lanes.js'
import type { HealthRecorder, Trouble } from '../health/recorder.js'
import type { Pipeline } from '../pipeline.js'
import { probeDelayMs, retryDelayMs, type Random } from '../runtime/backoff.js'
import { MillraceError } from '../runtime/errors.js'
import type { SecretWatch } from './secret-watch.js'

export interface CheckedPipelineParts {
  /** What speaks against starting now; undefined when nothing does. Nobody waits for it once `signal` aborts. */
  look: (signal: AbortSignal) => Promise<Trouble | undefined>
  start: () => Pipeline
  health: Pick<HealthRecorder, 'troubled' | 'blocked' | 'failed' | 'recovered'>
  secrets: SecretWatch
  random: Random
}

/** What its health calls the trouble. */
const SOURCE = 'start'

/**
 * A pipeline that is started when nothing speaks against it (currents.md: credentials). Until then its health says what
 * does, and it is looked at again: after 30 s growing to 15 min, sooner what passes by itself, and within a second or two when
 * a secret has changed. Once started it is never stopped for what is looked at here.
 *
 * What `look` or `start` throw as `MillraceError` no second look can mend: then it stays as it is.
 */
export class CheckedPipeline implements Pipeline {
  /** Resolves when it is started, or is known not to be startable now. */
  readonly looked: Promise<void>
  readonly #stop = new AbortController()
  #hasLooked = () => {}
  #pipeline: Pipeline | undefined
  #ends: ReadonlyMap<string, number> | undefined
  #isPaused = false
  #nudge = new AbortController()

  constructor(private readonly parts: CheckedPipelineParts) {
    this.looked = new Promise((resolve) => (this.#hasLooked = resolve))
    void this.#startWhenReady()
  }

  get isStarted(): boolean {
    return this.#pipeline !== undefined
  }

  get partitions(): readonly LanePartition[] {
    return this.#pipeline?.partitions ?? []
  }

  get buffered(): Pipeline['buffered'] {
    return this.#pipeline?.buffered ?? { events: 0, bytes: 0 }
  }

  pause(): void {
    this.#isPaused = true
    this.#pipeline?.pause()
  }

  resume(): void {
    this.#isPaused = false
    this.#pipeline?.resume()
  }

  /** One that is not started yet is looked at now. */
  probe(): void {
    this.#nudge.abort()
    this.#pipeline?.probe()
  }

  flush(): void {
    this.#pipeline?.flush()
  }

  drainTo(ends: ReadonlyMap<string, number>): void {
    this.#ends = ends
    this.#pipeline?.drainTo(ends)
  }

  async stop(abort: AbortSignal): Promise<void> {
    this.#stop.abort()
    await this.#pipeline?.stop(abort)
  }

  async #startWhenReady(): Promise<void> {
    const { secrets, random, health } = this.parts
    for (let attempt = 1; !this.#stop.signal.aborted; attempt++) {
      secrets.look()
      const trouble = await this.#tryToStart()
      if (trouble) {
        health.failed(trouble.code, trouble.message)
        health.troubled(SOURCE, trouble)
      }
      this.#hasLooked()
      if (!trouble) return
      const delayMs = trouble.state === 'retrying' ? retryDelayMs(attempt, random) : probeDelayMs(attempt, random)
      this.#nudge = new AbortController()
      if (await secrets.changed(delayMs, this.#stop.signal, this.#nudge.signal)) attempt = 0
    }
  }

  /** Resolves to what keeps it from being started and may be mended. */
  async #tryToStart(): Promise<Trouble | undefined> {
    const { look, start, health } = this.parts
    try {
      const trouble = await look(this.#stop.signal)
      if (trouble || this.#stop.signal.aborted) return trouble
      this.#pipeline = start()
      if (this.#ends) this.#pipeline.drainTo(this.#ends)
      if (this.#isPaused) this.#pipeline.pause()
      health.recovered(SOURCE)
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      health.blocked(SOURCE, error)
    }
    return undefined
  }
}
