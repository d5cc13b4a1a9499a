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

/** `leased`: as it was looked up last; `knownSuccessAtMs`: of an earlier process, so that it is not forgotten with that one. */
export function snapshotOf(
  local: LocalState,
  known: { leased: readonly LeasedPartition[]; knownSuccessAtMs: number | null; atMs: number },
  process: InstanceReport,
): Snapshot {
  const { health } = local
  const { tally } = health
  // Written out, since spreading objects is slow, and this is done for every connector every second.
  return {
    connector: health.connector,
    instance: process.name,
    version: process.version,
    startedAtMs: process.startedAtMs,
    atMs: known.atMs,
    state: health.state,
    sinceMs: health.sinceMs,
    trouble: health.trouble ?? null,
    lastSuccessAtMs: health.lastSuccessMs ?? known.knownSuccessAtMs,
    totals: totalsOf(local),
    attempts: OUTCOMES.map((outcome) => tally.attempts.get(outcome) ?? 0),
    attemptSeconds: tally.attemptSeconds.counts.slice(),
    leased: known.leased,
  }
}

function totalsOf({ health: { tally }, buffered }: LocalState): Totals {
  return {
    consumed: tally.consumed,
    returned: tally.returned,
    delivered: sumOf(tally.delivered),
    filtered: tally.filtered,
    dropped: { credentials: tally.dropped.get('credentials') ?? 0, retention: tally.dropped.get('retention') ?? 0 },
    deadLettered: sumOf(tally.deadLettered),
    objects: sumOf(tally.objects),
    bytes: tally.bytes,
    buffered: buffered(),
  }
}
