import { crc32c } from './crc32c.js'
import type { StoredRecord } from './source.js'

/** The fixed part of a record batch in front of its records (Kafka protocol guide, "Record Batch", magic 2). */
const HEADER_BYTES = 61
/** The base offset and the length itself are not counted by the length. */
const BEFORE_LENGTH_BYTES = 12
const CRC_AT = 17
const CHECKED_FROM = 21
const NONE = -1n

/**
 * One uncompressed record batch of format 2 with these records in this order, all with one timestamp (Unix milliseconds).
 * kafkajs cannot write a header without a value, nor keep the order of headers: a dead letter needs both.
 */
export function encodeRecordBatch(records: readonly StoredRecord[], timestampMs: number): Buffer {
  const batch = Buffer.concat([Buffer.alloc(HEADER_BYTES), ...records.map(encodeRecord)])
  batch.writeInt32BE(batch.length - BEFORE_LENGTH_BYTES, 8)
  batch.writeInt32BE(-1, 12) // leader epoch: the broker's business
  batch[16] = 2
  batch.writeInt32BE(records.length - 1, 23)
  batch.writeBigInt64BE(BigInt(timestampMs), 27)
  batch.writeBigInt64BE(BigInt(timestampMs), 35)
  batch.writeBigInt64BE(NONE, 43) // no producer id: not idempotent, not transactional
  batch.writeInt16BE(-1, 51)
  batch.writeInt32BE(-1, 53)
  batch.writeInt32BE(records.length, 57)
  batch.writeUInt32BE(crc32c(batch, CHECKED_FROM), CRC_AT)
  return batch
}

/** About what the record takes in a batch; for cutting batches to size. */
export function encodedBytes({ key, value, headers }: StoredRecord): number {
  const headerBytes = headers.reduce((sum, { name, value }) => sum + name.length + (value?.length ?? 0), 0)
  return (key?.length ?? 0) + (value?.length ?? 0) + headerBytes
}

function encodeRecord({ key, value, headers }: StoredRecord, index: number): Buffer {
  const body = Buffer.concat([
    Buffer.from([0, 0]), // attributes; timestamp delta
    varint(index),
    ...withLength(key),
    ...withLength(value),
    varint(headers.length),
    ...headers.flatMap((header) => [...withLength(Buffer.from(header.name)), ...withLength(header.value)]),
  ])
  return Buffer.concat([varint(body.length), body])
}

const withLength = (bytes: Buffer | null) => (bytes ? [varint(bytes.length), bytes] : [varint(-1)])

/** Zigzag, then seven bits per byte, the lowest first. */
function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128)
  return Buffer.from([...bytes, rest])
}
