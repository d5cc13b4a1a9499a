import type { Sample } from '../health/report.js'
import type { JournalCopy, Snapshot } from '../health/snapshot.js'
import { COARSE_MS } from '../health/watched.js'
import type { OutgoingRecord } from '../delivery/kafka-records.js'

/** A slice of the history of a connector. */
export interface Slice {
  connector: string
  sample: Sample
}

/** What processes tell each other in the topic `kafka.topics.health`: a JSON document per record, by its kind. */
export type HealthRecord =
  | ({ v: 1; kind: 'snapshot' } & Snapshot)
  | ({ v: 1; kind: 'journal' } & JournalCopy)
  | ({ v: 1; kind: 'slice' } & Slice)

const DAY_MS = 24 * 3_600_000

/** `group`: the connector's consumer group, which tells it from those of the same name in other configurations. */
export function recordOf(group: string, record: HealthRecord): OutgoingRecord {
  return {
    key: Buffer.from([record.kind, group, ...placeOf(record)].join('/')),
    value: Buffer.from(JSON.stringify(record)),
    headers: [{ name: 'group', value: Buffer.from(group) }],
  }
}

/** Undefined for what is none of ours, or of a version that is not known. Nobody relies on it: it is only shown. */
export function readHealthRecord(value: Buffer | null): HealthRecord | undefined {
  try {
    const record = JSON.parse(String(value)) as HealthRecord | null
    const isOurs = record?.v === 1 && typeof record.connector === 'string'
    return isOurs && isWhole(record) ? record : undefined
  } catch {
    return undefined
  }
}

/** A record that somebody wrote by hand must not end whoever shows it. */
function isWhole(record: HealthRecord): boolean {
  switch (record.kind) {
    case 'slice':
      return typeof record.sample.atMs === 'number'
    case 'journal':
      return Array.isArray(record.entries) && Array.isArray(record.errors)
    case 'snapshot': {
      const { atMs, totals, attempts, attemptSeconds, leased } = record
      const isTotal = typeof totals.dropped === 'object' && typeof totals.buffered === 'object'
      return typeof atMs === 'number' && isTotal && [attempts, attemptSeconds, leased].every(Array.isArray)
    }
    default:
      return false
  }
}

/** Of each process one snapshot and one journal is kept; of each slice of the day one, so that a day's history is a ring. */
function placeOf(record: HealthRecord): (string | number)[] {
  if (record.kind === 'slice') return [Math.floor((record.sample.atMs % DAY_MS) / COARSE_MS)]
  return [record.instance, record.startedAtMs]
}
