import type { Recorder } from './recorder.js'

/** A stream that can be made to fail, in the process of its own. */
export interface TroubledStream {
  /** What an instance needs to write to it. */
  readonly address: StreamAddress
  /** Single records, requests and connections fail from now on. */
  fail(): void
  /** The shard takes nothing; undefined: all do. */
  throttle(shard: number | undefined): void
  /** No fault any more. */
  heal(): void
  /** Forgets what it has stored: its recorder has it. */
  forget(): void
  /** How often it has failed, and how. */
  readonly failures: Record<string, number>
}

/** An endpoint, or a connection string. */
export interface StreamAddress {
  endpoint: string
  secret: string
}

export interface TroubledStreamParts {
  seed: number
  recorder: Recorder
}

export const SHARDS = 4
