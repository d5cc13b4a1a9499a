/** States of a connector (delivery.md §4). Credential states come with their rules. */
export type ConnectorState = 'starting' | 'running' | 'retrying' | 'blocked' | 'stopped'

/** Something that keeps a connector from delivering, in words for people. */
export interface Trouble {
  state: 'retrying' | 'blocked'
  /** The provider's or Kafka's name for it, e.g. `NoSuchBucket`. */
  code: string
  message: string
}

/** What a delivered range adds to the counters. */
export interface Delivered {
  events: number
  objects: number
  bytes: number
  filtered: number
  tombstones: number
  deadLettered: number
}

/** The narrow side of health that the pipeline sees: it only ever says what happened. */
export interface HealthRecorder {
  /** The connector has joined its group and reads; trouble of the source `kafka` is over. */
  ready(): void
  /** `source` names what has the trouble (a partition, the Kafka side); it lasts until `recovered` with the same name. */
  troubled(source: string, trouble: Trouble): void
  recovered(source: string): void
  delivered(counts: Delivered): void
  /** Fields an event had and its schema lacks, left out. */
  unknownField(eventType: string): void
  /** Kafka removed offsets before they were delivered. */
  gap(topic: string, partition: number, first: number, last: number): void
  /** A found intent was written again. */
  intentReplayed(): void
}
