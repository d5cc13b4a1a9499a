import type { ClosedBy } from '../range/range.js'
import { Histogram } from './histogram.js'
import type { DropReason, Outcome } from './report.js'

/** Counts by a name out of a known, small set. */
export type Counts<Name extends string = string> = Map<Name, number>

export function count<Name extends string>(counts: Counts<Name>, name: Name, by = 1): void {
  counts.set(name, (counts.get(name) ?? 0) + by)
}

export function sumOf(counts: Counts): number {
  let sum = 0
  for (const value of counts.values()) sum += value
  return sum
}

/** From a fast answer to the longest that adapters wait (110 s), in seconds. */
const DURATION_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]
/** From a stream's second to the 48 hours of the rule, in seconds; 5 minutes is the default age of objects. */
const LATENCY_BOUNDS = [0.5, 1, 2.5, 5, 10, 30, 60, 150, 300, 600, 1_800, 3_600, 21_600, 86_400, 172_800]
/** Up to the limit under load (configuration.md: files). */
const EVENTS_BOUNDS = [1, 10, 100, 1_000, 5_000, 15_000, 50_000, 100_000]
/** Up to some times the default limit of an object. */
const BYTES_BOUNDS = [1, 10, 100, 500].map((kib) => kib * 1024).concat([1, 4, 8, 32].map((mib) => mib * 1024 * 1024))

/** What one connector has done in this process since it started. Whoever shows it reads; only `ConnectorHealth` writes. */
export class Tally {
  /** Records read, and offsets that Kafka had removed before. */
  consumed = 0
  /** Read, and let go of undelivered: read again, here or by another process. */
  returned = 0
  /** Not selected, and tombstones. */
  filtered = 0
  /** Of `filtered`. */
  tombstones = 0
  /** Of what was delivered, encoded. */
  bytes = 0
  rebalances = 0
  commitFailures = 0
  intentsReplayed = 0
  /** By event type. */
  readonly delivered: Counts = new Map()
  /** By why they can never be delivered. */
  readonly deadLettered: Counts = new Map()
  readonly dropped: Counts<DropReason> = new Map()
  readonly objects: Counts<ClosedBy> = new Map()
  /** Calls of the destination by what became of them. */
  readonly attempts: Counts<Outcome> = new Map()
  /** Those of them that asked whether failing credentials work again. */
  readonly probes: Counts<Outcome> = new Map()
  readonly attemptSeconds = new Histogram(DURATION_BOUNDS)
  /** From the Kafka timestamp of the oldest event of what was delivered together until it was acknowledged. */
  readonly latencySeconds = new Histogram(LATENCY_BOUNDS)
  readonly objectEvents = new Histogram(EVENTS_BOUNDS)
  readonly objectBytes = new Histogram(BYTES_BOUNDS)

  /**
   * What was taken up and is nowhere: 0 at every moment, or something is lost or counted twice. `held`: offsets in memory that
   * are not settled, looked up range by range.
   */
  unaccounted(held: number): number {
    const settled = sumOf(this.delivered) + this.filtered + sumOf(this.dropped) + sumOf(this.deadLettered)
    return this.consumed - this.returned - settled - held
  }
}
