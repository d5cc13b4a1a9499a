import { isUtf8 } from 'node:buffer'
import type { RecordView } from '../source/source.js'
import { AvroWriter } from './avro-writer.js'
import type { Catalogue, EventType } from './catalogue.js'
import { EventEncoder } from './event-encoder.js'
import { isAnonymous, type JsonObject } from './event-fields.js'
import { isEventTypeName } from './event-type-name.js'
import { selectsType, type EventSelection } from './event-selection.js'
import { NestingError, parseExact } from './exact-json.js'
import { resolveTransforms, type ResolvedTransforms } from './field-transform.js'
import { isObject, ROUNDED } from './field-value.js'
import type { Rejection, RejectionReason } from './rejection.js'
import type { EncodedEvent, SchemaPins, Transcoded, Transcoder } from './transcoder.js'
import type { FieldTransforms } from './transform.js'

export interface TranscoderParts {
  catalogue: Catalogue
  events: EventSelection
  fields: FieldTransforms
  /** Called for every member of an event that its schema has no field for. */
  onUnknownField: (eventType: string) => void
  /** Fields whose text is wanted beside the encoded event: see `EncodedEvent.texts`. */
  texts?: readonly string[]
}

/** Larger values are not delivered (currents: events; the vendor's limit of 900 KB). */
const MAX_VALUE_BYTES = 900 * 1024

const FILTERED: Transcoded = { verdict: 'filtered' }
const TOMBSTONE: Transcoded = { verdict: 'tombstone' }

/**
 * The transcoder of one connector for events in JSON. Schemas and transforms are compiled here and now; the hash key is
 * read once. Throws a `MillraceError` (`CONFIGURATION`) for a transform that a selected type cannot take.
 */
export function createTranscoder(parts: TranscoderParts): Transcoder {
  return new JsonTranscoder(parts)
}

class JsonTranscoder implements Transcoder {
  readonly #parts: TranscoderParts
  /** Of every type of the catalogue; null where the connector does not select it. */
  readonly #types: ReadonlyMap<string, TypeEncoders | null>
  readonly #out = new AvroWriter()

  constructor(parts: TranscoderParts) {
    this.#parts = parts
    const transforms = resolveTransforms(parts.fields)
    this.#types = new Map(
      parts.catalogue.names().map((name) => {
        const type = parts.catalogue.get(name)
        return [name, type && selectsType(parts.events, name) ? compileType(type, transforms, parts.texts) : null]
      }),
    )
  }

  transcode(record: RecordView, pins: SchemaPins | null): Transcoded {
    const byteLength = record.valueEnd - record.valueStart
    if (record.valueStart < 0 || byteLength === 0) return TOMBSTONE
    if (byteLength > MAX_VALUE_BYTES) return OVERSIZED
    if (record.bytes[record.valueStart] === 0) return CONFLUENT
    const text = textOf(record)
    if (text === undefined) return INVALID_UTF8
    const event = eventOf(text)
    return event ? this.#transcode(record, { text, event }, pins) : NOT_JSON
  }

  #transcode(record: RecordView, source: Source, pins: SchemaPins | null): Transcoded {
    const { events } = this.#parts
    const name = eventTypeOf(record, source.event)
    if (name === undefined) return MISSING_EVENT_TYPE
    const type = this.#types.get(name)
    if (type === undefined) return selectsType(events, name) ? unknownType(name) : FILTERED
    if (type === null) return FILTERED
    if (events.anonymousUsers === 'exclude' && isAnonymous(source.event)) return FILTERED
    return this.#encode(source, encoderOf(type, name, pins))
  }

  #encode({ text, event }: Source, encoder: EventEncoder): Transcoded {
    try {
      let rejection = this.#write(event, encoder)
      if (rejection === ROUNDED) rejection = this.#write(parseExact(text) as JsonObject, encoder)
      return rejection === null ? this.#finish(encoder) : { verdict: 'rejected', rejection }
    } catch (error) {
      if (error instanceof NestingError) return TOO_DEEP
      throw error
    }
  }

  #write(event: JsonObject, encoder: EventEncoder): Rejection | null {
    this.#out.length = 0
    return encoder.encode(event, this.#out)
  }

  #finish({ schema, unknownFields, texts }: EventEncoder): EncodedEvent {
    for (let index = 0; index < unknownFields; index++) this.#parts.onUnknownField(schema.eventType)
    return { verdict: 'encoded', schema, bytes: this.#out.bytes, length: this.#out.length, texts }
  }
}

interface Source {
  readonly text: string
  readonly event: JsonObject
}

interface TypeEncoders {
  readonly first: EventEncoder
  readonly current: EventEncoder
  readonly encoderWith: (schemaId: number) => EventEncoder
}

function compileType(
  { name, versions, current }: EventType,
  transforms: ResolvedTransforms,
  texts: readonly string[] = [],
): TypeEncoders {
  const encoders = new Map(versions.map((version) => [version.schemaId, new EventEncoder(version, transforms, texts)]))
  const encoderWith = (schemaId: number) => {
    const encoder = encoders.get(schemaId)
    // The lane asks `missingPins` before it reads.
    if (!encoder) throw new Error(`no schema ${schemaId} of ${name}`)
    return encoder
  }
  return { first: encoderWith(versions[0].schemaId), current: encoderWith(current.schemaId), encoderWith }
}

/** An intent names only the types that are not at their first version. */
function encoderOf(type: TypeEncoders, name: string, pins: SchemaPins | null): EventEncoder {
  if (pins === null) return type.current
  const pinned = pins.get(name)
  return pinned === undefined ? type.first : type.encoderWith(pinned)
}

/** The value as text; undefined when it is not UTF-8. */
function textOf({ bytes, valueStart, valueEnd }: RecordView): string | undefined {
  const text = bytes.toString('utf8', valueStart, valueEnd)
  // Decoding puts U+FFFD where bytes are invalid; a text without it needs no second look.
  if (text.includes('\uFFFD') && !isUtf8(bytes.subarray(valueStart, valueEnd))) return undefined
  return text
}

function eventOf(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** The header wins over the body (currents: events). */
function eventTypeOf(record: RecordView, event: JsonObject): string | undefined {
  const header = record.header('event_type')
  const name = header && header.length > 0 ? header.toString() : event['event_type']
  return typeof name === 'string' && name !== '' ? name : undefined
}

function rejected(reason: RejectionReason, message: string): Transcoded {
  return { verdict: 'rejected', rejection: { reason, message } }
}

/** The name may be anything at all; it is repeated only when it looks like one. */
function unknownType(name: string): Transcoded {
  const message = isEventTypeName(name)
    ? `event type ${name} is not in the catalogue`
    : 'event_type is no event type name'
  return rejected('UNKNOWN_EVENT_TYPE', message)
}

const OVERSIZED = rejected('OVERSIZED', `the value is larger than ${MAX_VALUE_BYTES} bytes`)
const INVALID_UTF8 = rejected('INVALID_UTF8', 'the value is not valid UTF-8')
const NOT_JSON = rejected('NOT_JSON', 'the value is no JSON object')
const CONFLUENT = rejected(
  'NOT_JSON',
  'the value begins with byte 0, as in the Confluent wire format: a schema registry is not supported yet, send JSON',
)
const MISSING_EVENT_TYPE = rejected(
  'MISSING_EVENT_TYPE',
  'neither a header nor a member "event_type" names the event type',
)
const TOO_DEEP = rejected('TOO_DEEP', 'the value is nested too deeply')
