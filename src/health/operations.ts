import type { CheckResult } from '../runtime/checklist.js'

/** Who asks for an operation, for timeline and audit log. */
export interface Actor {
  /** `api`, `page`, `kafka-connect` or `command line`. */
  via: string
  /** Address of the client. */
  address: string
}

/**
 * What people can do with a running connector. Every process that runs it does it, and what `pause` says holds over restarts.
 * All reject with `MillraceError`: `USAGE` for a connector that there is not, or that is not launched; `KAFKA_WRITE` and
 * others when Kafka does not take it.
 */
export interface Operations {
  /** What was read is delivered; then nothing is read, written, probed or dropped until `resume`. Membership and T0 are kept. */
  pause(connector: string, actor: Actor): Promise<void>
  resume(connector: string, actor: Actor): Promise<void>
  /** What waits for a retry or a probe is tried now. */
  probe(connector: string, actor: Actor): Promise<void>
  /** What is buffered is delivered now. */
  flush(connector: string, actor: Actor): Promise<void>
  /** The checks of `millrace test`, all of them. */
  test(connector: string, signal: AbortSignal): Promise<readonly CheckResult[]>
  /** The newest entries of the drop ledger first, at most `most` (of one connector, or all). Plain JSON. */
  drops(connector: string | undefined, most: number): Promise<readonly DropReport[]>
  /** The newest dead letters of a connector first, at most `most`; without payloads. */
  deadLetters(connector: string, most: number): Promise<readonly DeadLetterReport[]>
}

/** An entry of the drop ledger: the documents of `millrace drops list --json`. */
export interface DropReport {
  id: string
  connector: string
  topic: string
  partition: number
  firstOffset: number
  lastOffset: number
  events: number
  bytes: number | null
  reason: string
  failingSince: string | null
  droppedAt: string
  errorCode: string | null
  replayed: boolean
  replayedAt: string | null
}

/** Where a dead letter came from, and what is wrong with it. */
export interface DeadLetterReport {
  topic: string
  partition: number
  offset: number
  atMs: number
  reason: string
  eventType: string | null
}
