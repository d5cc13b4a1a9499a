import type { DropDecision } from '../range/intent.js'
import type { Gap, Range, RangeObject, RejectedEvent } from '../range/range.js'
import type { Clock } from '../runtime/clock.js'
import { ledgerId, type LedgerEntry } from './ledger-entry.js'

/** A record for a topic of Millrace's own. */
export interface OutgoingRecord {
  key: Buffer | null
  value: Buffer | null
  headers: { name: string; value: Buffer | null }[]
}

/** Who writes a record, and when. */
export interface RecordParts {
  connector: string
  /** The process: host name and process id. */
  instance: string
  clock: Clock
}

/** Key, value and headers as they were, plus where it came from and why it is here (configuration.md: dead letters). */
export function deadLetter(event: RejectedEvent, range: Range, { connector, clock }: RecordParts): OutgoingRecord {
  const origin: [string, string][] = [
    ['millrace.connector', connector],
    ['millrace.topic', range.topic],
    ['millrace.partition', String(range.partition)],
    ['millrace.offset', String(event.offset)],
    ['millrace.timestamp', String(event.timestampMs)],
    ['millrace.reason', event.rejection.reason],
    ['millrace.message', event.rejection.message],
    ['millrace.failed-at', new Date(clock.nowMs()).toISOString()],
  ]
  const headers = origin.map(([name, text]) => ({ name, value: Buffer.from(text) }))
  return { ...event.record, headers: [...event.record.headers, ...headers] }
}

/** The drop ledger's record of a range that is given up. The same for the same range, however often it is written. */
export function dropRecord(range: Range, drop: DropDecision, connector: string): OutgoingRecord {
  const { topic, partition, first, last, counts, objects, gaps, intent } = range
  const failingSince = isoOf(drop.sinceMs)
  const offsets = { connector, topic, partition, firstOffset: first, lastOffset: last, failingSince }
  return recordOf({
    ...{ v: 1, id: ledgerId(offsets), ...offsets },
    events: counts.events,
    bytes: sumOf(objects.map(({ encoder }) => encoder.encodedBytes)),
    eventTypes: eventTypesOf(objects),
    ...{ filtered: counts.filtered, tombstones: counts.tombstones, removed: sumOf(gaps.map(sizeOf)) },
    firstEventAt: isoOf(counts.earliestMs),
    lastEventAt: isoOf(counts.latestMs),
    ...{ reason: 'credentials', droppedAt: isoOf(drop.atMs), errorCode: drop.code, instance: drop.instance },
    mayBePartlyDelivered: drop.isPartly,
    plan: { ...intent.plan, schemas: Object.fromEntries(intent.schemas) },
    ...{ replayed: false, replayedAt: null },
  })
}

/** The drop ledger's record of offsets that Kafka removed before delivery (delivery.md §3). */
export function gapRecord(gap: Gap, range: Range, parts: RecordParts): OutgoingRecord {
  const { connector, clock, instance } = parts
  const { topic, partition } = range
  const offsets = { connector, topic, partition, firstOffset: gap.first, lastOffset: gap.last, failingSince: null }
  return recordOf({
    ...{ v: 1, id: ledgerId(offsets), ...offsets },
    ...{ events: sizeOf(gap), bytes: null, eventTypes: {}, filtered: 0, tombstones: 0, removed: 0 },
    ...{ firstEventAt: null, lastEventAt: null },
    ...{ reason: 'retention', droppedAt: isoOf(clock.nowMs()), errorCode: null, instance },
    // A range that was begun before had to end where it was recorded to end.
    mayBePartlyDelivered: range.closedBy === 'intent',
    ...{ plan: null, replayed: false, replayedAt: null },
  })
}

function recordOf(entry: LedgerEntry): OutgoingRecord {
  return { key: Buffer.from(entry.id), value: Buffer.from(JSON.stringify(entry)), headers: [] }
}

function eventTypesOf(objects: readonly RangeObject[]): Record<string, number> {
  const types = new Map<string, number>()
  for (const { identity, encoder } of objects) {
    const { eventType } = identity.schema
    types.set(eventType, (types.get(eventType) ?? 0) + encoder.events)
  }
  return Object.fromEntries([...types].sort(([a], [b]) => (a < b ? -1 : 1)))
}

const sizeOf = ({ first, last }: Gap) => last - first + 1

const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0)

/** Records may have any timestamp, also none; what no calendar has becomes the nearest that it has. */
const isoOf = (atMs: number) => new Date(Math.min(Math.max(atMs, 0), MOST_MS)).toISOString()

/** 9999-12-31T23:59:59.999Z, the last instant with a year of four digits. */
const MOST_MS = 253_402_300_799_999
