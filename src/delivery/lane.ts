import type { HealthRecorder } from '../health/recorder.js'
import type { ObjectLimits, RangeParts } from '../range/open-range.js'
import { hasEvents, type ClosedBy, type Range } from '../range/range.js'
import type { Clock } from '../runtime/clock.js'
import type { CommitOutcome, Lease, RecordChunk } from '../source/source.js'
import type { Fill, FillStart, Held } from './fill.js'
import { Isolation } from './isolation.js'
import { LaneCommits, type Committed } from './lane-commits.js'
import { LaneFills, NO_SWEEP, type Sweep } from './lane-fills.js'
import { deliveredOf, droppedOf } from './range-counts.js'
import type { Unwritten, WriteOutcome } from './settle.js'
import { sourceOf } from './take-up.js'

/** Writes everything of a range. */
export type WriteRange = (range: Range, source: string, signal: AbortSignal) => Promise<WriteOutcome>

export interface LaneParts {
  lease: Lease
  range: RangeParts
  /** Of objects, and of what goes to the drop ledger as one entry. */
  limits: ObjectLimits
  maxAgeMs: number
  clock: Clock
  health: HealthRecorder
  commit: (lease: Lease, offset: number, metadata: string) => Promise<CommitOutcome>
  write: WriteRange
  /** Reads on from another offset. */
  seek: (offset: number) => void
  /** The lane's need for records may have changed: see `wantsRecords`. */
  onFlow: () => void
  /** The lane holds nothing in memory any more, and something of it waits for the credentials. */
  onParked: () => void
}

/** What a lane does with its partition. */
type Mode =
  /** Delivers as events come. */
  | 'delivering'
  /** The credentials fail; nothing has come that waits for them. */
  | 'waiting'
  /** The credentials fail; what waits for them stays in Kafka. */
  | 'parked'
  /** One range is written to see whether the credentials still fail. */
  | 'probing'
  /** Goes to the drop ledger. */
  | 'dropping'

/**
 * Everything that concerns one leased partition: what is committed for it, and the fill that reads on from there. To do
 * anything else than read on, the fill is abandoned and another one begins where Kafka says: that frees all memory, and
 * there is one way to take up a partition, whoever left it.
 */
export class Lane {
  /** What its trouble goes by in the connector's health. */
  readonly source: string
  readonly #parts: LaneParts
  readonly #commits: LaneCommits
  readonly #fills: LaneFills
  #fill: Fill
  #mode: Mode = 'delivering'
  #drainTo = Infinity
  #isHeld: boolean
  #isolation: Isolation | null = null
  #restarts = 0
  /** Somebody waits for the probe or the sweep. */
  #onEnd = () => {}

