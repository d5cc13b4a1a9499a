import type { ConnectorHealth } from './connector-health.js'
import type { LeasedPartition } from './lag.js'
import { OUTCOMES, type InstanceReport, type Totals } from './report.js'
import type { Snapshot } from './snapshot.js'
import { sumOf } from './tally.js'

/** A connector of this process as it is now. */
export interface LocalState {
  health: ConnectorHealth
  /** Looked up anew at every call. */
  leased: () => readonly LeasedPartition[]
  /** Offsets in memory that are not settled, and the memory they take. Looked up anew at every call. */
  buffered: () => { events: number; bytes: number }
}

/** `leased`: as it was looked up last. */
export function snapshotOf(
  local: LocalState,
  { leased, atMs }: { leased: readonly LeasedPartition[]; atMs: number },
  process: InstanceReport,
): Snapshot {
  const { connector, state, sinceMs, trouble = null, lastSuccessMs: lastSuccessAtMs, tally } = local.health
  return {
    ...{ connector, instance: process.name, version: process.version, startedAtMs: process.startedAtMs, atMs },
    ...{ state, sinceMs, trouble, lastSuccessAtMs },
    totals: totalsOf(local),
    attempts: OUTCOMES.map((outcome) => tally.attempts.get(outcome) ?? 0),
    attemptSeconds: [...tally.attemptSeconds.counts],
    leased,
  }
}

function totalsOf(local: LocalState): Totals {
  const { consumed, returned, delivered, filtered, dropped, deadLettered, objects, bytes } = local.health.tally
  return {
    ...{ consumed, returned, filtered, bytes, delivered: sumOf(delivered), deadLettered: sumOf(deadLettered) },
    dropped: { credentials: dropped.get('credentials') ?? 0, retention: dropped.get('retention') ?? 0 },
    ...{ objects: sumOf(objects), buffered: local.buffered() },
  }
}
