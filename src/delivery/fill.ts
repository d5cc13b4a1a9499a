import type { HealthRecorder } from '../health/recorder.js'
import type { Intent } from '../range/intent.js'
import { OpenRange, type ObjectLimits, type RangeParts } from '../range/open-range.js'
import { accountedFor, type ClosedBy, type Range } from '../range/range.js'
import type { Clock } from '../runtime/clock.js'
import type { Lease, RecordChunk } from '../source/source.js'
import type { DeliveryQueue } from './delivery-queue.js'

export interface FillParts {
  lease: Lease
  /** The queue of its closed ranges. `onDelivered`: a range was delivered and committed. */
  openQueue: (onDelivered: (range: Range) => void) => DeliveryQueue
  /** What the next open range is made with. */
  rangeParts: () => RangeParts
  limits: ObjectLimits
  maxAgeMs: number
  clock: Clock
  health: HealthRecorder
  /** The need for records may have changed: see `wantsRecords`. */
  onFlow: () => void
  /** A range was delivered and committed. */
  onDelivered: (range: Range) => void
}

/** Where a fill begins, and how. */
export interface FillStart {
  first: number
  /** The range to write first, exactly as recorded. */
  recorded: Intent | null
  /** Close a range as soon as it accounts for something, and read nothing beside: its answer is wanted, not its size. */
  isHasty?: boolean
  /** Take nothing from this offset on. */
  until?: number
  /** Offsets that Kafka removed make a range of their own, unless they lie inside a recorded one. */
  gapsApart?: boolean
}

/** What is in memory and not settled. */
export interface Held {
  /** Offsets taken up. */
  offsets: number
  /** Kafka timestamp of the oldest event, Unix milliseconds; infinite when there is none. */
  earliestMs: number
}

/**
 * Reads a partition on from one offset. Records go into the open range, which closes as its limits, its age, and lack of
 * memory say; closed ranges are delivered in order. Abandoned, it forgets everything at once.
 */
export class Fill {
  readonly #parts: FillParts
  readonly #queue: DeliveryQueue
  readonly #until: number
  readonly #gapsApart: boolean
  #isHasty: boolean
  #open: OpenRange
  #cancelTimer: (() => void) | null = null
  /** Old enough to be closed, as soon as there is room. */
  #isAged = false
  #drainTo = Infinity

  constructor(parts: FillParts, start: FillStart) {
    const { first, recorded, isHasty = false, until = Infinity, gapsApart = false } = start
    this.#parts = parts
    this.#isHasty = isHasty
    this.#until = until
    this.#gapsApart = gapsApart
    this.#open = new OpenRange(parts.rangeParts(), first, recorded)
    this.#queue = parts.openQueue((range) => this.#delivered(range))
  }

  /** The offset after everything that was read. */
  get next(): number {
    return this.#open.next
  }

  /** Whether a chunk has a record that follows what was read before. */
  isNews(chunk: RecordChunk): boolean {
    let isNews = false
    chunk.forEach(({ offset }) => (isNews ||= offset >= this.next))
    return isNews && chunk.from <= this.next
  }

  /** True while there is something in memory that is not delivered. */
  get isPending(): boolean {
    return this.isDelivering || this.isReplaying || !this.#open.isEmpty
  }

  /** False while the destination does not keep up: a range had to be closed although two were waiting. */
  get wantsRecords(): boolean {
    const isWanted = this.#isHasty ? !this.#queue.isDelivering : this.#queue.wantsMore
    return isWanted && this.#open.next < Math.min(this.#drainTo, this.#until)
  }

  /** True when everything below `until` has been delivered. */
  get isDone(): boolean {
    return this.#open.next >= this.#until && !this.isPending
  }

  /** True while a closed range is on its way: its memory will come back. */
  get isDelivering(): boolean {
    return this.#queue.isDelivering
  }

  /** True while a recorded intent is read again: such a range closes at its recorded end and nowhere else. */
  get isReplaying(): boolean {
    return this.#open.recorded !== null
  }

  /** Memory of the range that still grows, in bytes. */
  get openBytes(): number {
    return this.#open.heldBytes
  }

