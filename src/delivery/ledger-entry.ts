import { createHash } from 'node:crypto'
import type { WritePlan } from '../range/intent.js'

/** Why events were given up: the credentials failed for longer than the period, or Kafka had removed them (delivery.md §3). */
type DropReason = 'credentials' | 'retention'

/** The offsets [firstOffset, lastOffset] of one partition that a connector has given up. */
export interface DroppedOffsets {
  connector: string
  topic: string
  partition: number
  firstOffset: number
  lastOffset: number
  /** T0 of the failing credentials, ISO 8601; null for what Kafka removed. */
  failingSince: string | null
}

/**
 * One record of the drop ledger, the Kafka topic `kafka.topics.drops`: key `id`, value this as JSON. No payloads, no secrets.
 * Written at least once: a later record with the same id replaces an earlier one. Replaying an entry writes it once more,
 * with `replayed: true`.
 */
export interface LedgerEntry extends DroppedOffsets {
  v: 1
  /** See `ledgerId`. */
  id: string
  /** Events given up, those that could not be decoded among them; of `retention` all offsets, since nobody can look any more. */
  events: number
  /** Of their Kafka values; null when nobody can look any more. */
  bytes: number | null
  /** `events` by event type; `(undecodable)` is none. Empty for `retention`. */
  eventTypes: Record<string, number>
  /** Records in these offsets that the connector would not have delivered anyway. */
  filtered: number
  tombstones: number
  /** Offsets of these that Kafka had removed before anybody could look. */
  removed: number
  /** Kafka timestamps of the earliest and latest of `events`, ISO 8601; null when there are none. */
  firstEventAt: string | null
  lastEventAt: string | null
  reason: DropReason
  droppedAt: string
  /** The provider's name for what was wrong; null for `retention`. */
  errorCode: string | null
  /** The process that dropped: host name and process id. */
  instance: string
  /**
   * True when writing these offsets had begun before the credentials failed: some of their objects may be in the destination
   * already. A replay completes them and writes none twice.
   */
  mayBePartlyDelivered: boolean
  /** What decides keys and bytes should the range be delivered after all; null for `retention`. */
  plan: (WritePlan & { schemas: Record<string, number> }) | null
  replayed: boolean
  replayedAt: string | null
}

/** Depends only on what is given up, so that a repeated write is recognised (delivery.md §3). 32 hexadecimal digits. */
export function ledgerId(offsets: DroppedOffsets): string {
  const { connector, topic, partition, firstOffset, lastOffset, failingSince } = offsets
  const identity = [connector, topic, partition, firstOffset, lastOffset, failingSince]
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 32)
}

/** The entry that a record of the ledger holds; undefined for what is not ours, or of a version that is not known. */
export function readLedgerEntry(value: Buffer | null): LedgerEntry | undefined {
  try {
    const entry = JSON.parse(String(value)) as Partial<LedgerEntry> | null
    return entry?.v === 1 && typeof entry.id === 'string' ? (entry as LedgerEntry) : undefined
  } catch {
    return undefined
  }
}
