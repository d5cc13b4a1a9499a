import type { ConnectorSettings, DestinationSettings } from '../config/configuration.js'
import { whatToDo, withoutAdvice } from './advice.js'
import { isStale, needsAttention } from './attention.js'
import type { ConnectorLag, LeasedPartition, PartitionLag } from './lag.js'
import type { Lasting } from './lasting.js'
import type { ConnectorState, Trouble } from './recorder.js'
import type { ConnectorReport, FailingCredentials, PartitionReport, Problem, Totals } from './report.js'
import type { Snapshot } from './snapshot.js'

/** What is known of one connector. */
export interface Known {
  settings: ConnectorSettings
  /** Of the processes that live. */
  live: readonly Snapshot[]
  /** The last one of the process that was heard of last, where none lives. */
  last: Snapshot | null
  /** Of all, those that have ended too. */
  lasting: Pick<Lasting, 'lastSuccessAtMs' | 'bytesPerEvent'>
  /** Null while Kafka has not said. */
  lag: ConnectorLag | null
  partitions: Partitions
  inPerSecond: number
  outPerSecond: number
  /** Since when this process knows of nobody who runs it. */
  aloneSinceMs: number
}

/** The worst first (delivery.md §4): what loses events, what will lose them, what needs a person, what passes by itself. */
const WORST_FIRST: readonly ConnectorState[] = [
  ...(['dropping', 'credentials-failing', 'blocked', 'retrying'] as const),
  ...(['paused', 'starting', 'running', 'stopped'] as const),
]

const NOTHING: Totals = {
  ...{ consumed: 0, returned: 0, delivered: 0, filtered: 0, dropped: { credentials: 0, retention: 0 } },
  ...{ deadLettered: 0, objects: 0, bytes: 0, buffered: { events: 0, bytes: 0 } },
}

/** A connector over all processes that run it. */
export function reportOf(known: Known, nowMs: number): ConnectorReport {
  const { settings, live, last, lag, partitions } = known
  const totals = totalsOf(known)
  const worst = worstOf(live)
  const trouble = (worst ?? last)?.trouble ?? null
  const looked = lookedAt(known, worst)
  const { state, sinceMs, lastSuccessAtMs, oldestUndeliveredAtMs } = looked
  const { destination } = settings
  const report: ConnectorReport = {
    name: settings.name,
    enabled: settings.enabled,
    destination: { type: destination.type, place: placeName(destination) },
    topics: settings.topics,
    state,
    sinceMs,
    problem: problemOf(trouble, looked, { destination, nowMs }),
    needsAttention: needsAttention(looked, nowMs),
    failing: failingOf(trouble, partitions.lagEvents, known.lasting),
    lagEvents: partitions.lagEvents,
    oldestUndeliveredAtMs,
    lastSuccessAtMs,
    inPerSecond: known.inPerSecond,
    outPerSecond: known.outPerSecond,
    totals,
    retentionHeadroomMs: headroomOf(oldestUndeliveredAtMs, lag, nowMs),
    partitions: partitions.all,
    instances: live.map(({ instance }) => instance),
  }
  if (settings.description !== undefined) report.description = settings.description
  if (settings.contact !== undefined) report.contact = settings.contact
  return report
}

function totalsOf({ live, last }: Known): Totals {
  return live.length > 0 ? live.map(({ totals }) => totals).reduce(summed) : (last?.totals ?? NOTHING)
}

function lookedAt({ settings, last, lasting, partitions, aloneSinceMs }: Known, worst: Snapshot | undefined): Looked {
  return {
    enabled: settings.enabled,
    state: worst?.state ?? 'stopped',
    sinceMs: (worst && sinceOf(worst)) ?? last?.atMs ?? aloneSinceMs,
    oldestUndeliveredAtMs: partitions.oldestUndeliveredAtMs,
    lastSuccessAtMs: lasting.lastSuccessAtMs,
    maxAgeMs: (settings.records ?? settings.files).maxAgeMs,
  }
}

/** Credentials have failed since T0, whichever process has noticed it anew since. */
function sinceOf({ state, sinceMs, trouble }: Snapshot): number {
  return state === 'credentials-failing' ? Math.min(sinceMs, trouble?.failingSinceMs ?? sinceMs) : sinceMs
}

/** The process whose state is shown for all. */
function worstOf(live: readonly Snapshot[]): Snapshot | undefined {
  if (live.length < 2) return live[0]
  const ranked = live.map((snapshot) => ({ snapshot, rank: WORST_FIRST.indexOf(snapshot.state) }))
  return ranked.sort((a, b) => a.rank - b.rank || a.snapshot.sinceMs - b.snapshot.sinceMs)[0]?.snapshot
}

type Looked = Parameters<typeof isStale>[0]