  /** `isHeld`: the credentials of the connector fail. */
  constructor(parts: LaneParts, committed: Committed, isHeld: boolean) {
    const { lease, commit } = parts
    this.#parts = parts
    this.#isHeld = isHeld
    this.source = sourceOf(lease)
    const put = (offset: number, metadata: string) => commit(lease, offset, metadata)
    this.#commits = new LaneCommits(put, committed, () => parts.health.commitFailed())
    this.#fills = new LaneFills({
      ...parts,
      commits: this.#commits,
      write: (range, signal) => parts.write(range, this.source, signal),
      isolation: () => this.#isolation,
      isProbe: () => this.#mode === 'probing',
      onDelivered: (range) => this.#delivered(range),
      onUnwritten: (range, outcome) => this.#unwritten(range, outcome),
    })
    this.#fill = this.#begin({})
  }

  get lease(): Lease {
    return this.#parts.lease
  }

  get commits(): LaneCommits {
    return this.#commits
  }

  get isParked(): boolean {
    return this.#mode === 'parked'
  }

  /** True while something goes to the drop ledger. */
  get isDropping(): boolean {
    return this.#mode === 'dropping'
  }

  /** True while the answer to a probe is awaited. */
  get isProbing(): boolean {
    return this.#mode === 'probing'
  }

  get wantsRecords(): boolean {
    return this.#mode !== 'parked' && this.#fill.wantsRecords
  }

  /** True while a closed range is on its way: its memory will come back. */
  get isDelivering(): boolean {
    return this.#fill.isDelivering
  }

  /** True while a recorded intent is read again: such a range closes at its recorded end and nowhere else. */
  get isReplaying(): boolean {
    return this.#fill.isReplaying && !this.isParked
  }

  /** Memory of the range that still grows, in bytes. */
  get openBytes(): number {
    return this.#fill.openBytes
  }

  /** The offset after everything that was read, and is not let go of. */
  get next(): number {
    return this.isParked ? this.#commits.committed.offset : this.#fill.next
  }

  get held(): Held {
    return this.#fill.held
  }

  /** Whether closing the open range now would free memory once it is delivered. */
  get canClose(): boolean {
    return this.#fill.canClose
  }

  /** Takes in every record of a chunk that follows what was read before; the rest was read already. */
  add(chunk: RecordChunk): void {
    if (this.#mode === 'waiting' && this.#fill.isNews(chunk)) this.#park()
    if (!this.isParked) this.#fill.add(chunk)
  }

  /** Kafka removed everything below `low` before it was delivered: recorded with the range, never a silent jump. */
  skipTo(low: number): void {
    if (!this.isParked) this.#fill.skipTo(low)
  }

  /** Closes the open range and delivers it; does nothing to one that is empty or is being replayed. */
  close(closedBy: ClosedBy): void {
    this.#fill.close(closedBy)
  }

  /** Delivers what is there up to `offset`, as soon as it has been read, and reads no further. */
  drainTo(offset: number): void {
    this.#drainTo = offset
    this.#fill.drainTo(offset)
  }

  /** Resolves when nothing is being delivered any more. */
  settled(): Promise<void> {
    return this.#fill.settled()
  }

  /** The lease is dead: forget everything at once, without waiting for uploads. */
  abandon(): void {
    this.#restarts++
    this.#mode = 'parked'
    this.#fill.abandon()
    this.#end()
  }

  /** The credentials fail: from now on nothing is sent but by `probe`, and nothing is kept in memory. */
  hold(): void {
    if (this.#isHeld) return
    this.#isHeld = true
    if (this.#mode !== 'delivering') return
    if (this.#fill.isPending) this.#park()
    else this.#mode = 'waiting'
  }

  /** The credentials work again. */
  release(): void {
    this.#isHeld = false
    if (this.#mode === 'parked') void this.#restart('delivering')
    if (this.#mode === 'waiting' || this.#mode === 'probing') this.#mode = 'delivering'
    this.#fill.relax()
    this.#end()
  }

  /** Writes one range. Resolves when it is known whether the destination takes it, or the lane does something else. */
  async probe(): Promise<void> {
    const restarted = this.#restart('probing', { isHasty: true })
    const ended = new Promise<void>((resolve) => (this.#onEnd = resolve))
    await restarted
    return ended
  }

  /** Gives up what is there, piece by piece. Resolves when all is in the ledger, when `decide` has said no, or when it stalls. */
  async sweep(sweep: Sweep): Promise<void> {
    const restarted = this.#restart('dropping', { until: sweep.until, gapsApart: true }, sweep)
    const ended = new Promise<void>((resolve) => (this.#onEnd = resolve))
    await restarted
    return ended
  }

  /**
   * Lets go of everything and begins again where Kafka says, when what is underway has ended: a commit among it decides
   * where that is. Of two restarts the later one counts.
   */
  async #restart(mode: Mode, start: Partial<FillStart> = {}, sweep?: Sweep): Promise<void> {
    const restart = ++this.#restarts
    this.#end()
    this.#mode = 'parked'
    this.#fill.abandon()
    await this.#fill.settled()
    if (restart !== this.#restarts || !this.lease.valid) return
    this.#mode = mode
    this.#fill = this.#begin(start, sweep)
    this.#parts.seek(this.#commits.committed.offset)
    this.#fill.drainTo(this.#drainTo)
    if (this.isParked) this.#park()
    this.#endIfDone()
    this.#endIfStalled(this.#fill, this.#fill.next)
    this.#parts.onFlow()
  }

  /** What has to be done first is recorded in Kafka: a range to write, or one to give up. */
  #begin(start: Partial<FillStart>, sweep?: Sweep): Fill {
    const { offset, intent } = this.#commits.committed
    if (sweep) {
      const begun = this.#isolation?.whole ?? intent
      this.#isolation = null
      return this.#fills.dropping(sweep, { first: offset, recorded: begun, ...start })
    }
    const recorded = this.#isolation?.intent ?? intent
    if (recorded?.drop) {
      this.#mode = 'dropping'
      const drop = { ...recorded.drop, isFresh: false }
      return this.#fills.dropping(NO_SWEEP, {
        ...{ first: offset, recorded: { ...recorded, drop } },
        until: recorded.end + 1,
      })
    }
    if (this.#isHeld && this.#mode === 'delivering') this.#mode = recorded ? 'parked' : 'waiting'
    // What follows such a part is read when it is done: it would be let go then, and in a stream be written once more.
    const until = this.#isolation ? this.#isolation.intent.end + 1 : Infinity
    return this.#fills.delivering({ first: offset, recorded, until, ...start })
  }

  #delivered(range: Range): void {
    const { health } = this.#parts
    if (range.intent.drop) health.dropped(droppedOf(range))
    else health.delivered(deliveredOf(range))
    for (const { first, last } of range.gaps) health.gap(range.topic, range.partition, first, last)
    if (range.closedBy === 'intent' && !range.intent.drop) health.intentReplayed()
    if (this.#isolation) return this.#isolate(this.#isolation.after(range))
    this.#endIfDone(range)
  }

  /** A probe is over when something was acknowledged, or nothing is left to ask with; a sweep when all is given up. */
  #endIfDone(range?: Range): void {
    if (this.#mode === 'probing' && range && (hasEvents(range) || !this.#fill.isPending)) {
      this.#mode = this.#isHeld ? 'waiting' : 'delivering'
      this.#fill.relax()
      this.#end()
    }
    if (this.#mode === 'dropping' && this.#fill.isDone) void this.#restart('delivering')
  }

  /**
   * A partition that Kafka does not give, or a commit or a ledger that it does not take, must not keep other lanes from their
   * turn. What is not begun is left; what is begun goes on, and nobody waits for it.
   */
  #endIfStalled(fill: Fill, next: number): void {
    const isAsked = () => this.#isHeld && fill === this.#fill && (this.#mode === 'probing' || this.#mode === 'dropping')
    if (!isAsked()) return
    this.#parts.clock.after(STALLED_MS, () => {
      if (!isAsked()) return
      if (fill.next === next && !fill.isDelivering) return this.#park()
      if (fill.next === next) this.#end()
      this.#endIfStalled(fill, fill.next)
    })
  }

  #unwritten(range: Range, outcome: Unwritten): void {
    if (outcome.kind === 'held' && this.#isHeld) return this.#park()
    // They work again since it was held, as another lane or another instance has found out.
    if (outcome.kind === 'held') return void this.#restart('delivering')
    if (outcome.kind !== 'rejected') return
    this.#isolate((this.#isolation ?? new Isolation(range.intent)).rejected(range, outcome))
  }

  #isolate(next: Isolation | null): void {
    this.#isolation = next
    void this.#restart('delivering')
  }

  /** Everything in memory is let go; it is read again from Kafka when it may be sent. */
  #park(): void {
    this.#mode = 'parked'
    this.#fill.abandon()
    this.#end()
    this.#parts.onParked()
    this.#parts.onFlow()
  }

  #end(): void {
    const onEnd = this.#onEnd
    this.#onEnd = () => {}
    onEnd()
  }
}

/** What Kafka has of a partition is read and committed within a fraction of this, when that can be at all. */
const STALLED_MS = 30_000
