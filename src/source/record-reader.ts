import type { RecordChunk, RecordView, StoredRecord } from './source.js'

/** A record batch that is ready to be read: checked, uncompressed, and not one that must stay invisible. */
export interface OpenBatch {
  /** Holds the records from `start` on. */
  bytes: Buffer
  start: number
  count: number
  baseOffset: number
  baseTimestampMs: number
  /** Where the topic stamps records as they are appended, that instant, which then counts for all of them; else -1. */
  appendedAtMs: number
}

/** What one fetch brought of one partition. */
export class FetchedChunk implements RecordChunk {
  constructor(
    readonly from: number,
    readonly next: number,
    readonly batches: OpenBatch[],
  ) {}

  forEach(each: (record: RecordView) => void): void {
    const record = new RecordReader()
    for (const batch of this.batches) record.forEachOf(batch, this.from, each)
  }
}

/**
 * Walks over the records of a batch, and is the view on the one it stands on. A record is: length, attributes, timestamp
 * delta, offset delta, key, value, headers, all lengths and deltas as zigzag varints.
 * Nothing is copied or built for a record: this is the hottest loop of the source.
 */
class RecordReader implements RecordView {
  offset = 0
  timestampMs = 0
  bytes: Buffer = Buffer.alloc(0)
  valueStart = -1
  valueEnd = -1
  #keyStart = -1
  #keyEnd = -1
  #headersStart = 0
  #at = 0

  /** Calls `each` for every record of the batch whose offset is `from` or later. */
  forEachOf(batch: OpenBatch, from: number, each: (record: RecordView) => void): void {
    this.bytes = batch.bytes
    let at = batch.start
    for (let left = batch.count; left > 0; left--) {
      this.#at = at
      const length = this.#varint()
      at = this.#at + length
      if (length <= 0 || at > batch.bytes.length) throw new RangeError('a record reaches beyond its batch')
      this.#at++ // attributes: none are defined
      const timestampMs = batch.baseTimestampMs + this.#varint()
      this.timestampMs = batch.appendedAtMs < 0 ? timestampMs : batch.appendedAtMs
      this.offset = batch.baseOffset + this.#varint()
      this.#findKeyAndValue()
      if (this.offset >= from) each(this)
    }
  }

  header(name: string): Buffer | undefined {
    let found: Buffer | undefined
    this.#at = this.#headersStart
    for (let left = this.#varint(); left > 0; left--) {
      const nameEnd = this.#varint() + this.#at
      const matches = isText(this.bytes, this.#at, nameEnd, name)
      this.#at = nameEnd
      const value = this.#slice()
      if (matches) found = value ?? undefined
    }
    return found
  }

  key(): Buffer | null {
    return this.#keyStart < 0 ? null : this.bytes.subarray(this.#keyStart, this.#keyEnd)
  }

  copy(): StoredRecord {
    const headers: StoredRecord['headers'] = []
    this.#at = this.#headersStart
    for (let left = this.#varint(); left > 0; left--) {
      const name = String(this.#slice())
      headers.push({ name, value: copyOf(this.#slice()) })
    }
    const value = this.valueStart < 0 ? null : this.bytes.subarray(this.valueStart, this.valueEnd)
    return { key: copyOf(this.key()), value: copyOf(value), headers }
  }

  #findKeyAndValue(): void {
    const keyLength = this.#varint()
    this.#keyStart = keyLength < 0 ? -1 : this.#at
    if (keyLength > 0) this.#at += keyLength
    this.#keyEnd = this.#at
    const valueLength = this.#varint()
    this.valueStart = valueLength < 0 ? -1 : this.#at
    if (valueLength > 0) this.#at += valueLength
    this.valueEnd = valueLength < 0 ? -1 : this.#at
    this.#headersStart = this.#at
  }

  /** A view on the bytes that follow their length; null when the length is negative. */
  #slice(): Buffer | null {
    const length = this.#varint()
    if (length < 0) return null
    return this.bytes.subarray(this.#at, (this.#at += length))
  }

  #varint(): number {
    const { bytes } = this
    let byte = bytes[this.#at++]!
    if (byte < 128) return (byte >>> 1) ^ -(byte & 1)
    let value = byte & 127
    let shift = 7
    while (shift < 28 && (byte = bytes[this.#at++]!) >= 128) {
      value |= (byte & 127) << shift
      shift += 7
    }
    if (byte < 128) {
      value |= byte << shift
      return (value >>> 1) ^ -(value & 1)
    }
    return this.#longVarint(value)
  }

  /** Goes on where four bytes were not enough, beyond what bit operations can hold. */
  #longVarint(firstBits: number): number {
    let value = firstBits
    let scale = 2 ** 28
    let byte: number
    do {
      byte = this.bytes[this.#at++]!
      value += (byte & 127) * scale
      scale *= 128
    } while (byte >= 128)
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2
  }
}

const copyOf = (bytes: Buffer | null) => (bytes === null ? null : Buffer.from(bytes))

/** Compares without building a string; header names are ASCII nearly always, and decoded when they are not. */
function isText(bytes: Buffer, start: number, end: number, text: string): boolean {
  for (let at = start, i = 0; at < end; at++, i++) {
    const byte = bytes[at]!
    if (byte >= 128) return bytes.toString('utf8', start, end) === text
    if (byte !== text.charCodeAt(i)) return false
  }
  return end - start === text.length
}
