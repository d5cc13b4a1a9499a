import { isNullable, readAvroType, type AvroField, type AvroRecord, type AvroType } from './avro-type.js'
import type { AvroWriter } from './avro-writer.js'
import type { SchemaVersion } from './catalogue.js'
import { transformedWriter, type ResolvedTransforms } from './field-transform.js'
import type { FieldWriter } from './field-value.js'
import { fallbackOf } from './field-writer.js'
import { secondsWriter } from './number-writer.js'
import { countMembers, fieldOf, unknownMembers, type ParsedEvent } from './parsed-event.js'
import type { Rejection } from './rejection.js'

interface CompiledField {
  readonly name: string
  readonly fallback: unknown
  readonly write: FieldWriter
}

/** Encodes events of one schema version: a writer per field, compiled once. */
export class EventEncoder {
  readonly #fields: readonly CompiledField[]
  readonly #names: ReadonlySet<string>
  #present = 0

  constructor(
    readonly schema: SchemaVersion,
    transforms: ResolvedTransforms,
  ) {
    const { fields } = readAvroType(JSON.parse(schema.json)) as AvroRecord
    this.#fields = fields.map((field) => compileField(field, transforms))
    this.#names = new Set(fields.map(({ name }) => name))
  }

  /** Appends the event's Avro body. Returns null, or why it cannot be written (see `FieldWriter`). */
  encode(event: ParsedEvent, out: AvroWriter): Rejection | null {
    let present = 0
    for (const field of this.#fields) {
      const value = fieldOf(event, field.name)
      if (value !== undefined) present++
      const rejection = field.write(value ?? field.fallback, out)
      if (rejection !== null) return rejection
    }
    this.#present = present
    return null
  }

  /** How many members of the event, the one encoded last, its schema has no field for. */
  countUnknown(event: ParsedEvent): number {
    if (countMembers(event) === this.#present) return 0
    return unknownMembers(event, (name) => this.#names.has(name)).length
  }
}

function compileField(field: AvroField, transforms: ResolvedTransforms): CompiledField {
  const write = transformedWriter(field, transforms)
  const isTime = field.name === 'time' && isPlainInteger(field.type)
  return { name: field.name, fallback: fallbackOf(field), write: isTime ? secondsWriter(field.name, write) : write }
}

/** Whether it is an int or long, nullable or not, that no logical type gives another unit. */
function isPlainInteger(type: AvroType): boolean {
  if (type.kind === 'union') return isNullable(type) && type.branches.some(isPlainInteger)
  return (type.kind === 'int' || type.kind === 'long') && type.logicalType === undefined
}
