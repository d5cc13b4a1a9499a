import type { ConnectorHealth } from './connector-health.js'
import type { LeasedPartition } from './lag.js'
import { OUTCOMES, type InstanceReport, type Totals } from './report.js'
import type { Snapshot } from './snapshot.js'
import { sumOf } from './tally.js'

/** A connector of this process as it is now. */
export interface LocalState {
  health: ConnectorHealth
  /** Looked up anew at every call. */
  leased: () => readonly (LeasedPartition & { offsets: number })[]
  bufferedBytes: () => number
}

/** Offsets in memory that are not settled, and the memory they take. */
export function bufferedOf({ leased, bufferedBytes }: LocalState): { events: number; bytes: number } {
  return { events: leased().reduce((sum, { offsets }) => sum + offsets, 0), bytes: bufferedBytes() }
}

export function snapshotOf(local: LocalState, process: InstanceReport, atMs: number): Snapshot {
  const { connector, state, sinceMs, trouble = null, lastSuccessMs: lastSuccessAtMs, tally } = local.health
  return {
    ...{ connector, instance: process.name, version: process.version, startedAtMs: process.startedAtMs, atMs },
    ...{ state, sinceMs, trouble, lastSuccessAtMs },
    totals: totalsOf(local),
    attempts: OUTCOMES.map((outcome) => tally.attempts.get(outcome) ?? 0),
    attemptSeconds: [...tally.attemptSeconds.counts],
    leased: local.leased().map(({ topic, partition, committed, next, earliestMs }) => {
      return { topic, partition, committed, next, earliestMs }
    }),
  }
}

function totalsOf(local: LocalState): Totals {
  const { consumed, returned, delivered, filtered, dropped, deadLettered, objects, bytes } = local.health.tally
  return {
    ...{ consumed, returned, filtered, bytes, delivered: sumOf(delivered), deadLettered: sumOf(deadLettered) },
    dropped: { credentials: dropped.get('credentials') ?? 0, retention: dropped.get('retention') ?? 0 },
    ...{ objects: sumOf(objects), buffered: bufferedOf(local) },
  }
}
