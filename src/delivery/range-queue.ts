import { encodeMetadata } from '../range/intent.js'
import type { Range } from '../range/range.js'
import type { CommitOutcome } from '../source/source.js'

export interface RangeQueueParts {
  /** The source's commit for the lane's lease. */
  commit: (offset: number, metadata: string) => Promise<CommitOutcome>
  /** Writes everything of a range; resolves to false when `signal` ended it before all was durable. */
  write: (range: Range, signal: AbortSignal) => Promise<boolean>
  /** The first range of the queue is settled: written, committed, and no longer in memory. */
  onDelivered: (range: Range) => void
}

/**
 * The closed ranges of a partition, delivered one after the other: intent, write, commit (delivery.md §1).
 *
 * An intent is skipped where it stands in Kafka already: made by a dead owner, or riding on the commit of the range before.
 * The queue stops for good when a commit is refused, a write is given up, or it is abandoned: whoever owns the partition
 * next finds in Kafka what to do.
 */
export class RangeQueue {
  readonly #parts: RangeQueueParts
  readonly #ranges: Range[] = []
  readonly #abort = new AbortController()
  /** The range whose intent is committed. */
  #announced: Range | null = null
  #isDelivering = false
  #delivery: Promise<void> = Promise.resolve()

  constructor(parts: RangeQueueParts) {
    this.#parts = parts
  }

  get length(): number {
    return this.#ranges.length
  }

  get isAbandoned(): boolean {
    return this.#abort.signal.aborted
  }

  /** Delivers `range` after those before it. `isAnnounced`: a dead owner has committed its intent. */
  push(range: Range, isAnnounced: boolean): void {
    if (isAnnounced) this.#announced = range
    this.#ranges.push(range)
    if (!this.#isDelivering) this.#delivery = this.#deliverAll()
  }

  /** Resolves when nothing is being delivered any more. */
  settled(): Promise<void> {
    return this.#delivery
  }

  /** Forgets everything at once, without waiting for uploads. */
  abandon(): void {
    this.#abort.abort()
    for (const range of this.#ranges) range.release()
    this.#ranges.length = 0
  }

  async #deliverAll(): Promise<void> {
    this.#isDelivering = true
    try {
      for (let range = this.#ranges[0]; range; range = this.#ranges[0]) if (!(await this.#deliver(range))) return
    } finally {
      this.#isDelivering = false
    }
  }

  async #deliver(range: Range): Promise<boolean> {
    if (!(await this.#announce(range))) return false
    if (!(await this.#parts.write(range, this.#abort.signal))) return false
    if (!(await this.#commitAfter(range))) return false
    this.#ranges.shift()
    range.release()
    this.#parts.onDelivered(range)
    return true
  }

  /** The write intent: nothing is written before the broker has accepted it under this lease. */
  async #announce(range: Range): Promise<boolean> {
    if (this.#announced === range || writesNothing(range)) return true
    return this.#commit(range.first, metadataOf(range))
  }

  /** Under load the commit of a range and the intent of the next are one. */
  async #commitAfter(range: Range): Promise<boolean> {
    const next = this.#ranges[1] ?? null
    if (!(await this.#commit(range.last + 1, next ? metadataOf(next) : ''))) return false
    this.#announced = next
    return true
  }

  async #commit(offset: number, metadata: string): Promise<boolean> {
    if (this.isAbandoned) return false
    const outcome = await this.#parts.commit(offset, metadata)
    return outcome === 'accepted' && !this.isAbandoned
  }
}

/** Everything in it was filtered, or nothing was there: the commit alone settles it. */
function writesNothing(range: Range): boolean {
  return range.objects.length + range.rejected.length + range.gaps.length === 0
}

function metadataOf(range: Range): string {
  return writesNothing(range) ? '' : encodeMetadata(range.intent)
}
