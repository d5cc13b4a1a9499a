import type { Rejection } from '../events/rejection.js'
import type { EncodedEvent, SchemaPins, Transcoder } from '../events/transcoder.js'
import type { SchemaVersion } from '../events/catalogue.js'
import type { RecordView } from '../source/source.js'
import type { Intent, WritePlan } from './intent.js'
import type { MemoryAccount, ObjectEncoder, OpenObject } from './object-encoder.js'
import type { MakeRecord, RangeRecord } from './range-record.js'
import type { ClosedBy, Gap, Range, RangeCounts, RangeObject, RejectedEvent } from './range.js'

/** What every range of a partition is made with. */
export interface RangeParts {
  readonly connector: string
  readonly topic: string
  readonly partition: number
  readonly transcoder: Transcoder
  readonly plan: WritePlan
  /** The file format of each codec: a recorded range keeps the one it was begun with. */
  readonly formats: Readonly<Record<WritePlan['codec'], OpenObject>>
  /** Set where events go as records into a stream, not into objects. */
  readonly makeRecord?: MakeRecord | undefined
  /** Told every change of the memory the range holds, in bytes. */
  readonly account: MemoryAccount
}

/**
 * Limits of one object (not of the range): the first to be reached closes the range it is in (delivery.md §1.3). All records
 * of a range count as one object.
 */
export interface ObjectLimits {
  maxEvents: number
  maxEventsUnderLoad: number
  maxBytes: number
}

/**
 * Memory a rejected event holds beside its bytes: the objects around it, rounded up from heap snapshots of V8 (about
 * 600 bytes with two headers).
 */
const REJECTED_OVERHEAD_BYTES = 1024

/**
 * Memory of a record beside its bytes: record, buffer, strings and its place in the backlog. Rounded up from 490 bytes without
 * a partition key and 570 with one: V8's heap before and after 20,000 records.
 */
const RECORD_OVERHEAD_BYTES = 600

/** Schema ids must fit into the metadata, beside a folder of at most 1,024 characters and the marks: see MAX_METADATA_CHARS. */
const MAX_PIN_CHARS = 2200

