/** States of a connector (delivery.md §4). */
export type ConnectorState = 'starting' | 'running' | 'paused' | 'stopped' | Trouble['state']

/** Something that keeps a connector from delivering, in words for people. */
export interface Trouble {
  state: 'retrying' | 'blocked' | 'credentials-failing' | 'dropping'
  /** The provider's or Kafka's name for it, e.g. `NoSuchBucket`. */
  code: string
  message: string
  /** Of failing credentials: T0, and the instant after which events may be dropped. Unix milliseconds. */
  failingSinceMs?: number
  dropAtMs?: number
  /** Of failing credentials after their period: what keeps events from being dropped. */
  kept?: string
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

/** What a range that was given up adds to the counters. */
export interface Dropped {
  events: number
  filtered: number
  tombstones: number
}

/** A step of the 48-hour rule of which people are told, once for each T0. */
export interface CredentialStep {
  /** `confirmed`, a warning such as `24h`, `dropping`, `swept`, `recovered`. */
  step: string
  failingSinceMs: number
  /** Absent where nothing is ever dropped. */
  dropAtMs?: number
  code: string
  message: string
  whatToDo: string
}

/** The narrow side of health that the pipeline sees: it only ever says what happened. */
export interface HealthRecorder {
  /** The connector has joined its group and reads; trouble of the source `kafka` is over. */
  ready(): void
  /** `source` names what has the trouble (a partition, the Kafka side); it lasts until `recovered` with the same name. */
  troubled(source: string, trouble: Trouble): void
  recovered(source: string): void
  delivered(counts: Delivered): void
  /** Events are in the drop ledger, and committed. */
  dropped(counts: Dropped): void
  credentials(step: CredentialStep): void
  /** Fields an event had and its schema lacks, left out. */
  unknownField(eventType: string): void
  /** Kafka removed offsets before they were delivered. */
  gap(topic: string, partition: number, first: number, last: number): void
  /** A found intent was written again. */
  intentReplayed(): void
}
