import type { Trouble } from './kafka-error.js'
import type { SourceListener } from './source.js'

/** A single hiccup (one cut connection, one election) heals at the next attempt and is nobody's business. */
const FAILURES_BEFORE_TROUBLE = 2

/**
 * What is wrong at the moment, by area ("the group", "broker 2", "orders/3"). The listener hears of a change of code only,
 * not of each attempt: of several troubles the one that needs a person is told, else the oldest.
 */
export class TroubleBoard {
  readonly #troubles = new Map<string, Trouble>()
  readonly #failures = new Map<string, number>()
  readonly #listener: Pick<SourceListener, 'trouble' | 'healthy'>
  #told: string | undefined
  #hasJoined = false

  constructor(listener: Pick<SourceListener, 'trouble' | 'healthy'>) {
    this.#listener = listener
  }

  /** The member has an assignment. The first time this is what the listener waits for, unless something is wrong. */
  joined(): void {
    if (this.#hasJoined) return
    this.#hasJoined = true
    if (this.#told === undefined) this.#listener.healthy()
  }

  /** An attempt in this area failed. */
  failed(area: string, trouble: Trouble): void {
    const failures = (this.#failures.get(area) ?? 0) + 1
    this.#failures.set(area, failures)
    if (failures < FAILURES_BEFORE_TROUBLE && !trouble.needsPerson) return
    this.#troubles.set(area, trouble)
    this.#tell()
  }

  /** The area works, or does not concern us any more. */
  worked(area: string): void {
    this.#failures.delete(area)
    if (this.#troubles.delete(area)) this.#tell()
  }

  #tell(): void {
    const troubles = [...this.#troubles.values()]
    const worst = troubles.find((trouble) => trouble.needsPerson) ?? troubles[0]
    if (worst?.code === this.#told) return
    this.#told = worst?.code
    if (worst) this.#listener.trouble(worst.code, worst.message, worst.needsPerson)
    else this.#listener.healthy()
  }
}
