import { setMaxListeners } from 'node:events'
import type { ObjectLimits } from '../../range/open-range.js'
import { isDelivery, writesNothing, type Range } from '../../range/range.js'
import type { DeliveryQueue } from '../delivery-queue.js'
import type { LaneCommits } from '../lane-commits.js'
import type { Unwritten, WriteOutcome } from '../settle.js'

export interface StreamQueueParts {
  commits: LaneCommits
  write: (range: Range, signal: AbortSignal) => Promise<WriteOutcome>
  /** While it is true the ranges after the first wait for its answer. */
  isProbe: () => boolean
  /** A range is settled: written, committed, and no longer in memory. */
  onDelivered: (range: Range) => void
  /** The first range that is not committed is not taken now, or never; the queue has stopped. */
  onUnwritten: (range: Range, outcome: Unwritten) => void
}

/**
 * Events of a partition that may be underway at once. They are what a crash repeats at most, and what a shard that takes
 * nothing may hold back before the others of its partition wait too: 20 s at 1,000 events a second.
 */
const MAX_UNDERWAY_EVENTS = 20_000

/** A range of records is a step of the commits, and the most that one of them waits for others: as much as one request takes. */
export const STREAM_RANGE: ObjectLimits = { maxEvents: 500, maxEventsUnderLoad: 500, maxBytes: 1024 * 1024 }

interface Underway {
  readonly range: Range
  isBegun: boolean
  outcome?: WriteOutcome
}

/**
 * The closed ranges of a partition of a stream: all are written at once, and committed up to the end of the unbroken run that
 * is written (delivery.md §1: streams). There is no intent: what was written beyond that run is written again after a crash.
 */
export class StreamQueue implements DeliveryQueue {
  readonly #parts: StreamQueueParts
  readonly #underway: Underway[] = []
  readonly #abort = new AbortController()
  #events = 0
  #isCommitting = false
  #hasStopped = false
  #delivery: Promise<void> = Promise.resolve()

  constructor(parts: StreamQueueParts) {
    this.#parts = parts
    // Every range underway listens; of more than ten Node would warn that something leaks.
    setMaxListeners(0, this.#abort.signal)
  }

  get isAbandoned(): boolean {
    return this.#abort.signal.aborted
  }

  get ranges(): readonly Range[] {
    return this.#underway.map(({ range }) => range)
  }

  get isDelivering(): boolean {
    return this.#underway.length > 0
  }

  get hasRoom(): boolean {
    return this.#events < MAX_UNDERWAY_EVENTS
  }

  get wantsMore(): boolean {
    return this.hasRoom
  }

  push(range: Range): void {
    this.#underway.push({ range, isBegun: false })
    this.#events += range.counts.events
    this.#begin()
  }

  async settled(): Promise<void> {
    // What is delivered meanwhile may let more begin.
    for (let seen; seen !== this.#delivery;) await (seen = this.#delivery)
  }

  abandon(): void {
    this.#abort.abort()
    for (const { range } of this.#underway) range.release()
    this.#underway.length = 0
  }

  #begin(): void {
    const all = this.#parts.isProbe() ? this.#underway.slice(0, 1) : this.#underway
    for (const underway of all) {
      if (!underway.isBegun) this.#delivery = bothOf(this.#delivery, this.#write(underway))
    }
  }

  async #write(underway: Underway): Promise<void> {
    const { range } = underway
    underway.isBegun = true
    underway.outcome = writesNothing(range) ? { kind: 'written' } : await this.#parts.write(range, this.#abort.signal)
    if (!this.#isCommitting) await this.#commitWritten()
  }

  /** One commit for as many ranges as are written by then. */
  async #commitWritten(): Promise<void> {
    this.#isCommitting = true
    for (let run = this.#writtenRun(); run.length > 0; run = this.#writtenRun()) {
      if (!(await this.#commit(run))) this.#hasStopped = true
    }
    this.#isCommitting = false
    this.#stopAtUnwritten()
    if (!this.#hasStopped) this.#begin()
  }

  /** The unbroken run of written ranges from the committed offset on. */
  #writtenRun(): Underway[] {
    if (this.#hasStopped) return []
    const end = this.#underway.findIndex(({ outcome }) => outcome?.kind !== 'written')
    return this.#underway.slice(0, end < 0 ? undefined : end)
  }

  async #commit(run: readonly Underway[]): Promise<boolean> {
    const isWanted = () => !this.isAbandoned
    const next = run.at(-1)!.range.last + 1
    const deliveredAtMs = deliveredAtOf(run)
    const { commits, onDelivered } = this.#parts
    const accepted =
      deliveredAtMs === undefined
        ? await commits.put(next, null, isWanted)
        : await commits.putDelivered(next, null, deliveredAtMs, isWanted)
    if (!accepted || this.isAbandoned) return false
    this.#underway.splice(0, run.length)
    for (const { range } of run) {
      this.#events -= range.counts.events
      range.release()
      onDelivered(range)
    }
    return true
  }

  #stopAtUnwritten(): void {
    const [first] = this.#underway
    if (!first?.outcome || first.outcome.kind === 'written' || this.#hasStopped) return
    this.#hasStopped = true
    if (!this.isAbandoned && first.outcome.kind !== 'ended') this.#parts.onUnwritten(first.range, first.outcome)
  }
}

/** Unlike `Promise.all` it keeps no results: a queue lives for as long as its partition stays here. */
async function bothOf(first: Promise<void>, second: Promise<void>): Promise<void> {
  await first
  await second
}

/** When the last of it was acknowledged; undefined when nothing of it went to the destination. */
function deliveredAtOf(run: readonly Underway[]): number | undefined {
  const atMs = run.flatMap(({ range, outcome }) =>
    isDelivery(range) && outcome?.kind === 'written' ? [outcome.deliveredAtMs ?? []].flat() : [],
  )
  return atMs.length > 0 ? Math.max(...atMs) : undefined
}
