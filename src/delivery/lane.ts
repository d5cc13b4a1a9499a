import { encodeMetadata, type Intent } from '../range/intent.js'
import { OpenRange, type ObjectLimits, type RangeParts } from '../range/open-range.js'
import type { ClosedBy, Range } from '../range/range.js'
import type { Clock } from '../runtime/clock.js'
import type { HealthRecorder } from '../health/recorder.js'
import type { CommitOutcome, Lease, RecordChunk } from '../source/source.js'

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
  /** The lane's need for records has changed: see `wantsRecords`. */
  onFlow: () => void
}

/**
 * Closed ranges of a partition in memory: one being written, one waiting (architecture: a lane). Only a chunk that takes
 * the open range over its last limit, and the end of the lane, add one more.
 */
const MAX_CLOSED = 2

/**
 * Everything that concerns one leased partition: its open range, the closed ranges being delivered, its commits.
 *
 * Records go into the open range. A closed range is delivered in order: intent (unless an earlier commit or a dead owner
 * has made it), write, commit. When the next range waits already, its intent rides on the commit of the one before.
 * When the lease dies everything is forgotten at once: the next owner finds the intent in Kafka.
 */
export class Lane {
  readonly source: string
  readonly #parts: LaneParts
  readonly #abort = new AbortController()
  readonly #closed: Range[] = []
  #open: OpenRange
  /** The range whose intent is committed. */
  #announced: Range | null = null
  #committed: number
  #cancelTimer: (() => void) | null = null
  /** Old enough to be closed, as soon as there is room. */
  #isAged = false
  #isDelivering = false
  #delivery: Promise<void> = Promise.resolve()
  #drainTo = Infinity

  constructor(parts: LaneParts, first: number, recorded: Intent | null) {
    this.#parts = parts
    this.source = `${parts.lease.topic}/${parts.lease.partition}`
    this.#committed = first
    this.#open = new OpenRange(parts.range, first, recorded)
  }

  get lease(): Lease {
    return this.#parts.lease
  }

  /** The offset that is committed: everything below it is settled. */
  get committed(): number {
    return this.#committed
  }

  /** False while the destination does not keep up: a range had to be closed although two were waiting. */
  get wantsRecords(): boolean {
    return this.#closed.length <= MAX_CLOSED && this.#open.next < this.#drainTo
  }

  /** True while a closed range is on its way: its memory will come back. */
  get isDelivering(): boolean {
    return this.#closed.length > 0
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
    return !this.isReplaying && !this.#open.isEmpty && this.#hasRoom && !this.#abort.signal.aborted
  }

  /** Takes in every record of a chunk that follows what was read before; the rest was read already. */
  add(chunk: RecordChunk): void {
    if (this.#abort.signal.aborted || chunk.from > this.#open.next) return
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

  #skip(low: number): void {
    if (low <= this.#open.next) return
    this.#parts.health.gap(this.lease.topic, this.lease.partition, this.#open.next, low - 1)
    this.#open.addGap(low)
  }

  /** Closes the open range and delivers it; does nothing to one that is empty or is being replayed. */
  close(closedBy: ClosedBy): void {
    if (this.#abort.signal.aborted || this.isReplaying || this.#open.isEmpty) return
    this.#close(closedBy)
  }

  /** Delivers what is there up to `offset`, as soon as it has been read, and reads no further. */
  drainTo(offset: number): void {
    this.#drainTo = offset
    this.#settleFlow()
  }

  /** Resolves when no closed range is left, or the lane is abandoned. */
  settled(): Promise<void> {
    return this.#delivery
  }

  /** The lease is dead: forget everything at once, without waiting for uploads. */
  abandon(): void {
    if (this.#abort.signal.aborted) return
    this.#abort.abort()
    this.#cancelTimer?.()
    this.#open.release()
    for (const range of this.#closed) range.release()
    this.#closed.length = 0
    this.#parts.health.recovered(this.source)
  }

  get #hasRoom(): boolean {
    return this.#closed.length < MAX_CLOSED
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
    const range = this.#open.close(closedBy)
    if (this.isReplaying) this.#announced = range
    this.#open = new OpenRange(this.#parts.range, range.last + 1)
    this.#closed.push(range)
    if (!this.#isDelivering) this.#delivery = this.#deliverAll()
  }

  async #deliverAll(): Promise<void> {
    this.#isDelivering = true
    try {
      for (let range = this.#closed[0]; range; range = this.#closed[0]) if (!(await this.#deliver(range))) return
    } finally {
      this.#isDelivering = false
    }
  }

  async #deliver(range: Range): Promise<boolean> {
    if (!(await this.#announce(range))) return false
    if (!(await this.#parts.write(range, this.source, this.#abort.signal))) return false
    if (!(await this.#commitAfter(range))) return false
    this.#forget(range)
    return true
  }

  /** The write intent: nothing is written before the broker has accepted it under this lease. */
  async #announce(range: Range): Promise<boolean> {
    if (this.#announced === range || writesNothing(range)) return true
    return this.#commit(range.first, metadataOf(range))
  }

  /** Under load the commit of a range and the intent of the next are one. */
  async #commitAfter(range: Range): Promise<boolean> {
    const next = this.#closed[1] ?? null
    if (!(await this.#commit(range.last + 1, next ? metadataOf(next) : ''))) return false
    this.#announced = next
    this.#committed = range.last + 1
    return true
  }

  async #commit(offset: number, metadata: string): Promise<boolean> {
    if (this.#abort.signal.aborted) return false
    const outcome = await this.#parts.commit(this.lease, offset, metadata)
    return outcome === 'accepted' && !this.#abort.signal.aborted
  }

  #forget(range: Range): void {
    const bytes = range.objects.reduce((sum, { encoder }) => sum + encoder.encodedBytes, 0)
    const { events, filtered, tombstones, rejected } = range.counts
    this.#parts.health.delivered({
      events,
      filtered,
      tombstones,
      deadLettered: rejected,
      objects: range.objects.length,
      bytes,
    })
    if (range.closedBy === 'intent') this.#parts.health.intentReplayed()
    this.#closed.shift()
    range.release()
    this.#closeIfDue()
    this.#parts.onFlow()
  }
}

/** Everything in it was filtered, or nothing was there: the commit alone settles it. */
function writesNothing(range: Range): boolean {
  return range.objects.length + range.rejected.length + range.gaps.length === 0
}

function metadataOf(range: Range): string {
  return writesNothing(range) ? '' : encodeMetadata(range.intent)
}
