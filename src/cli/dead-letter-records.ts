import type { OutgoingRecord } from '../delivery/kafka-records.js'
import { decodeMetadata, encodeMetadata } from '../range/commit-metadata.js'
import type { Intent } from '../range/intent.js'
import type { TopicRecord } from '../source/kafka-reader.js'
import type { StoredRecord } from '../source/source.js'

/**
 * What stands in the dead-letter topic: dead letters, written by delivery (`delivery/kafka-records.ts`), and, written by
 * `millrace dead-letters replay`, what became of them. Nothing in it is ever rewritten.
 */

/** Where an event stood that was dead-lettered: what its letter is known by, however often it was written. */
export interface Origin {
  connector: string
  topic: string
  partition: number
  offset: number
}

/** An event as it was, and why it could not be delivered. */
export interface Letter {
  kind: 'letter'
  origin: Origin
  reason: string
  message: string
  failedAt: string
  /** When the event was queued, Unix milliseconds; of letters that do not say, when the letter was written. */
  timestampMs: number
  /** Key, value and headers of the event. */
  event: StoredRecord
}

/** What will be written for a letter is decided: by the first such record of its origin, whoever writes others. */
export interface ReplayIntent {
  kind: 'intent'
  origin: Origin
  intent: Intent
}

/** The letter's event is in the object; null: in the stream. */
export interface Replayed {
  kind: 'replayed'
  origin: Origin
  replayedAt: string
  object: string | null
}

/** `<connector>/<topic>/<partition>/<offset>`; neither name can hold a slash. */
export function idOf({ connector, topic, partition, offset }: Origin): string {
  return `${connector}/${topic}/${partition}/${offset}`
}

/** Undefined for what is none of ours. */
export function readDeadLetterRecord(record: TopicRecord): Letter | ReplayIntent | Replayed | undefined {
  // An event's own headers stand first and may be called anything: only what follows them was written by Millrace.
  const ownFrom = record.headers.findLastIndex(({ name }) => name === 'millrace.connector')
  if (ownFrom < 0) return undefined
  const own = new Map(record.headers.slice(ownFrom).map(({ name, value }) => [name, value?.toString() ?? '']))
  const origin = originOf(own)
  if (!origin) return undefined
  if (own.has('millrace.reason')) return letterOf(record, ownFrom, { origin, own })
  const intent = decodeMetadata(own.get('millrace.replay') ?? '')
  if (intent.kind === 'ours' && intent.intent) return { kind: 'intent', origin, intent: intent.intent }
  const replayedAt = own.get('millrace.replayed')
  if (replayedAt === undefined) return undefined
  return { kind: 'replayed', origin, replayedAt, object: own.get('millrace.object') ?? null }
}

/** To be acknowledged before the first byte leaves (delivery.md §1). */
export function replayIntentRecord(origin: Origin, intent: Intent): OutgoingRecord {
  return recordAbout(origin, { 'millrace.replay': encodeMetadata({ intent, marks: {} }) })
}

export function replayedRecord(origin: Origin, replayedAtMs: number, object: string | undefined): OutgoingRecord {
  const replayedAt = new Date(replayedAtMs).toISOString()
  return recordAbout(origin, {
    'millrace.replayed': replayedAt,
    ...(object !== undefined && { 'millrace.object': object }),
  })
}

/** All records about one letter have one key, so that they lie in one partition and have an order. */
function recordAbout(origin: Origin, more: Record<string, string>): OutgoingRecord {
  const { connector, topic, partition, offset } = origin
  const place = {
    'millrace.connector': connector,
    'millrace.topic': topic,
    'millrace.partition': String(partition),
    'millrace.offset': String(offset),
  }
  const headers = Object.entries({ ...place, ...more }).map(([name, text]) => ({ name, value: Buffer.from(text) }))
  return { key: Buffer.from(idOf(origin)), value: null, headers }
}

type OwnHeaders = ReadonlyMap<string, string>

function originOf(own: OwnHeaders): Origin | undefined {
  const connector = own.get('millrace.connector')
  const topic = own.get('millrace.topic')
  const [partition, offset] = [Number(own.get('millrace.partition')), Number(own.get('millrace.offset'))]
  if (connector === undefined || topic === undefined) return undefined
  return isCount(partition) && isCount(offset) ? { connector, topic, partition, offset } : undefined
}

const isCount = (number: number) => Number.isSafeInteger(number) && number >= 0

function letterOf(record: TopicRecord, ownFrom: number, { origin, own }: { origin: Origin; own: OwnHeaders }): Letter {
  const { key, value, headers } = record
  const timestamp = own.get('millrace.timestamp')
  return {
    kind: 'letter',
    origin,
    reason: own.get('millrace.reason') ?? '',
    message: own.get('millrace.message') ?? '',
    failedAt: own.get('millrace.failed-at') ?? '',
    timestampMs: timestamp === undefined ? record.timestampMs : Number(timestamp),
    event: { key, value, headers: headers.slice(0, ownFrom) },
  }
}
