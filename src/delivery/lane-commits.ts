import { encodeMetadata, type CommitMetadata, type CredentialMarks } from '../range/commit-metadata.js'
import type { Intent } from '../range/intent.js'
import type { CommitOutcome } from '../source/source.js'

/** What stands in Kafka for one partition. */
export interface Committed extends CommitMetadata {
  offset: number
}

/**
 * The commits of one lease, one at a time, and what the last accepted one says. An offset, its intent and the marks of the
 * credentials are always committed together: whoever changes one of them carries the others on.
 */
export class LaneCommits {
  #committed: Committed
  #last: Promise<unknown> = Promise.resolve()

  constructor(
    private readonly commit: (offset: number, metadata: string) => Promise<CommitOutcome>,
    committed: Committed,
    private readonly onLost: () => void = () => {},
  ) {
    this.#committed = committed
  }

  get committed(): Committed {
    return this.#committed
  }

  /** Commits an offset with its intent. Resolves to false when the lease is dead, or `isWanted` says no when its turn comes. */
  put(offset: number, intent: Intent | null, isWanted: () => boolean = () => true): Promise<boolean> {
    return this.#enqueue(({ marks }) => (isWanted() ? { offset, intent, marks } : null))
  }

  /** The same, after the destination has acknowledged something at `deliveredAtMs`: whatever failed before is over. */
  putDelivered(
    offset: number,
    intent: Intent | null,
    deliveredAtMs: number,
    isWanted: () => boolean,
  ): Promise<boolean> {
    return this.#enqueue(() => (isWanted() ? { offset, intent, marks: { deliveredAtMs } } : null))
  }

  /**
   * Commits other marks with the offset and intent that stand there, unless `change` gives back what it was given. Resolves
   * to false when the lease is dead.
   */
  mark(change: (marks: CredentialMarks) => CredentialMarks): Promise<boolean> {
    return this.#enqueue((committed) => {
      const marks = change(committed.marks)
      return marks === committed.marks ? committed : { ...committed, marks }
    })
  }

  /** One after the other; nothing is sent where nothing changes. */
  #enqueue(change: (committed: Committed) => Committed | null): Promise<boolean> {
    const turn = this.#last.then(() => this.#commit(change(this.#committed)))
    this.#last = turn
    return turn
  }

  async #commit(next: Committed | null): Promise<boolean> {
    if (next === this.#committed) return true
    if (!next) return false
    if ((await this.commit(next.offset, encodeMetadata(next))) !== 'accepted') {
      this.onLost()
      return false
    }
    this.#committed = next
    return true
  }
}
