import { MillraceError } from '../runtime/errors.js'

/** What the consumer group has committed, and how far its topics go; for all partitions, whoever owns them. */
export interface GroupView {
  /** `source` is `topic/partition`. Rejects `MillraceError` when Kafka cannot be asked. */
  committed(): Promise<{ source: string; metadata: string }[]>
  /** High watermarks by `topic/partition`. Rejects as `committed`. */
  ends(): Promise<ReadonlyMap<string, number>>
}

/** The secrets of the connector's account. */
export interface SecretsView {
  /** `digest` changes with any of them; `isFresh` is false while one cannot be read and an earlier text stays in use. */
  read(): { digest: string; isFresh: boolean }
  /** How often to look whether they have changed, milliseconds; null when they cannot. */
  readonly pollMs: number | null
}

/** Kafka's trouble is shown by those who need it first; anything else is a bug. */
export function orNull(error: unknown): null {
  if (error instanceof MillraceError) return null
  throw error
}
