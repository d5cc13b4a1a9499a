import type { CheckResult } from '../../runtime/checklist.js'
import type { DeadLetterReport } from '../operations.js'
import type {
  ConnectorReport,
  ErrorReport,
  FailingCredentials,
  History,
  InstanceReport,
  PartitionReport,
  Sample,
  TimelineEntry,
} from '../report.js'

/**
 * What the API answers, made of what is known: instants as ISO 8601 in UTC, which people can read and which sort as text;
 * what is not there is null, never left out. `openapi.ts` describes it.
 */

export type InstanceDocument = ReturnType<typeof instanceDocument>
export type ConnectorDocument = ReturnType<typeof connectorDocument>
export type PartitionDocument = ReturnType<typeof partitionDocument>
export type ErrorDocument = ReturnType<typeof errorDocument>
export type TimelineDocument = ReturnType<typeof timelineDocument>

export function instanceDocument({ name, version, startedAtMs, seenAtMs }: InstanceReport) {
  return { name, version, startedAt: instant(startedAtMs), seenAt: instant(seenAtMs) }
}

/**
 * Without its partitions: a list of all connectors would have thousands. Written out: with spread objects it took
 * twenty times as long.
 */
export function connectorDocument(report: ConnectorReport) {
  return {
    name: report.name,
    description: report.description ?? null,
    contact: report.contact ?? null,
    enabled: report.enabled,
    destination: report.destination,
    topics: report.topics,
    state: report.state,
    since: instant(report.sinceMs),
    problem: report.problem,
    needsAttention: report.needsAttention,
    failing: report.failing && failingDocument(report.failing),
    lagEvents: report.lagEvents,
    oldestUndeliveredAt: instantOrNull(report.oldestUndeliveredAtMs),
    lastSuccessAt: instantOrNull(report.lastSuccessAtMs),
    inPerSecond: report.inPerSecond,
    outPerSecond: report.outPerSecond,
    totals: report.totals,
    retentionHeadroomMs: report.retentionHeadroomMs,
    partitionCount: report.partitions.length,
    instances: report.instances,
  }
}

/** One connector by itself, with its partitions. */
export function connectorDetails(report: ConnectorReport) {
  return { ...connectorDocument(report), partitions: report.partitions.map(partitionDocument) }
}

function failingDocument({ sinceMs, dropAtMs, kept, eventsAtStake, bytesAtStake }: FailingCredentials) {
  return { since: instant(sinceMs), dropAt: instantOrNull(dropAtMs), kept, eventsAtStake, bytesAtStake }
}

export function partitionDocument({ oldestUndeliveredAtMs, ...partition }: PartitionReport) {
  return { ...partition, oldestUndeliveredAt: instantOrNull(oldestUndeliveredAtMs) }
}

export function errorDocument({ code, message, whatToDo, firstAtMs, lastAtMs, count }: ErrorReport) {
  return { code, message, whatToDo, firstAt: instant(firstAtMs), lastAt: instant(lastAtMs), count }
}

export function timelineDocument({ atMs, kind, what, code, message, instance }: TimelineEntry) {
  return { at: instant(atMs), kind, what, code: code ?? null, message, instance }
}

export function historyDocument({ fineMs, fine, coarseMs, coarse }: History) {
  return { fineMs, fine: fine.map(sampleDocument), coarseMs, coarse: coarse.map(sampleDocument) }
}

/** Written out for the same reason: there are hundreds. */
function sampleDocument(sample: Sample) {
  return {
    at: instant(sample.atMs),
    lagEvents: sample.lagEvents,
    oldestUndeliveredAgeMs: sample.oldestUndeliveredAgeMs,
    consumed: sample.consumed,
    delivered: sample.delivered,
    dropped: sample.dropped,
    deadLettered: sample.deadLettered,
    attempts: sample.attempts,
    latencyMs: sample.latencyMs,
  }
}

export function deadLetterDocument({ atMs, ...letter }: DeadLetterReport) {
  return { ...letter, at: instant(atMs) }
}

/** As `millrace test --json` prints it. */
export function testDocument({ name, enabled, destination }: ConnectorReport, results: readonly CheckResult[]) {
  const checks = results.map(({ name, resource, status, message, hint = null, code = null, durationMs }) => {
    return { name, resource, status, message, hint, code, durationMs }
  })
  const ok = checks.every(({ status }) => status !== 'failed')
  return { name, enabled, destination: destination.type, ok, checks }
}

const instant = (atMs: number) => new Date(atMs).toISOString()
const instantOrNull = (atMs: number | null) => (atMs === null ? null : instant(atMs))
