import { KAFKA_KEY, RANDOM_KEY, type PartitionKey, type RecordSettings } from '../config/configuration.js'
import type { SchemaVersion } from '../events/catalogue.js'
import type { Rejection } from '../events/rejection.js'
import type { EncodedEvent } from '../events/transcoder.js'
import type { MakeRecord } from '../range/range-record.js'
import type { RecordView } from '../source/source.js'
import { jsonRecord } from './json-record.js'
import { RecordSlabs } from './record-slabs.js'
import { singleObject } from './single-object.js'

/** The event's own id; every type has it (currents.md: events). */
const ID = 'id'

/** Turns an Avro body of one schema into the bytes of a record, which are a copy. */
type Encode = (body: Buffer, length: number) => Buffer

/** A format of records: a new one is a line here, and its name in the configuration. */
const FORMATS: Record<
  RecordSettings['format'],
  { contentType: string; of: (schema: SchemaVersion, slabs: RecordSlabs) => Encode }
> = {
  avro: { contentType: 'avro/binary', of: singleObject },
  json: { contentType: 'application/json', of: jsonRecord },
}

export interface StreamRecordParts {
  format: RecordSettings['format']
  partitionKey: PartitionKey
  /** Of a record's bytes and its partition key; unlimited where only the stream itself knows. */
  maxRecordBytes: number
}

/** Fields whose text `streamRecords` asks the transcoder for. */
export function textsFor({ partitionKey }: StreamRecordParts): string[] {
  return [ID, ...(partitionKey === KAFKA_KEY || partitionKey === RANDOM_KEY ? [] : [partitionKey])]
}

/** Makes records of events that were transcoded with `textsFor` the same parts. */
export function streamRecords(parts: StreamRecordParts): MakeRecord {
  const { contentType, of } = FORMATS[parts.format]
  const keyOf = partitionKeys(parts.partitionKey)
  const encoders = new Map<SchemaVersion, Encode>()
  const slabs = new RecordSlabs()
  return (event, record) => {
    const { schema, texts = [] } = event
    let encode = encoders.get(schema)
    if (!encode) encoders.set(schema, (encode = of(schema, slabs)))
    const bytes = encode(event.bytes, event.length)
    const partitionKey = keyOf(event, record)
    const size = bytes.length + Buffer.byteLength(partitionKey ?? '')
    if (size > parts.maxRecordBytes) return oversized(size, parts.maxRecordBytes)
    return { offset: record.offset, schema, eventId: texts[0] ?? '', partitionKey, bytes, contentType }
  }
}

/** An event without the field, or the record without a key, goes by its own id; without that too, no order is kept. */
function partitionKeys(partitionKey: PartitionKey): (event: EncodedEvent, record: RecordView) => string | null {
  if (partitionKey === RANDOM_KEY) return () => null
  if (partitionKey === KAFKA_KEY) return ({ texts = [] }, record) => textOf(record.key()) ?? texts[0] ?? null
  return ({ texts = [] }) => texts[1] ?? texts[0] ?? null
}

/** Keys that are no text differ in their bytes: Latin-1 keeps each. */
function textOf(key: Buffer | null): string | undefined {
  if (!key || key.length === 0) return undefined
  const text = key.toString()
  return text.includes('\uFFFD') ? key.toString('latin1') : text
}

function oversized(size: number, most: number): Rejection {
  return {
    reason: 'OVERSIZED',
    message: `its record has ${size} bytes with the partition key, the stream takes ${most}`,
  }
}
