import type { RecordView } from '../source/source.js'
import type { SchemaVersion } from './catalogue.js'
import type { Rejection } from './rejection.js'

/** Schema ids a range is bound to by its intent, by event type; a type that is not named uses what the caller's rule says. */
export type SchemaPins = ReadonlyMap<string, number>

/** An event of the connector, as the body of an Avro record. The object and its bytes are reused by the next call: copy. */
export interface EncodedEvent {
  readonly verdict: 'encoded'
  readonly schema: SchemaVersion
  /** The Avro body is `bytes[0..length)`. */
  readonly bytes: Buffer
  readonly length: number
  /** Of the fields that the transcoder was asked for, in that order: see `FieldText`. Not reused. */
  readonly texts?: readonly (string | undefined)[]
}

export type Transcoded =
  | EncodedEvent
  /** Left out by the connector's configuration. */
  | { readonly verdict: 'filtered' }
  /** A record with an empty value (null or no bytes). */
  | { readonly verdict: 'tombstone' }
  | { readonly verdict: 'rejected'; readonly rejection: Rejection }

/** The hot path of one connector: one Kafka record in, Avro bytes or the reason why not out. Never throws for what a record holds. */
export interface Transcoder {
  /** `pins` null: every event is encoded with the newest version of its schema. */
  transcode(record: RecordView, pins: SchemaPins | null): Transcoded
}
