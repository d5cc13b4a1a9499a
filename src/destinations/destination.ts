import type { CheckResult } from '../runtime/checklist.js'

/**
 * What a new destination must implement, and nothing more. Adapters never retry and never throw for what the outside
 * world does: failures are values. The shared conformance suite is `test/destinations/conformance.ts`.
 */

/** What kind of failure it is decides everything that follows (delivery.md §2). */
export type FailureClass = 'transient' | 'throttled' | 'clock' | 'credentials' | 'configuration' | 'rejected'

/** What is written, or fails, as one. */
export interface Payload {
  /** What it goes by: in messages, and where the destination has names in the destination. */
  readonly key: string
}

/** An object: its key is its path inside the destination, `/`-separated, already safe (see `encoding/object-key.ts`). */
export interface ObjectPayload extends Payload {
  /** The bytes; built when called, so that few are in memory at a time. The same bytes at every call. */
  body(): Promise<Buffer>
}

/** An event as a record of a stream; its key is its place in Kafka, `<topic>/<partition>/<offset>`. */
export interface RecordPayload extends Payload {
  /** Records of one partition key are written in their order; null: in any order. At least one character. */
  readonly partitionKey: string | null
  readonly bytes: Buffer
  readonly contentType: string
  /** For streams that have properties beside the bytes. */
  readonly properties: RecordProperties
}

/** Names as readers see them (currents.md: delivery). */
export interface RecordProperties {
  readonly event_type: string
  readonly schema_id: number
  readonly event_id: string
  readonly kafka_topic: string
  readonly kafka_partition: number
  readonly kafka_offset: number
}

export interface Failure {
  payload: Payload
  class: FailureClass
  /** The provider's name for it, e.g. `SlowDown`. */
  code: string
  /** For people: what failed, on what. Never a secret, never a payload, never a whole SDK error. */
  message: string
  /** The least delay the server asked for. */
  retryAfterMs?: number
  /** True when every other payload would fail alike: the request failed, not this payload. */
  hitsAll?: boolean
  /** The destination's own time, where its answer told it; Unix milliseconds. */
  serverAtMs?: number
}

export interface Destination<P extends Payload = Payload> {
  /**
   * Writes every payload once: an object replaces what is there under its key, a record is appended. Payloads not listed as
   * failed are durably written and complete. Of records with one partition key the earlier comes first: one that follows a
   * failed one of its key is not sent, and listed as failed alike. What is `rejected` is so for good, and holds nobody up. When `signal` aborts, what is underway is cut short and listed as failed (`transient`, code `ABORTED`).
   * After the first failure that is not the payload's own, it may give up on the rest and list them as failed alike.
   */
  write(payloads: readonly P[], signal: AbortSignal): Promise<Failure[]>
  /**
   * Looks at everything `write` needs, each by its own name, and says what is wrong. Needs no right that `write` does not
   * need; leaves nothing behind but, where there is no other way, an empty object under `marker`. Without a marker (null) it
   * leaves nothing at all, and what only a write can tell is not looked at. Never rejects for what the outside does.
   */
  check(marker: string | null, signal: AbortSignal): Promise<CheckResult[]>
  /** Releases sockets and files. Resolves when nothing is underway any more. */
  close(): Promise<void>
}

export type ObjectDestination = Destination<ObjectPayload>

export interface StreamDestination extends Destination<RecordPayload> {
  /** What a call of `write` is given at most, so that it is soon answered. */
  readonly most: CallLimits
}

export interface CallLimits {
  readonly records: number
  /** Of the records' bytes and partition keys. */
  readonly bytes: number
  /** Records of one partition key. */
  readonly perKey: number
}

/** Whether a destination is a stream. */
export function takesRecords(destination: Destination): destination is StreamDestination {
  return 'most' in destination
}
