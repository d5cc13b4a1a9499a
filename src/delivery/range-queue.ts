import type { Intent } from '../range/intent.js'
import { isDelivery, writesNothing, type Range } from '../range/range.js'
import type { DeliveryQueue } from './delivery-queue.js'
import type { LaneCommits } from './lane-commits.js'
import type { WriteOutcome, Written, Unwritten } from './settle.js'

export interface RangeQueueParts {
  commits: LaneCommits
  /** Writes everything of a range. */
  write: (range: Range, signal: AbortSignal) => Promise<WriteOutcome>
  /**
   * Asked right before a range is begun, where that depends on the moment, and once more when its intent is committed:
   * resolves to its intent as decided now, or to null to leave it as it was and stop the queue. Without it, the intent of
   * a range may ride on the commit of the range before.
   */
  decide?: (range: Range) => Promise<Intent | null>
  /** The intent that stands after a range has been delivered, where another one is already begun. */
  intentAfter?: (range: Range) => Intent | null
  /** The first range of the queue is settled: written, committed, and no longer in memory. */
  onDelivered: (range: Range) => void
  /** The destination does not take the range now, or never: nothing of it is committed, and the queue has stopped. */
  onUnwritten: (range: Range, outcome: Unwritten) => void
}

/**
 * Closed ranges of a partition in memory: one being written, one waiting (architecture: a lane). Only a chunk that takes
 * the open range over its last limit, and the end of the fill, add one more.
 */
const MAX_CLOSED = 2

/**
 * The closed ranges of a partition, delivered one after the other: intent, write, commit (delivery.md §1).
 *
 * An intent is skipped where it stands in Kafka already: made by a dead owner, or riding on the commit of the range before.
 * The queue stops for good when a commit is refused, a write is given up, or it is abandoned: whoever owns the partition
 * next finds in Kafka what to do.
 */
export class RangeQueue implements DeliveryQueue {
  readonly #parts: RangeQueueParts
  readonly #ranges: Range[] = []
  readonly #abort = new AbortController()
  /** What stood in Kafka before the last decision. */
  #before: Intent | null = null
  #isAtWork = false
  #delivery: Promise<void> = Promise.resolve()

  constructor(parts: RangeQueueParts) {
    this.#parts = parts
  }

  get ranges(): readonly Range[] {
    return this.#ranges
  }

  get isDelivering(): boolean {
    return this.#ranges.length > 0
  }

  get hasRoom(): boolean {
    return this.#ranges.length < MAX_CLOSED
  }

  get wantsMore(): boolean {
    return this.#ranges.length <= MAX_CLOSED
  }

  get isAbandoned(): boolean {
    return this.#abort.signal.aborted
  }

  push(range: Range): void {
    this.#ranges.push(range)
    if (!this.#isAtWork) this.#delivery = this.#deliverAll()
  }

  settled(): Promise<void> {
    return this.#delivery
  }

  abandon(): void {
    this.#abort.abort()
    for (const range of this.#ranges) range.release()
    this.#ranges.length = 0
  }

  async #deliverAll(): Promise<void> {
    this.#isAtWork = true
    try {
      for (let range = this.#ranges[0]; range; range = this.#ranges[0]) if (!(await this.#deliver(range))) return
    } finally {
      this.#isAtWork = false
    }
  }

  async #deliver(range: Range): Promise<boolean> {
    if (!(await this.#announce(range))) return false
    const outcome = await this.#parts.write(range, this.#abort.signal)
    if (outcome.kind === 'refused' && !(await this.#takeBack(range))) return false
    if (outcome.kind !== 'written') return this.#unwritten(range, outcome)
    if (!(await this.#commitAfter(range, outcome))) return false
    this.#ranges.shift()
    range.release()
    this.#parts.onDelivered(range)
    return true
  }

  #unwritten(range: Range, outcome: Unwritten): false {
    if (!this.isAbandoned && outcome.kind !== 'ended') this.#parts.onUnwritten(range, outcome)
    return false
  }

  /** The write intent: nothing is written before the broker has accepted it under this lease. */
  async #announce(range: Range): Promise<boolean> {
    if (writesNothing(range)) return true
    const { decide, commits } = this.#parts
    const { offset, intent } = commits.committed
    const standing = offset === range.first && intent?.end === range.last ? intent : null
    if (standing && (!decide || standing.drop)) return true
    const decided = decide ? await decide(range) : range.intent
    if (!decided) return this.#unwritten(range, { kind: 'held' })
    if (!(await this.#commit(range.first, decided))) return false
    range.intent = decided
    this.#before = intent
    // The commit may have taken hours.
    if (!decide || (await decide(range))) return true
    return (await this.#takeBack(range)) && this.#unwritten(range, { kind: 'held' })
  }

  /** Nothing of what was decided is written: it stands in Kafka as it stood before. */
  #takeBack(range: Range): Promise<boolean> {
    return this.#commit(range.first, this.#before)
  }

  /** Under load the commit of a range and the intent of the next are one. */
  async #commitAfter(range: Range, { deliveredAtMs }: Written): Promise<boolean> {
    const { decide, intentAfter } = this.#parts
    const ackedMs = isDelivery(range) ? deliveredAtMs : undefined
    const begun = intentAfter?.(range)
    if (begun) return this.#commit(range.last + 1, begun, ackedMs)
    const next = decide ? undefined : this.#ranges[1]
    return this.#commit(range.last + 1, next && !writesNothing(next) ? next.intent : null, ackedMs)
  }

  async #commit(offset: number, intent: Intent | null, deliveredAtMs?: number): Promise<boolean> {
    const { commits } = this.#parts
    const isWanted = () => !this.isAbandoned
    const accepted =
      deliveredAtMs === undefined
        ? await commits.put(offset, intent, isWanted)
        : await commits.putDelivered(offset, intent, deliveredAtMs, isWanted)
    return accepted && isWanted()
  }
}