/** A range that grows: every record is decoded and encoded when it is added. Pure and synchronous; time stays outside. */
export class OpenRange {
  readonly #parts: RangeParts
  /** The intent found at assignment: this range is written again, exactly as recorded. */
  readonly recorded: Intent | null
  readonly #objects = new Map<SchemaVersion, Map<number, ObjectEncoder>>()
  readonly #list: RangeObject[] = []
  readonly #records: RangeRecord[] = []
  readonly #rejected: RejectedEvent[] = []
  readonly #gaps: Gap[] = []
  readonly #pins = new Map<string, number>()
  readonly #usedPins: SchemaPins | null
  readonly #openObject: OpenObject
  readonly #counts: RangeCounts = {
    ...{ events: 0, filtered: 0, tombstones: 0, rejected: 0 },
    ...{ earliestMs: Infinity, latestMs: -Infinity },
  }
  #pinChars = 0
  #next: number
  #heldBytes = 0
  #released = false
  #mostEvents = 0
  #mostBytes = 0

  constructor(
    parts: RangeParts,
    readonly first: number,
    recorded: Intent | null = null,
  ) {
    this.#parts = parts
    this.#next = first
    this.recorded = recorded
    this.#usedPins = recorded ? recorded.schemas : null
    this.#openObject = parts.formats[(recorded?.plan ?? parts.plan).codec]
  }

  /** The offset after everything this range accounts for. */
  get next(): number {
    return this.#next
  }

  /** True while the range accounts for no offset at all. */
  get isEmpty(): boolean {
    return this.#next === this.first
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  get counts(): Readonly<RangeCounts> {
    return this.#counts
  }

  get gaps(): readonly Gap[] {
    return this.#gaps
  }

  /** True when everything the recorded intent names has been read. */
  get isReplayed(): boolean {
    return this.recorded !== null && this.#next > this.recorded.end
  }

  /** True when one of its objects has reached a limit; `underLoad` allows more events, never more bytes. */
  isFull(limits: ObjectLimits, underLoad: boolean): boolean {
    const maxEvents = underLoad ? limits.maxEventsUnderLoad : limits.maxEvents
    return this.#mostEvents >= maxEvents || this.#mostBytes >= limits.maxBytes || this.#pinChars >= MAX_PIN_CHARS
  }

  /** Adds the record at the offset after all earlier ones. Events below `first` must not be given. */
  add(record: RecordView): void {
    const result = this.#parts.transcoder.transcode(record, this.#usedPins)
    this.#next = record.offset + 1
    switch (result.verdict) {
      case 'encoded':
        return this.#append(result, record)
      case 'filtered':
        this.#counts.filtered++
        return
      case 'tombstone':
        this.#counts.tombstones++
        return
      case 'rejected':
        this.#reject(record, result.rejection)
    }
  }

  /** Nothing (more) exists below `offset`: compacted away, control records, aborted transactions. */
  advanceTo(offset: number): void {
    if (offset > this.#next) this.#next = offset
  }

  /** Kafka removed everything from here to below `offset` before it was delivered. */
  addGap(offset: number): void {
    this.#gaps.push({ first: this.#next, last: offset - 1 })
    this.#next = offset
  }

  /** No record follows. The range may not be empty. */
  close(closedBy: ClosedBy): Range {
    for (const { encoder } of this.#list) encoder.close()
    const heldBytes = () => this.#heldBytes
    return {
      topic: this.#parts.topic,
      partition: this.#parts.partition,
      first: this.first,
      last: this.#next - 1,
      intent: this.recorded ?? { end: this.#next - 1, plan: this.#parts.plan, schemas: this.#pins },
      closedBy,
      objects: this.#list,
      records: this.#records,
      rejected: this.#rejected,
      gaps: this.#gaps,
      counts: this.#counts,
      get heldBytes() {
        return heldBytes()
      },
      release: () => this.release(),
    }
  }

  /** Gives its memory back to the account; nothing of it may be used afterwards. */
  release(): void {
    this.#account(-this.#heldBytes)
    this.#released = true
    this.#objects.clear()
  }

  #append(event: EncodedEvent, record: RecordView): void {
    const { makeRecord } = this.#parts
    const rejection = makeRecord ? this.#appendRecord(makeRecord(event, record)) : this.#appendToObject(event, record)
    if (rejection) return this.#reject(record, rejection)
    const counts = this.#counts
    counts.events++
    if (record.timestampMs < counts.earliestMs) counts.earliestMs = record.timestampMs
    if (record.timestampMs > counts.latestMs) counts.latestMs = record.timestampMs
  }

  #appendRecord(record: RangeRecord | Rejection): Rejection | undefined {
    if ('reason' in record) return record
    this.#pin(record.schema)
    this.#records.push(record)
    this.#mostEvents++
    this.#mostBytes += record.bytes.length
    this.#account(RECORD_OVERHEAD_BYTES + record.bytes.length)
    return undefined
  }

  #appendToObject(event: EncodedEvent, record: RecordView): undefined {
    const encoder = this.#objectOf(event.schema, record)
    encoder.append(event.bytes, event.length, record.offset)
    if (encoder.events > this.#mostEvents) this.#mostEvents = encoder.events
    if (encoder.encodedBytes > this.#mostBytes) this.#mostBytes = encoder.encodedBytes
  }

  #reject(record: RecordView, rejection: Rejection): void {
    const stored = record.copy()
    const { offset, timestampMs } = record
    this.#rejected.push({ offset, timestampMs, record: stored, rejection })
    this.#counts.rejected++
    this.#account(REJECTED_OVERHEAD_BYTES + (stored.key?.length ?? 0) + (stored.value?.length ?? 0))
  }

  #objectOf(schema: SchemaVersion, record: RecordView): ObjectEncoder {
    const hour = hourOf(record.timestampMs)
    let hours = this.#objects.get(schema)
    if (!hours) {
      this.#pin(schema)
      this.#objects.set(schema, (hours = new Map<number, ObjectEncoder>()))
    }
    let encoder = hours.get(hour)
    if (!encoder) hours.set(hour, (encoder = this.#open(schema, hour, record.offset)))
    return encoder
  }

  /** The first version is what an event has whose type is not pinned. */
  #pin({ isFirst, eventType, schemaId }: SchemaVersion): void {
    if (isFirst || this.#pins.has(eventType)) return
    this.#pins.set(eventType, schemaId)
    // "name":123, in JSON
    this.#pinChars += eventType.length + String(schemaId).length + 4
  }

  #open(schema: SchemaVersion, hour: number, firstOffset: number): ObjectEncoder {
    const { connector, topic, partition } = this.#parts
    const identity = { connector, topic, partition, schema, hour, firstOffset }
    const encoder = this.#openObject(identity, (deltaBytes) => this.#account(deltaBytes))
    this.#list.push({ identity, encoder })
    return encoder
  }

  #account(deltaBytes: number): void {
    // A released range's last blocks may still be in compression: their memory was given back already.
    if (this.#released) return
    this.#heldBytes += deltaBytes
    this.#parts.account(deltaBytes)
  }
}

const HOUR_MS = 3_600_000

/** Whole hours since the Unix epoch; records without a timestamp (-1) belong to the first hour. */
function hourOf(timestampMs: number): number {
  return Math.max(0, Math.floor(timestampMs / HOUR_MS))
}