function problemOf(
  trouble: Trouble | null,
  looked: Looked,
  { destination, nowMs }: { destination: DestinationSettings; nowMs: number },
): Problem | null {
  const problem = ({ code, message }: { code: string; message: string }): Problem => {
    const advice = whatToDo(destination.type, code, trouble?.state)
    return { code, message: withoutAdvice(message, advice), whatToDo: advice }
  }
  if (looked.state === 'stopped' && looked.enabled)
    return problem({ code: 'NOT_RUNNING', message: 'no process runs this connector: nothing of it is delivered' })
  if (trouble) return problem({ ...trouble, message: trouble.said ?? trouble.message })
  if (isStale(looked, nowMs))
    return problem({ code: 'STALE', message: 'events wait for longer than they should, and nothing is delivered' })
  return null
}

function failingOf(
  trouble: Trouble | null,
  lagEvents: number | null,
  { bytesPerEvent }: Known['lasting'],
): FailingCredentials | null {
  if (trouble?.failingSinceMs === undefined) return null
  const { failingSinceMs, dropAtMs = null, kept = null } = trouble
  const bytesAtStake = lagEvents === null || bytesPerEvent === null ? null : Math.round(lagEvents * bytesPerEvent)
  return { sinceMs: failingSinceMs, dropAtMs, kept, eventsAtStake: lagEvents, bytesAtStake }
}

/** Every partition of the connector's topics, and how far all of them are behind. */
export interface Partitions {
  all: readonly PartitionReport[]
  lagEvents: number | null
  oldestUndeliveredAtMs: number | null
}

/** As Kafka and the owners say; while Kafka has not said, those partitions that are owned. */
export function partitionsOf(lag: ConnectorLag | null, live: readonly Snapshot[]): Partitions {
  const owned = new Map<string, { owner: string; lane: LeasedPartition }>()
  for (const { instance, leased } of live) for (const lane of leased) owned.set(keyOf(lane), { owner: instance, lane })
  const all = lag
    ? lag.partitions.map((partition) => partitionOf(partition, owned.get(keyOf(partition))))
    : [...owned.values()].map(({ owner, lane }) => unknownPartition(owner, lane))
  const lags = all.map(({ lagEvents }) => lagEvents)
  const isKnown = lags.length > 0 && lags.every((events) => events !== null)
  const oldest = all.flatMap(({ oldestUndeliveredAtMs }) => oldestUndeliveredAtMs ?? [])
  return {
    all,
    lagEvents: isKnown ? lags.reduce((sum, events) => sum + events, 0) : null,
    oldestUndeliveredAtMs: oldest.length > 0 ? Math.min(...oldest) : null,
  }
}

function partitionOf(lag: PartitionLag, owned: { owner: string; lane: LeasedPartition } | undefined): PartitionReport {
  const { topic, partition, end, position, oldestAtMs } = lag
  // What its owner has committed since Kafka was asked.
  const committed = Math.max(owned?.lane.committed ?? 0, lag.committed ?? 0)
  const lagEvents = Math.max(0, end - Math.max(position, committed))
  return {
    ...{ topic, partition, end, lagEvents, owner: owned?.owner ?? null },
    committed: owned || lag.committed !== null ? committed : null,
    oldestUndeliveredAtMs: lagEvents > 0 ? (owned?.lane.earliestMs ?? oldestAtMs) : null,
  }
}

function unknownPartition(
  owner: string,
  { topic, partition, committed, earliestMs }: LeasedPartition,
): PartitionReport {
  return { topic, partition, owner, committed, end: null, lagEvents: null, oldestUndeliveredAtMs: earliestMs }
}

function headroomOf(oldestAtMs: number | null, lag: ConnectorLag | null, nowMs: number): number | null {
  const keptMs = lag?.retentionMs ?? null
  return oldestAtMs === null || keptMs === null ? null : oldestAtMs + keptMs - nowMs
}

function summed(a: Totals, b: Totals): Totals {
  return {
    consumed: a.consumed + b.consumed,
    returned: a.returned + b.returned,
    delivered: a.delivered + b.delivered,
    filtered: a.filtered + b.filtered,
    dropped: {
      credentials: a.dropped.credentials + b.dropped.credentials,
      retention: a.dropped.retention + b.dropped.retention,
    },
    deadLettered: a.deadLettered + b.deadLettered,
    objects: a.objects + b.objects,
    bytes: a.bytes + b.bytes,
    buffered: { events: a.buffered.events + b.buffered.events, bytes: a.buffered.bytes + b.buffered.bytes },
  }
}

/** Where a connector delivers, for people. */
function placeName(destination: DestinationSettings): string {
  switch (destination.type) {
    case 's3':
      return `s3://${destination.bucket}/${destination.folder}`
    case 'folder':
      return [destination.path, destination.folder].filter((part) => part !== '').join('/')
    case 'kinesis':
      return `stream ${destination.stream} in ${destination.region}`
    case 'event-hubs':
      return `event hub ${destination.eventHub}`
  }
}

const keyOf = ({ topic, partition }: { topic: string; partition: number }) => `${topic}/${partition}`
