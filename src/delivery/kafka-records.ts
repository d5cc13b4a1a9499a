import type { Gap, RejectedEvent, Range } from '../range/range.js'
import type { Clock } from '../runtime/clock.js'
import { createHash } from 'node:crypto'

/** A record for a topic of Millrace's own. */
export interface OutgoingRecord {
  key: Buffer | null
  value: Buffer | null
  headers: { name: string; value: Buffer | null }[]
}

/** Key, value and headers as they were, plus where it came from and why it is here (configuration.md: dead letters). */
export function deadLetter(event: RejectedEvent, range: Range, connector: string, clock: Clock): OutgoingRecord {
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

/**
 * The drop ledger's record of offsets that Kafka removed before delivery (delivery.md §3). The id depends only on what is
 * gone, so that a repeated write is recognised.
 */
export function gapRecord(gap: Gap, range: Range, connector: string, clock: Clock): OutgoingRecord {
  const place = {
    connector,
    topic: range.topic,
    partition: range.partition,
    firstOffset: gap.first,
    lastOffset: gap.last,
  }
  const id = createHash('sha256').update(JSON.stringify(place)).digest('hex').slice(0, 32)
  const offsets = gap.last - gap.first + 1
  const entry = { id, ...place, offsets, reason: 'retention', droppedAt: new Date(clock.nowMs()).toISOString() }
  return { key: Buffer.from(id), value: Buffer.from(JSON.stringify(entry)), headers: [] }
}
