/**
 * What the pipeline sees of Kafka: leases on partitions, chunks of records, fenced commits.
 * The implementation is a consumer-group member of our own (`group-source.ts`); simulations bring their own.
 */

/** "This partition is ours." Begins with an assignment, dies with the ownership, and never comes back to life. */
export interface Lease {
  readonly topic: string
  readonly partition: number
  /** False for ever once the partition is not ours any more. */
  readonly valid: boolean
}

/** One Kafka record as a view on the fetched bytes. The object is reused for the next record: copy what you keep. */
export interface RecordView {
  readonly offset: number
  /** The record's Kafka timestamp, Unix milliseconds; the log append time where the topic uses that. */
  readonly timestampMs: number
  /** The bytes that hold the value, from `valueStart` up to but not including `valueEnd`. */
  readonly bytes: Buffer
  /** -1 when the value is null (a tombstone). */
  readonly valueStart: number
  readonly valueEnd: number
  /** The last header of that name; undefined when there is none or its value is null. */
  header(name: string): Buffer | undefined
  /** A view on the key; null when there is none. */
  key(): Buffer | null
  /** Copies of key, value and all headers, in order. */
  copy(): StoredRecord
}

/** A whole record, copied out of the fetched bytes. */
export interface StoredRecord {
  key: Buffer | null
  value: Buffer | null
  headers: { name: string; value: Buffer | null }[]
}

/** Consecutive records of one partition, as they came in one fetch. Offsets may have holes (compaction, control records). */
export interface RecordChunk {
  /** The offset that was asked for: the first one this chunk accounts for. */
  readonly from: number
  /** The offset to read next; everything in [from, next) is in this chunk or does not exist. */
  readonly next: number
  /** Calls `each` for every record in offset order. */
  forEach(each: (record: RecordView) => void): void
}

/** What Kafka has of a partition when its lease begins. */
export interface PartitionState {
  /** The group's committed offset; null when there is none. */
  committed: number | null
  /** What the last owner committed beside the offset; empty when nothing. */
  metadata: string
  /** The first offset the broker still has, and the offset the next record will get (read committed). */
  low: number
  high: number
  /** True when the group has no offset here but has one on another partition of this topic: the topic has grown. */
  isNewPartition: boolean
}

/** What the source tells. All calls come one at a time, on the main thread. */
export interface SourceListener {
  /**
   * A lease begins; resolves to the offset to read first. Called again after a while if it rejects, while the lease lives.
   * Commits made in here are allowed.
   */
  assigned(lease: Lease, state: PartitionState): Promise<number>
  /** The lease is void at once; nothing is waited for. */
  revoked(lease: Lease): void
  records(lease: Lease, chunk: RecordChunk): void
  /** The offset does not exist: below `low` or above `high`. Nothing is read from this partition until `seek`. */
  outOfRange(lease: Lease, range: { position: number; low: number; high: number }): void
  /**
   * Kafka cannot be used as it should, and what is wrong, in words for people. The source goes on trying by itself.
   * `needsPerson`: missing topic, refused password, missing right, unknown codec.
   */
  trouble(code: string, message: string, needsPerson: boolean): void
  /** The member has its assignment (which may be empty) and reads: called at first, and again after `trouble` is over. */
  healthy(): void
  /** The group has divided its partitions anew, whether or not anything has changed for us. */
  rebalanced(): void
}

export type CommitOutcome =
  /** The broker accepted it under this lease. */
  | 'accepted'
  /** The lease is dead: another member owns the partition, or will. Nothing may be done for it any more. */
  | 'lost'

/** One member of one consumer group, reading the connector's topics. */
export interface Source {
  /** Joins the group and reads until `close`. Resolves at once; unreachable brokers are `trouble`, not an error. */
  start(listener: SourceListener): void
  /** No more records of this partition until `resume`; fetched bytes that were underway may still arrive. */
  pause(lease: Lease): void
  resume(lease: Lease): void
  /** Reads on from `offset`. */
  seek(lease: Lease, offset: number): void
  /**
   * Commits `offset` with `metadata` (at most 4,096 UTF-16 units) for this lease's partition. Each request is sent once and
   * names the generation of the lease; with an unknown outcome the same commit is sent again while the lease lives.
   * Never rejects for what the outside does; waits out broker restarts and rebalances. One commit per partition at a time.
   */
  commit(lease: Lease, offset: number, metadata: string): Promise<CommitOutcome>
  /** The first offset whose record has a timestamp at or after `timestampMs`; the high watermark when there is none. */
  offsetAt(lease: Lease, timestampMs: number): Promise<number>
  /** Leaves the group; all leases die first. Resolves within about 2 s even when no broker answers. */
  close(): Promise<void>
}
