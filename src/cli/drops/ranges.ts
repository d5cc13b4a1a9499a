import type { ConnectorRanges } from '../../delivery/connector-ranges.js'
import type { Intent, WritePlan } from '../../range/intent.js'
import type { ObjectEncoder, OpenObject } from '../../range/object-encoder.js'
import { OpenRange, type ObjectLimits, type RangeParts } from '../../range/open-range.js'
import type { ClosedBy, Range } from '../../range/range.js'
import type { PartitionEnds } from '../../source/kafka-offsets.js'
import type { KafkaReader } from '../../source/kafka-reader.js'
import type { RecordView } from '../../source/source.js'
import type { Drop } from './ledger.js'
import type { Stretch } from './remains.js'

export interface RangesParts {
  reader: Pick<KafkaReader, 'chunks'>
  ranges: ConnectorRanges
  limits: ObjectLimits
  /** Offsets to leave out: their events are in the dead-letter topic, and that is where they are delivered from. */
  deadLettered: ReadonlySet<number>
}

/** A closed range, and how many records of its offsets are not in it. */
export interface ReadRange {
  range: Range
  leftOut: number
}

/** The range of a ledger entry, exactly as recorded; where Kafka has removed its beginning, from `first` on. */
export async function recordedRange(drop: Drop, first: number, parts: RangesParts): Promise<ReadRange> {
  const open = new SelectiveRange(rangeParts(drop, parts.ranges), first, intentOf(drop))
  for await (const chunk of parts.reader.chunks(asked(drop, first))) {
    chunk.forEach((record) => record.offset <= drop.lastOffset && open.take(record, parts.deadLettered))
  }
  return open.closeAt(drop.lastOffset, 'intent')
}

/**
 * Ranges for offsets that no entry covers. Nobody has recorded how to cut them, so that only their bytes before compression
 * count as size: when a compressed block is ready depends on the machine, and a repetition must cut at the same offsets.
 */
export async function* cutRanges(stretch: Stretch, first: number, parts: RangesParts): AsyncGenerator<ReadRange, void> {
  const { reader, ranges, limits, deadLettered } = parts
  const rangesApart = rangeParts(stretch, { ...ranges, formats: measured(ranges.formats), plan: apart(ranges.plan) })
  let open = new SelectiveRange(rangesApart, first)
  for await (const chunk of reader.chunks(asked(stretch, first))) {
    const full: ReadRange[] = []
    chunk.forEach((record) => {
      if (record.offset > stretch.lastOffset) return
      open.take(record, deadLettered)
      if (!open.isFull(limits, false)) return
      full.push(open.closeAt(record.offset, 'events'))
      open = new SelectiveRange(rangesApart, record.offset + 1)
    })
    yield* full
  }
  if (open.first <= stretch.lastOffset) yield open.closeAt(stretch.lastOffset, 'drained')
}

class SelectiveRange extends OpenRange {
  #leftOut = 0

  /** Adds the record, unless its offset is one of `leftOut`. */
  take(record: RecordView, leftOut: ReadonlySet<number>): void {
    if (!leftOut.has(record.offset)) return this.add(record)
    this.advanceTo(record.offset + 1)
    this.#leftOut++
  }

  /** Closes it with `last` as its last offset. */
  closeAt(last: number, closedBy: ClosedBy): ReadRange {
    this.advanceTo(last + 1)
    return { range: this.close(closedBy), leftOut: this.#leftOut }
  }
}

/** An object delivered before may begin at the same offset, with more events in it: it must never be overwritten. */
const apart = (plan: WritePlan): WritePlan => ({ ...plan, zone: `${plan.zone}-replay` })

function intentOf({ id, lastOffset, plan: recorded }: Drop): Intent {
  if (!recorded) throw new RangeError(`drop ${id} has no plan`)
  const { schemas, ...plan } = recorded
  return { end: lastOffset, plan, schemas: new Map(Object.entries(schemas)) }
}

/** Memory is not accounted for: one range at a time is held, of a size that delivery held too. */
function rangeParts({ topic, partition }: Stretch, ranges: ConnectorRanges): RangeParts {
  return { ...ranges, topic, partition, account: () => undefined }
}

function asked({ topic, partition, lastOffset }: Stretch, first: number): PartitionEnds {
  return { topic, partition, low: first, high: lastOffset + 1 }
}

/** The same objects; their size is that of their events before compression. */
function measured(formats: RangeParts['formats']): RangeParts['formats'] {
  const uncompressed =
    (openObject: OpenObject): OpenObject =>
    (identity, account) =>
      new Uncompressed(openObject(identity, account))
  return { null: uncompressed(formats.null), deflate: uncompressed(formats.deflate) }
}

class Uncompressed implements ObjectEncoder {
  encodedBytes = 0

  constructor(private readonly object: ObjectEncoder) {}

  get events(): number {
    return this.object.events
  }

  append(bytes: Buffer, length: number, offset: number): void {
    this.encodedBytes += length
    this.object.append(bytes, length, offset)
  }

  close(): void {
    this.object.close()
  }

  body(): Promise<Buffer> {
    return this.object.body()
  }
}
