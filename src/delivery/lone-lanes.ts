import type { CredentialMarks } from '../range/commit-metadata.js'
import type { Clock } from '../runtime/clock.js'
import type { Lanes } from './lanes.js'

/** Why a refusal is not that of the connector's credentials. */
type Reason =
  /** Of each range that is written again a part is taken. */
  'a part is taken' | 'others are served'

/**
 * Lanes that are refused alone (fault 40): a right is missing for what they have, while the connector's credentials work.
 * That is committed with their offsets, since after a restart nothing else may be there to prove it.
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

  /** It is recorded so. */
  found(source: string): void {
    this.#reasons.set(source, 'others are served')
  }

  add(source: string, reason: Reason): void {
    this.#reasons.set(source, reason)
    this.#mark(source, ({ deliveredAtMs }) => ({
      ...(deliveredAtMs !== undefined && { deliveredAtMs }),
      isAlone: true,
    }))
  }

  /** Something of it was acknowledged; the commit that follows forgets the rest. */
  served(source: string): void {
    this.#reasons.delete(source)
  }

  /**
   * Whether a lane that is refused once more is so alone. One of whose range nothing is taken any more is not: the
   * credentials may fail altogether.
   */
  isAlone(source: string, isMixed: boolean): boolean {
    if (!isMixed && this.#reasons.get(source) === 'a part is taken') {
      this.#reasons.delete(source)
      this.#mark(source, ({ deliveredAtMs, failing }) => ({
        ...(deliveredAtMs !== undefined && { deliveredAtMs }),
        ...(failing && { failing }),
      }))
    }
    const isAlone = this.#reasons.has(source)
    // Something was acknowledged, and no commit of an offset will say so to other instances.
    const deliveredAtMs = this.clock.nowMs()
    if (isAlone && isMixed) this.#mark(source, () => ({ deliveredAtMs, isAlone }))
    return isAlone
  }

  #mark(source: string, change: (marks: CredentialMarks) => CredentialMarks): void {
    void this.lanes().laneOf(source)?.commits.mark(change)
  }
}
