import type { DestinationSettings } from '../config/configuration.js'
import type { ConnectorState } from './recorder.js'

/**
 * What is known of the connectors, as everything that shows it gets it: page, API, metrics, command line. Plain JSON. Names
 * end in their units; `...AtMs` are Unix milliseconds. No payloads, no secrets.
 */

/** A process that runs connectors. */
export interface InstanceReport {
  /** Host name and process id. */
  name: string
  version: string
  startedAtMs: number
  /** When it was heard of last. */
  seenAtMs: number
}

/** A connector over all processes that run it. */
export interface ConnectorReport {
  name: string
  description?: string
  contact?: string
  /** False: saved, not launched. */
  enabled: boolean
  destination: DestinationReport
  topics: readonly string[]
  /** The worst of all processes (delivery.md §4). `stopped` when no process runs it. */
  state: ConnectorState
  sinceMs: number
  /** What keeps it from delivering; null when nothing does. */
  problem: Problem | null
  /** A person has to look: credentials fail, events are dropped, it is blocked, or it is stale (see `attention`). */
  needsAttention: boolean
  /** While its credentials fail. */
  failing: FailingCredentials | null
  /** Offsets that are not committed, over all partitions; null while Kafka has not said. */
  lagEvents: number | null
  /** Kafka timestamp of the oldest record that is not committed; null when nothing waits, or it is not known. */
  oldestUndeliveredAtMs: number | null
  /** When the destination acknowledged something last; null when it has not, as far as is known. */
  lastSuccessAtMs: number | null
  /** Events a second, over the last minute. */
  inPerSecond: number
  outPerSecond: number
  /** Since the oldest of the processes that run it now started. */
  totals: Totals
  /** Until Kafka removes the oldest undelivered event; null when it never does, or nothing waits, or it is not known. */
  retentionHeadroomMs: number | null
  partitions: readonly PartitionReport[]
  /** Names of the processes that run it. */
  instances: readonly string[]
}

export interface DestinationReport {
  type: DestinationSettings['type']
  /** For people: `s3://acme-currents/currents`, `stream acme in eu-west-1`. */
  place: string
}

/** Something that keeps a connector from delivering, in words for people. */
export interface Problem {
  /** The provider's or Kafka's name for it. */
  code: string
  message: string
  whatToDo: string
}

/** Failing credentials (delivery.md §3). */
export interface FailingCredentials {
  /** T0. */
  sinceMs: number
  /** After this instant events may be dropped; null where nothing is ever dropped. */
  dropAtMs: number | null
  /** After the period: what keeps events from being dropped. */
  kept: string | null
  /** What waits, and would be dropped; null while it is not known. Bytes by the mean size of events so far. */
  eventsAtStake: number | null
  bytesAtStake: number | null
}

/** Counts since a process, or several, started. Every offset taken up is in exactly one of the others or in `buffered`. */
export interface Totals {
  /** Records read, and offsets that Kafka had removed before. */
  consumed: number
  /** Read, and let go of undelivered: they are read again, here or by another process. */
  returned: number
  delivered: number
  /** Not selected, and tombstones. */
  filtered: number
  /** Given up: `credentials` by the 48-hour rule, `retention` because Kafka had removed them. */
  dropped: Readonly<Record<DropReason, number>>
  deadLettered: number
  objects: number
  /** Of what was delivered, encoded. */
  bytes: number
  buffered: { events: number; bytes: number }
}

export type DropReason = 'credentials' | 'retention'

export interface PartitionReport {
  topic: string
  partition: number
  /** The process that has it; null when none has. */
  owner: string | null
  /** null when nothing was ever committed. */
  committed: number | null
  /** The offset of the next record to be written; null while Kafka has not said. */
  end: number | null
  lagEvents: number | null
  oldestUndeliveredAtMs: number | null
}

/** Errors of one code. */
export interface ErrorReport {
  code: string
  /** The newest message. */
  message: string
  whatToDo: string
  firstAtMs: number
  lastAtMs: number
  count: number
}

/** A change of state, a step of the 48-hour rule, or what an operator did. */
export interface TimelineEntry {
  atMs: number
  kind: 'state' | 'credentials' | 'operator'
  /** A state, a step such as `24h`, or what was done: `pause`. */
  what: string
  code?: string
  message: string
  /** The process that has seen it. */
  instance: string
}

/** A connector over a slice of time that ends at `atMs`. Sums are of the slice; null: not known. */
export interface Sample {
  atMs: number
  lagEvents: number | null
  oldestUndeliveredAgeMs: number | null
  consumed: number
  delivered: number
  dropped: number
  deadLettered: number
  /** Answers of the destination. */
  attempts: Readonly<Record<Outcome, number>>
  /** Of calls of the destination in this slice; null where there was none. */
  latencyMs: { p50: number; p95: number; p99: number } | null
}

/** What became of a call of the destination: a failure class (delivery.md §2), the worst of the call, or `ok`. */
export const OUTCOMES = ['ok', 'transient', 'throttled', 'clock', 'credentials', 'configuration', 'rejected'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** Samples, oldest first: slices of `fineMs` for the last hour since the process started, of `coarseMs` for the last day. */
export interface History {
  fineMs: number
  fine: readonly Sample[]
  coarseMs: number
  coarse: readonly Sample[]
}

/** The one place to ask. Everything is there at once, and never rejects; what is not known yet says so. */
export interface HealthReader {
  /** The process that answers. */
  readonly instance: InstanceReport
  /** All processes that live, this one among them. */
  instances(): readonly InstanceReport[]
  /** Every connector of the configuration, in its order. */
  connectors(): readonly ConnectorReport[]
  connector(name: string): ConnectorReport | undefined
  /** Most recent first. */
  errors(name: string): readonly ErrorReport[]
  /** Newest first; a day at most. */
  timeline(name: string): readonly TimelineEntry[]
  history(name: string): History
  /** Calls `listener` with the names of connectors that have changed, at most once a second; returns how to stop. */
  onChange(listener: (names: ReadonlySet<string>) => void): () => void
  /** See operations.md: HTTP. The reason is for people. */
  live(): Verdict
  ready(): Verdict
}

export interface Verdict {
  isOk: boolean
  reason: string
}
