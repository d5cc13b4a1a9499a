/** How far a connector is behind in one partition, as Kafka says, whoever owns the partition. */
export interface PartitionLag {
  topic: string
  partition: number
  /** Where delivering stands: the committed offset, or where a connector begins that has committed nothing. */
  position: number
  /** null when nothing was ever committed. */
  committed: number | null
  /** The offset of the next record to be written. */
  end: number
  /** Kafka timestamp of the oldest record that is not delivered, Unix milliseconds; null when nothing waits, or not known. */
  oldestAtMs: number | null
}

export interface ConnectorLag {
  partitions: readonly PartitionLag[]
  /** The shortest of its topics; null: for ever, or not known. */
  retentionMs: number | null
}

/** A leased partition, as the process says that has it. */
export interface LeasedPartition {
  topic: string
  partition: number
  committed: number
  /** The offset after everything that was read. */
  next: number
  /** Kafka timestamp of the oldest event in memory, Unix milliseconds; null when there is none. */
  earliestMs: number | null
}
