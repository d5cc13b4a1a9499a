import type { SchemaPins } from '../events/transcoder.js'

/**
 * The write intent (delivery.md §1): what is written is decided once, durably and fenced, before the first byte leaves.
 * It is committed with the offset it belongs to: see `commit-metadata.ts`.
 */

/** Settings that decide where objects go and what bytes they have; fixed for a range by its intent, whatever is configured later. */
export interface WritePlan {
  readonly folder: string
  readonly cluster: string
  readonly zone: string
  /** Whether the topic stands in the object's name: when a connector reads more than one. */
  readonly topicInKey: boolean
  readonly codec: 'null' | 'deflate'
}

/** The range [committed offset, end] is being written; whoever owns the partition writes exactly that first. */
export interface Intent {
  /** Last offset of the range. */
  readonly end: number
  readonly plan: WritePlan
  /** Schema ids by event type, only where the id is not the type's first: those never change by adding versions. */
  readonly schemas: SchemaPins
  /** Set when the range goes to the drop ledger instead of the destination. */
  readonly drop?: DropDecision
}

/** Why and when a range was given up; decided once, so that its ledger record is the same however often it is written. */
export interface DropDecision {
  /** T0 of the failing credentials, Unix milliseconds. */
  readonly sinceMs: number
  readonly atMs: number
  /** The provider's name for what was wrong. */
  readonly code: string
  /** The process that decided it. */
  readonly instance: string
  /** True as long as nobody has tried to write it to the ledger; not committed. */
  readonly isFresh?: boolean
  /** True when writing the range had begun before: some of its objects may be in the destination. */
  readonly isPartly: boolean
}
