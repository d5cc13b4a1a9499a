import type { SchemaVersion } from '../events/catalogue.js'
import type { Rejection } from '../events/rejection.js'
import type { EncodedEvent } from '../events/transcoder.js'
import type { RecordView } from '../source/source.js'

/** An event of a range as a record of a stream. */
export interface RangeRecord {
  /** Of the event in its partition. */
  readonly offset: number
  readonly schema: SchemaVersion
  /** The event's `id`. */
  readonly eventId: string
  /** What keeps records in order; null: nothing. */
  readonly partitionKey: string | null
  readonly bytes: Buffer
  readonly contentType: string
}

/** Makes the record of an event, with bytes of its own, or says why no stream can take it. A record format implements it. */
export type MakeRecord = (event: EncodedEvent, record: RecordView) => RangeRecord | Rejection
