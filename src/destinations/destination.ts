import type { CheckResult } from '../runtime/checklist.js'

/**
 * What a new destination must implement, and nothing more. Adapters never retry and never throw for what the outside
 * world does: failures are values. The shared conformance suite is `test/destinations/conformance.ts`.
 */

/** What kind of failure it is decides everything that follows (delivery.md §2). */
export type FailureClass = 'transient' | 'throttled' | 'clock' | 'credentials' | 'configuration' | 'rejected'

/** One object to write. */
export interface Payload {
  /** Path inside the destination, `/`-separated, already safe (see `encoding/object-key.ts`). */
  readonly key: string
  /** The bytes; built when called, so that few are in memory at a time. The same bytes at every call. */
  body(): Promise<Buffer>
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
  /** The destination's own time, where its answer told it; Unix milliseconds. */
  serverAtMs?: number
}

export interface Destination {
  /**
   * Writes every payload once, replacing what is there under its key. Payloads not listed as failed are durably written
   * and complete. When `signal` aborts, what is underway is cut short and listed as failed (`transient`, code `ABORTED`).
   * After the first failure that is not the payload's own, it may give up on the rest and list them as failed alike.
   */
  write(payloads: readonly Payload[], signal: AbortSignal): Promise<Failure[]>
  /**
   * Looks at everything `write` needs, each by its own name, and says what is wrong. Needs no right that `write` does not
   * need; leaves nothing behind but, where there is no other way, an empty object under `marker`. Without a marker (null) it
   * leaves nothing at all, and what only a write can tell is not looked at. Never rejects for what the outside does.
   */
  check(marker: string | null, signal: AbortSignal): Promise<CheckResult[]>
  /** Releases sockets and files. Resolves when nothing is underway any more. */
  close(): Promise<void>
}
