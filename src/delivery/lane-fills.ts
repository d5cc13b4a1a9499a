import type { HealthRecorder } from '../health/recorder.js'
import type { DropDecision } from '../range/intent.js'
import type { ObjectLimits, RangeParts } from '../range/open-range.js'
import type { Range } from '../range/range.js'
import type { Clock } from '../runtime/clock.js'
import type { Lease } from '../source/source.js'
import type { DeliveryQueue } from './delivery-queue.js'
import { countingParts } from './drop-format.js'
import { Fill, type FillParts, type FillStart } from './fill.js'
import type { Isolation } from './isolation.js'
import type { LaneCommits } from './lane-commits.js'
import { RangeQueue } from './range-queue.js'
import type { Unwritten, WriteOutcome } from './settle.js'
import { STREAM_RANGE, StreamQueue } from './streams/stream-queue.js'

/** A sweep over a partition (delivery.md §3). */
export interface Sweep {
  /** The high watermark at which it ends. */
  until: number
  /** Asked before every piece; null: nothing more may be dropped. */
  decide: () => Promise<Omit<DropDecision, 'isPartly'> | null>
  /** So many events are in the ledger, and committed. */
  onDropped: (events: number) => void
  /** The ledger has refused a piece: it is kept. */
  onRefused: () => void
}

/** What a dead owner has decided to give up is given up, and nothing beyond. */
export const NO_SWEEP: Sweep = {
  until: 0,
  decide: () => Promise.resolve(null),
  onDropped: () => undefined,
  onRefused: () => undefined,
}

export interface LaneFillsParts {
  lease: Lease
  range: RangeParts
  /** Of objects, and of what goes to the drop ledger as one entry. */
  limits: ObjectLimits
  maxAgeMs: number
  clock: Clock
  health: HealthRecorder
  commits: LaneCommits
  write: (range: Range, signal: AbortSignal) => Promise<WriteOutcome>
  onFlow: () => void
  /** The search for an event that is rejected, while there is one. */
  isolation: () => Isolation | null
  /** Whether the range underway is to show if the credentials work. */
  isProbe: () => boolean
  onDelivered: (range: Range) => void
  onUnwritten: (range: Range, outcome: Unwritten) => void
}

/** Makes the fills of a lane: to deliver objects, to deliver records, or to give up. */
export class LaneFills {
  readonly #parts: LaneFillsParts

  constructor(parts: LaneFillsParts) {
    this.#parts = parts
  }

  /** Goes to the destination. */
  delivering(start: FillStart): Fill {
    return new Fill(this.#deliveringParts(), start)
  }

  /** Goes to the drop ledger. */
  dropping(sweep: Sweep, start: FillStart): Fill {
    return new Fill(this.#droppingParts(sweep), start)
  }

  #deliveringParts(): FillParts {
    const { lease, limits, maxAgeMs, clock, health, range, onFlow, isolation, onDelivered } = this.#parts
    return {
      ...{ lease, maxAgeMs, clock, health, onFlow },
      limits: this.#isStream ? STREAM_RANGE : limits,
      rangeParts: () => isolation()?.refusing(range) ?? range,
      openQueue: (onSettled) => this.#openQueue(onSettled),
      onDelivered,
    }
  }

  #openQueue(onDelivered: (range: Range) => void): DeliveryQueue {
    const { commits, write, isProbe, isolation, onUnwritten } = this.#parts
    const parts = { commits, write, onDelivered, onUnwritten }
    if (this.#isStream) return new StreamQueue({ ...parts, isProbe })
    // Objects of the whole may reach further than the part that is written.
    return new RangeQueue({ ...parts, intentAfter: (part) => isolation()?.after(part)?.whole ?? null })
  }

  /** An entry of the ledger may have to be delivered after all, as one range: it is no larger than one is usually. */
  #droppingParts(sweep: Sweep): FillParts {
    const { range, limits, onDelivered } = this.#parts
    return {
      ...this.#deliveringParts(),
      limits: { ...limits, maxEventsUnderLoad: limits.maxEvents },
      rangeParts: () => countingParts(range),
      openQueue: (onSettled) => this.#openDropQueue(sweep, onSettled),
      onDelivered: (dropped) => {
        sweep.onDropped(dropped.counts.events)
        onDelivered(dropped)
      },
    }
  }

  #openDropQueue({ decide, onRefused }: Sweep, onDelivered: (range: Range) => void): DeliveryQueue {
    const { commits, write, onUnwritten } = this.#parts
    return new RangeQueue({
      ...{ commits, write, onDelivered },
      decide: async ({ intent }) => {
        const decision = await decide()
        // Where an intent to write stands, writing may have begun; into a stream it begins without one.
        const isPartly = this.#isStream || commits.committed.intent !== null
        return decision && { ...intent, drop: { ...decision, isPartly, isFresh: true } }
      },
      onUnwritten: (range, outcome) => {
        if (outcome.kind === 'refused') onRefused()
        onUnwritten(range, { kind: 'held' })
      },
    })
  }

  get #isStream(): boolean {
    return this.#parts.range.makeRecord !== undefined
  }
}
