import type { ConnectorState, Trouble } from './recorder.js'
import type { CountedError } from './journal.js'
import type { LeasedPartition } from './lag.js'
import type { TimelineEntry, Totals } from './report.js'

/** One connector in one process, at one moment: what every other process has to know to show the whole. Plain JSON. */
export interface Snapshot {
  connector: string
  instance: string
  version: string
  /** Of the process. */
  startedAtMs: number
  atMs: number
  state: ConnectorState
  sinceMs: number
  trouble: Trouble | null
  lastSuccessAtMs: number | null
  totals: Totals
  /** Calls of the destination by `OUTCOMES`, and how long they took: counts of the buckets of `Tally.attemptSeconds`. */
  attempts: readonly number[]
  attemptSeconds: readonly number[]
  leased: readonly LeasedPartition[]
}

/** What has happened to one connector in one process. */
export interface JournalCopy {
  connector: string
  instance: string
  startedAtMs: number
  /** Grows with every change. */
  version: number
  entries: readonly TimelineEntry[]
  errors: readonly CountedError[]
}

/** A process from its start to its end: in a container its name may be that of the one before. */
export function lifeOf({ instance, startedAtMs }: Pick<Snapshot, 'instance' | 'startedAtMs'>): string {
  return `${instance}@${startedAtMs}`
}
