import type { Clock } from '../../runtime/clock.js'
import type { Lanes } from '../lanes.js'

/** Why a refusal is not that of the connector's credentials. */
type Reason =
  /** Of each range that is written again a part is taken. */
  'a part is taken' | 'others are served'

/**
 * Lanes that are refused alone (fault 40): a right is missing for what they have, while the connector's credentials work.
 * Known as long as the process lives: after a restart it is found out anew.
 */
export class LoneLanes {
  readonly #reasons = new Map<string, Reason>()

  constructor(
    private readonly lanes: () => Lanes,
    private readonly clock: Clock,
  ) {}

  get size(): number {
    return this.#reasons.size
  }

  add(source: string, reason: Reason): void {
    this.#reasons.set(source, reason)
  }

  /** Something of it was acknowledged. */
  served(source: string): void {
    this.#reasons.delete(source)
  }

  /**
   * Whether a lane that is refused once more is so alone. One of whose range nothing is taken any more is not: the
   * credentials may fail altogether.
   */
  isAlone(source: string, isMixed: boolean): boolean {
    if (!isMixed && this.#reasons.get(source) === 'a part is taken') this.#reasons.delete(source)
    const isAlone = this.#reasons.has(source)
    // A part was acknowledged, and no commit of an offset will say so to other instances.
    const deliveredAtMs = this.clock.nowMs()
    if (isAlone && isMixed)
      void this.lanes()
        .laneOf(source)
        ?.commits.mark(() => ({ deliveredAtMs }))
    return isAlone
  }
}
