import type { Rejection } from '../events/rejection.js'
import type { StoredRecord } from '../source/source.js'
import type { Intent } from './intent.js'
import type { RangeRecord } from './range-record.js'
import type { ObjectEncoder, ObjectIdentity } from './object-encoder.js'

/** Why a range was closed. */
export type ClosedBy = 'events' | 'bytes' | 'age' | 'memory' | 'shutdown' | 'drained' | 'intent' | 'probe' | 'flush'

/** One object of a closed range. */
export interface RangeObject {
  readonly identity: ObjectIdentity
  readonly encoder: ObjectEncoder
}

/** An event that can never be delivered, with everything its dead letter needs. */
export interface RejectedEvent {
  readonly offset: number
  /** The record's Kafka timestamp, Unix milliseconds: decides the hour it belongs to, should it be delivered after all. */
  readonly timestampMs: number
  readonly record: StoredRecord
  readonly rejection: Rejection
}

/** Offsets [first, last] that Kafka removed before they were delivered. */
export interface Gap {
  readonly first: number
  readonly last: number
}

/** How many records of a range went where (their sum is what was consumed), and when its events were queued. */
export interface RangeCounts {
  events: number
  filtered: number
  tombstones: number
  rejected: number
  /** Kafka timestamps of the earliest and the latest event, Unix milliseconds; infinite when there is none. */
  earliestMs: number
  latestMs: number
}

/** A closed run of offsets [first, last] of one partition, to be delivered and committed as one. */
export interface Range {
  readonly topic: string
  readonly partition: number
  readonly first: number
  readonly last: number
  /** Decided once more, and for good, when the range is given up. */
  intent: Intent
  readonly closedBy: ClosedBy
  /** What is written: either objects or records. */
  readonly objects: readonly RangeObject[]
  readonly records: readonly RangeRecord[]
  readonly rejected: readonly RejectedEvent[]
  readonly gaps: readonly Gap[]
  readonly counts: Readonly<RangeCounts>
  /** Memory it holds; shrinks while its last blocks are compressed. */
  readonly heldBytes: number
  /** Gives its memory back; its bodies may not be asked for afterwards, its counts may. */
  release(): void
}

/** False where everything was filtered, rejected or not there: nothing of it goes to the destination. */
export function hasEvents({ objects, records }: Range): boolean {
  return objects.length + records.length > 0
}

/** Offsets that a range accounts for: records, and what Kafka had removed. Holes in between are none. */
export function accountedFor({ counts, gaps }: Pick<Range, 'counts' | 'gaps'>): number {
  const { events, filtered, tombstones, rejected } = counts
  return events + filtered + tombstones + rejected + gaps.reduce((sum, { first, last }) => sum + last - first + 1, 0)
}

/** Everything in it was filtered, or nothing was there: the commit alone settles it. */
export function writesNothing(range: Range): boolean {
  return !hasEvents(range) && range.rejected.length + range.gaps.length === 0
}

/** Whether the destination has acknowledged something of a range that is written. */
export function isDelivery(range: Range): boolean {
  return hasEvents(range) && !range.intent.drop
}
