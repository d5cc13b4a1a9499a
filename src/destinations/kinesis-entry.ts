import { createHash, randomUUID } from 'node:crypto'
import type { RecordPayload } from './destination.js'
import type { StreamEntry } from './kinesis-client.js'

/** One record of the stream, and the payloads in it: one, or several in an aggregated record. */
export interface Entry extends StreamEntry {
  readonly records: readonly RecordPayload[]
  /** Entries of one queue are written one after the other. */
  readonly queue: string
  /** What Kinesis counts: the data and the partition key. */
  readonly bytes: number
}

/** An event as a record of its own. */
export function plainEntry(record: RecordPayload): Entry {
  const partitionKey = keyOf(record)
  return entryOf({ data: record.bytes, partitionKey }, [record], partitionKey)
}

/** The payloads of an entry, each in one of its own, where it would have been. */
export function separated({ records, hashKey, queue }: Entry): Entry[] {
  return records.map((record) => {
    const entry = { data: record.bytes, partitionKey: keyOf(record), ...(hashKey !== undefined && { hashKey }) }
    return entryOf(entry, [record], queue)
  })
}

export function entryOf(entry: StreamEntry, records: readonly RecordPayload[], queue: string): Entry {
  const { data, partitionKey, hashKey } = entry
  const bytes = data.length + Buffer.byteLength(partitionKey)
  // Field by field: a spread costs ten times as much, for every event.
  return hashKey === undefined
    ? { data, partitionKey, records, queue, bytes }
    : { data, partitionKey, hashKey, records, queue, bytes }
}

/** Characters of a partition key (Amazon Kinesis Data Streams API Reference, "PutRecordsRequestEntry"). */
const MOST_KEY_CHARACTERS = 256

/** The key that the stream is given: a longer one by its hash, which keeps its records together; where there is none, any. */
export function keyOf({ partitionKey }: RecordPayload): string {
  if (partitionKey === null) return randomUUID()
  if (partitionKey.length <= MOST_KEY_CHARACTERS) return partitionKey
  return createHash('sha256').update(partitionKey).digest('hex')
}