  /** Looked up range by range, beside all counters: what it says is checked against them. */
  get held(): Held {
    const held: Held = { offsets: 0, earliestMs: Infinity }
    if (this.#queue.isAbandoned) return held
    for (const range of [...this.#queue.ranges, this.#open]) {
      held.offsets += accountedFor(range)
      held.earliestMs = Math.min(held.earliestMs, range.counts.earliestMs)
    }
    return held
  }

  /** Whether closing the open range now would free memory once it is delivered. */
  get canClose(): boolean {
    return !this.isReplaying && !this.#open.isEmpty && this.#queue.hasRoom && !this.#queue.isAbandoned
  }

  /** Takes in every record of a chunk that follows what was read before; the rest was read already. */
  add(chunk: RecordChunk): void {
    if (this.#queue.isAbandoned || chunk.from > this.#open.next) return
    let taken = 0
    chunk.forEach((record) => {
      if (record.offset < this.#open.next || record.offset >= this.#until) return
      this.#endReplayBefore(record.offset)
      this.#open.add(record)
      taken++
      if (this.#isDue()) this.#close(this.#reason())
    })
    if (taken > 0) this.#parts.health.consumed(taken)
    const next = Math.min(chunk.next, this.#until)
    this.#endReplayBefore(next)
    this.#open.advanceTo(next)
    if (this.#open.isReplayed) this.#close('intent')
    this.#settleFlow()
  }

  /** Kafka removed everything below `low` before it was delivered: recorded with the range, never a silent jump. */
  skipTo(low: number): void {
    const { recorded } = this.#open
    if (recorded) this.#skip(Math.min(low, recorded.end + 1))
    if (this.#open.isReplayed) this.#close('intent')
    this.#skip(low)
    this.#settleFlow()
  }

  /** Closes the open range and delivers it; does nothing to one that is empty or is being replayed. */
  close(closedBy: ClosedBy): void {
    if (this.#queue.isAbandoned || this.isReplaying || this.#open.isEmpty) return
    this.#close(closedBy)
  }

  /** The answer is there: from now on ranges close as usual. */
  relax(): void {
    this.#isHasty = false
    this.#parts.onFlow()
  }

  /** Delivers what is there up to `offset`, as soon as it has been read, and reads no further. */
  drainTo(offset: number): void {
    this.#drainTo = offset
    this.#settleFlow()
  }

  /** Resolves when nothing is being delivered any more. */
  settled(): Promise<void> {
    return this.#queue.settled()
  }

  /** Forgets everything at once, without waiting for uploads. */
  abandon(): void {
    this.#cancelTimer?.()
    const { offsets } = this.held
    if (offsets > 0) this.#parts.health.returned(offsets)
    this.#open.release()
    this.#queue.abandon()
  }

  #isDue(): boolean {
    if (this.isReplaying) return this.#open.isReplayed
    // Without room an object may grow on; at its last limit it is closed whatever waits, and reading pauses.
    return this.#open.isFull(this.#parts.limits, !this.#queue.hasRoom)
  }

  #reason(): ClosedBy {
    if (this.isReplaying) return 'intent'
    return this.#open.isFull({ ...this.#parts.limits, maxBytes: Infinity }, false) ? 'events' : 'bytes'
  }

  /** The recorded end may not exist any more (compacted, aged away): the range ends where reading has passed it. */
  #endReplayBefore(offset: number): void {
    const { recorded } = this.#open
    if (!recorded || offset <= recorded.end) return
    this.#open.advanceTo(recorded.end + 1)
    this.#close('intent')
  }

  #skip(low: number): void {
    if (low <= this.#open.next) return
    if (this.#gapsApart) this.close('drained')
    this.#parts.health.consumed(low - this.#open.next)
    this.#open.addGap(low)
    if (this.#gapsApart) this.close('drained')
  }

  #settleFlow(): void {
    if (this.#open.next >= Math.min(this.#drainTo, this.#until)) this.close('drained')
    if (this.#isHasty && !this.#queue.isDelivering) this.close('probe')
    if (this.#cancelTimer === null && !this.#open.isEmpty && !this.isReplaying) this.#startTimer()
    this.#parts.onFlow()
  }

  /** Age counts from the arrival of the range's first record, on a timer of its own: a quiet topic is written too. */
  #startTimer(): void {
    this.#cancelTimer = this.#parts.clock.after(this.#parts.maxAgeMs, () => {
      this.#isAged = true
      this.#closeIfDue()
    })
  }

  #closeIfDue(): void {
    if (!this.canClose) return
    if (this.#open.isFull(this.#parts.limits, false)) this.#close(this.#reason())
    else if (this.#isAged) this.#close('age')
  }

  #close(closedBy: ClosedBy): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
    this.#isAged = false
    const range = this.#open.close(closedBy)
    this.#open = new OpenRange(this.#parts.rangeParts(), range.last + 1)
    this.#queue.push(range)
  }

  #delivered(range: Range): void {
    this.#parts.onDelivered(range)
    this.#closeIfDue()
    this.#parts.onFlow()
  }
}
