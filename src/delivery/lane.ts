import type { HealthRecorder } from '../health/recorder.js'
import type { Intent } from '../range/intent.js'
import { OpenRange, type ObjectLimits, type RangeParts } from '../range/open-range.js'
import type { ClosedBy, Range } from '../range/range.js'
import type { Clock } from '../runtime/clock.js'
import type { CommitOutcome, Lease, RecordChunk } from '../source/source.js'
import { RangeQueue } from './range-queue.js'

/** Writes everything of a range; resolves to false when `signal` ended it before all was durable. */
export type WriteRange = (range: Range, source: string, signal: AbortSignal) => Promise<boolean>

export interface LaneParts {
  lease: Lease
  range: RangeParts
  limits: ObjectLimits
  maxAgeMs: number
  clock: Clock
  health: HealthRecorder
  commit: (lease: Lease, offset: number, metadata: string) => Promise<CommitOutcome>
  write: WriteRange
  /** The lane's need for records may have changed: see `wantsRecords`. */
  onFlow: () => void
}

/**
 * Closed ranges of a partition in memory: one being written, one waiting (architecture: a lane). Only a chunk that takes
 * the open range over its last limit, and the end of the lane, add one more.
 */
const MAX_CLOSED = 2

/**
 * Everything that concerns one leased partition. Records go into the open range, which closes as its limits, its age, and
 * lack of memory say; closed ranges are delivered in order. When the lease dies everything is forgotten at once.
 */
export class Lane {
  /** What its trouble goes by in the connector's health. */
  readonly source: string
  readonly #parts: LaneParts
  readonly #queue: RangeQueue
  #open: OpenRange
  #cancelTimer: (() => void) | null = null
  /** Old enough to be closed, as soon as there is room. */
  #isAged = false
  #drainTo = Infinity

  /** `recorded`: the intent found at `first`; that range is written first, exactly as recorded. */
  constructor(parts: LaneParts, first: number, recorded: Intent | null) {
    const { lease } = parts
    this.#parts = parts
    this.source = `${lease.topic}/${lease.partition}`
    this.#open = new OpenRange(parts.range, first, recorded)
    this.#queue = new RangeQueue({
      commit: (offset, metadata) => parts.commit(lease, offset, metadata),
      write: (range, signal) => parts.write(range, this.source, signal),
      onDelivered: (range) => this.#delivered(range),
    })
  }

  get lease(): Lease {
    return this.#parts.lease
  }

  /** False while the destination does not keep up: a range had to be closed although two were waiting. */
  get wantsRecords(): boolean {
    return this.#queue.length <= MAX_CLOSED && this.#open.next < this.#drainTo
  }

  /** True while a closed range is on its way: its memory will come back. */
  get isDelivering(): boolean {
    return this.#queue.length > 0
  }

  /** True while a recorded intent is read again: such a range closes at its recorded end and nowhere else. */
  get isReplaying(): boolean {
    return this.#open.recorded !== null
  }

  /** Memory of the range that still grows, in bytes. */
  get openBytes(): number {
    return this.#open.heldBytes
  }

  /** Whether closing the open range now would free memory once it is delivered. */
  get canClose(): boolean {
    return !this.isReplaying && !this.#open.isEmpty && this.#hasRoom && !this.#queue.isAbandoned
  }

  /** Takes in every record of a chunk that follows what was read before; the rest was read already. */
  add(chunk: RecordChunk): void {
    if (this.#queue.isAbandoned || chunk.from > this.#open.next) return
    chunk.forEach((record) => {
      if (record.offset < this.#open.next) return
      this.#endReplayBefore(record.offset)
      this.#open.add(record)
      if (this.#isDue()) this.#close(this.#reason())
    })
    this.#endReplayBefore(chunk.next)
    this.#open.advanceTo(chunk.next)
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

  /** Delivers what is there up to `offset`, as soon as it has been read, and reads no further. */
  drainTo(offset: number): void {
    this.#drainTo = offset
    this.#settleFlow()
  }

  /** Resolves when nothing is being delivered any more. */
  settled(): Promise<void> {
    return this.#queue.settled()
  }

  /** The lease is dead: forget everything at once, without waiting for uploads. */
  abandon(): void {
    this.#cancelTimer?.()
    this.#open.release()
    this.#queue.abandon()
  }

  get #hasRoom(): boolean {
    return this.#queue.length < MAX_CLOSED
  }

  #isDue(): boolean {
    if (this.isReplaying) return this.#open.isReplayed
    // Without room an object may grow on; at its last limit it is closed whatever waits, and reading pauses.
    return this.#open.isFull(this.#parts.limits, !this.#hasRoom)
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
    this.#parts.health.gap(this.lease.topic, this.lease.partition, this.#open.next, low - 1)
    this.#open.addGap(low)
  }

  #settleFlow(): void {
    if (this.#open.next >= this.#drainTo) this.close('drained')
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
    const wasRecorded = this.isReplaying
    const range = this.#open.close(closedBy)
    this.#open = new OpenRange(this.#parts.range, range.last + 1)
    this.#queue.push(range, wasRecorded)
  }

  #delivered(range: Range): void {
    const bytes = range.objects.reduce((sum, { encoder }) => sum + encoder.encodedBytes, 0)
    const { events, filtered, tombstones, rejected } = range.counts
    const counts = { events, filtered, tombstones, deadLettered: rejected, objects: range.objects.length, bytes }
    this.#parts.health.delivered(counts)
    if (range.closedBy === 'intent') this.#parts.health.intentReplayed()
    this.#closeIfDue()
    this.#parts.onFlow()
  }
}
