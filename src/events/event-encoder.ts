import { isNullable, readAvroType, type AvroField, type AvroRecord, type AvroType } from './avro-type.js'
import type { AvroWriter } from './avro-writer.js'
import type { SchemaVersion } from './catalogue.js'
import { EventFields, type JsonObject } from './event-fields.js'
import { transformedWriter, type ResolvedTransforms } from './field-transform.js'
import type { FieldWriter } from './field-value.js'
import { fieldText, type FieldText } from './field-text.js'
import { fallbackOf } from './field-writer.js'
import { secondsWriter } from './number-writer.js'
import type { Rejection } from './rejection.js'

interface CompiledField {
  readonly fallback: unknown
  readonly write: FieldWriter
}

/** Encodes events of one schema version: a writer per field, compiled once. */
export class EventEncoder {
  readonly #fields: readonly CompiledField[]
  readonly #event: EventFields
  readonly #texts: readonly { index: number; textOf: FieldText }[]

  constructor(
    readonly schema: SchemaVersion,
    transforms: ResolvedTransforms,
    /** Fields whose text is wanted beside the encoded event. */
    texts: readonly string[] = [],
  ) {
    const { fields } = readAvroType(JSON.parse(schema.json)) as AvroRecord
    this.#fields = fields.map((field) => compileField(field, transforms))
    const names = fields.map(({ name }) => name)
    this.#event = new EventFields(names)
    this.#texts = texts.map((name) => ({ index: names.indexOf(name), textOf: fieldText(name, transforms) }))
  }

  /** Of the event that was encoded last; undefined for a field that its schema lacks. */
  get texts(): (string | undefined)[] {
    return this.#texts.map(({ index, textOf }) => textOf(this.#event.values[index]))
  }

  /** How many members of the event that was encoded last its schema has no field for. */
  get unknownFields(): number {
    return this.#event.unknown
  }

  /** Appends the event's Avro body. Returns null, or why it cannot be written (see `FieldWriter`). */
  encode(event: JsonObject, out: AvroWriter): Rejection | null {
    this.#event.takeApart(event)
    const { values } = this.#event
    for (let index = 0; index < values.length; index++) {
      const { write, fallback } = this.#fields[index] as CompiledField
      const rejection = write(values[index] ?? fallback, out)
      if (rejection !== null) return rejection
    }
    return null
  }
}

function compileField(field: AvroField, transforms: ResolvedTransforms): CompiledField {
  const write = transformedWriter(field, transforms)
  const isTime = field.name === 'time' && isPlainInteger(field.type)
  return { fallback: fallbackOf(field), write: isTime ? secondsWriter(field.name, write) : write }
}

/** Whether it is an int or long, nullable or not, that no logical type gives another unit. */
function isPlainInteger(type: AvroType): boolean {
  if (type.kind === 'union') return isNullable(type) && type.branches.some(isPlainInteger)
  return (type.kind === 'int' || type.kind === 'long') && type.logicalType === undefined
}
