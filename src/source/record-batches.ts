import { CODEC_NAMES, type Codecs } from './codecs.js'
import { crc32c } from './crc32c.js'
import type { FetchedPartition } from './kafka-protocol.js'
import type { Trouble } from './kafka-error.js'
import { FetchedChunk, type OpenBatch } from './record-reader.js'

/** What could be read, and why it was not more. Nothing after a batch that cannot be read is handed on. */
interface ReadBatches {
  chunk: FetchedChunk
  problem: (Trouble & { offset: number }) | undefined
}

/**
 * Opens the record batches of one fetched partition: checks CRC-32C and format, leaves out control batches, aborted
 * transactions and what lies before `from`, uncompresses the rest. A batch that was cut off at the end is left for the
 * next fetch.
 */
export function openBatches(fetched: Pick<FetchedPartition, 'records' | 'aborted'>, from: number, codecs: Codecs) {
  const { records } = fetched
  const isVisible = visibility(fetched.aborted)
  const batches: OpenBatch[] = []
  let next = from
  let problem: ReadBatches['problem']
  for (let start = 0; start + SMALLEST_HEADER_BYTES <= records.length;) {
    const end = start + BEFORE_LENGTH_BYTES + records.readInt32BE(start + AT.length)
    if (end > records.length) break
    const trouble = problemOf(records, start, end)
    const opened = trouble ?? openBatch(records.subarray(start, end), from, { isVisible, codecs })
    if (isTrouble(opened)) {
      problem = { ...opened, offset: Math.max(next, from) }
      break
    }
    if (opened.batch) batches.push(opened.batch)
    next = Math.max(next, opened.lastOffset + 1)
    start = end
  }
  return { chunk: new FetchedChunk(from, next, batches), problem } satisfies ReadBatches
}

/** Where the fields of a record batch lie (Kafka protocol guide, "Record Batch"; the first four also in older formats). */
const AT = {
  baseOffset: 0,
  length: 8,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  count: 57,
  records: 61,
}
/** The length counts what follows it. */
const BEFORE_LENGTH_BYTES = 12
const SMALLEST_HEADER_BYTES = 17
const CODEC_BITS = 7
const LOG_APPEND_TIME = 8
const TRANSACTIONAL = 16
const CONTROL = 32

type Visibility = (batch: Buffer, lastOffset: number) => boolean

function isTrouble(opened: object): opened is Trouble {
  return 'code' in opened
}

function problemOf(records: Buffer, start: number, end: number): Trouble | undefined {
  const magic = records[start + AT.magic]!
  if (magic < 2) {
    return {
      code: 'KAFKA_OLD_FORMAT',
      message: `records are stored in message format ${magic} of Kafka before 0.11: rewrite the topic with a newer client`,
      needsPerson: true,
    }
  }
  if (
    end - start < AT.records ||
    records.readUInt32BE(start + AT.crc) !== crc32c(records, start + AT.attributes, end)
  ) {
    return {
      code: 'KAFKA_CORRUPT_RECORDS',
      message: 'the checksum of a record batch does not match: it was damaged on the way or on the disk of the broker',
      needsPerson: false,
    }
  }
  return undefined
}

function openBatch(
  batch: Buffer,
  from: number,
  { isVisible, codecs }: { isVisible: Visibility; codecs: Codecs },
): Trouble | { lastOffset: number; batch?: OpenBatch } {
  const baseOffset = int64(batch, AT.baseOffset)
  const lastOffset = baseOffset + batch.readInt32BE(AT.lastOffsetDelta)
  if (!isVisible(batch, lastOffset) || lastOffset < from) return { lastOffset }
  const attributes = batch.readInt16BE(AT.attributes)
  const content = uncompress(batch, attributes & CODEC_BITS, codecs)
  if (isTrouble(content)) return content
  return {
    lastOffset,
    batch: {
      ...content,
      count: batch.readInt32BE(AT.count),
      baseOffset,
      baseTimestampMs: int64(batch, AT.baseTimestamp),
      appendedAtMs: attributes & LOG_APPEND_TIME ? int64(batch, AT.maxTimestamp) : -1,
    },
  }
}

function uncompress(batch: Buffer, codec: number, codecs: Codecs): Trouble | { bytes: Buffer; start: number } {
  if (codec === 0) return { bytes: batch, start: AT.records }
  const decompress = codecs[codec]
  if (!decompress) {
    const message = `records are compressed with codec ${codec}, which is not one of ${CODEC_NAMES.join(', ')}`
    return { code: 'KAFKA_UNKNOWN_CODEC', message, needsPerson: true }
  }
  try {
    return { bytes: decompress(batch.subarray(AT.records)), start: 0 }
  } catch (error) {
    const message = `records compressed with ${CODEC_NAMES[codec]} cannot be read: ${String(error)}`
    return { code: 'KAFKA_CORRUPT_RECORDS', message, needsPerson: true }
  }
}

/**
 * Which batches a reader of committed records may see. The broker lists aborted transactions with their first offsets;
 * each ends at its producer's next control batch.
 */
function visibility(aborted: FetchedPartition['aborted']): Visibility {
  const upcoming = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset)
  const open = new Set<number>()
  return (batch, lastOffset) => {
    const attributes = batch.readInt16BE(AT.attributes)
    while (upcoming[0] && upcoming[0].firstOffset <= lastOffset) open.add(upcoming.shift()!.producerId)
    const isTransactional = (attributes & TRANSACTIONAL) !== 0
    if (!isTransactional && !(attributes & CONTROL)) return true
    const producerId = int64(batch, AT.producerId)
    if (attributes & CONTROL) open.delete(producerId)
    return !(attributes & CONTROL) && !open.has(producerId)
  }
}

const int64 = (bytes: Buffer, at: number) => bytes.readInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4)
