import type { ClosedBy } from '../range/range.js'
import type { Outcome } from './report.js'

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
  /** Of failing credentials: what the destination said, without what the rule makes of it. */
  said?: string
}

/** What a delivered range adds to the counters. */
export interface Delivered {
  events: number
  /** `events` by event type. */
  eventTypes: ReadonlyMap<string, number>
  /** The objects it was written as; none of a stream. */
  objects: readonly { events: number; bytes: number }[]
  closedBy: ClosedBy
  /** Encoded. */
  bytes: number
  filtered: number
  tombstones: number
  /** By why they can never be delivered. */
  deadLettered: ReadonlyMap<string, number>
  /** Kafka timestamp of the oldest of `events`, Unix milliseconds; infinite when there is none. */
  earliestMs: number
}

/** What a range that was given up adds to the counters. */
export interface Dropped {
  events: number
  filtered: number
  tombstones: number
}

/** A call of the destination that was answered. */
export interface Attempt {
  outcome: Outcome
  durationMs: number
  /** Of what was sent, something was acknowledged. */
  isTaken: boolean
  /** It was to show whether failing credentials work again. */
  isProbe: boolean
  failures: readonly { code: string; message: string }[]
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
  /** The same for what only a person can mend, counted as an error. */
  blocked(source: string, error: { code: string; message: string }): void
  recovered(source: string): void
  /** Something went wrong that is tried again, or is somebody's fault: grouped by its code. */
  failed(code: string, message: string): void
  /** Offsets were taken up: records read, or removed by Kafka before. Each of them is settled below, or returned. */
  consumed(offsets: number): void
  /** Offsets taken up are let go of unsettled: they are read again, here or by another process. */
  returned(offsets: number): void
  attempted(attempt: Attempt): void
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
  /** A commit was not accepted, since the partition is not ours any more. */
  commitFailed(): void
  /** The group has divided its partitions anew. */
  rebalanced(): void
}
