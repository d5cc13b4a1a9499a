import { readAvroType, type AvroRecord, type AvroType } from '../events/avro-type.js'
import type { SchemaVersion } from '../events/catalogue.js'
import { AvroCursor } from './avro-cursor.js'

/** Reads one value and gives its JSON. One is made per field when a schema is compiled, as for writing (`fieldWriter`). */
type JsonReader = (body: AvroCursor) => string

/** Records whose fields are being compiled: a record may contain itself. */
type OpenRecords = ReadonlyMap<AvroRecord, JsonReader>

/**
 * Turns the Avro body of an event into its JSON, a copy: the flat shape that Millrace itself takes (currents.md: events),
 * fields in the schema's order, those that are null left out. Given to a transcoder it becomes the same body again: longs
 * are exact, floats have the fewest digits that tell them apart, bytes are strings of characters up to U+00FF.
 *
 * It reads the bytes itself: the Avro library's values do not tell a float from a double, wrap values of some unions in an
 * object, and lose a map's member `__proto__`.
 */
export function jsonRecord({ eventType, json }: SchemaVersion): (body: Buffer, length: number) => Buffer {
  const record = readAvroType(JSON.parse(json)) as AvroRecord
  // A field of that name stands back: two members of one name are no JSON that readers agree on.
  const readMembers = membersReader(record, new Map(), 'event_type')
  const head = `{"event_type":${JSON.stringify(eventType)}`
  return (body, length) => {
    const cursor = new AvroCursor(body)
    const text = `${head}${readMembers(cursor)}}`
    if (cursor.position !== length)
      throw new Error(`the body is no ${eventType}: ${cursor.position} of ${length} bytes`)
    return Buffer.from(text)
  }
}

/** `,"name":value` for every field that is not null, and is not called `leftOut`. */
function membersReader(record: AvroRecord, open: OpenRecords, leftOut?: string): JsonReader {
  const fields: { name: string; head: string; read: JsonReader }[] = []
  const readMembers: JsonReader = (body) => {
    let members = ''
    for (const { name, head, read } of fields) {
      const value = read(body)
      if (value !== 'null' && name !== leftOut) members += head + value
    }
    return members
  }
  const inside = new Map(open).set(record, readMembers)
  for (const { name, type } of record.fields)
    fields.push({ name, head: `,${JSON.stringify(name)}:`, read: jsonReader(type, inside) })
  return readMembers
}

function jsonReader(type: AvroType, open: OpenRecords): JsonReader {
  switch (type.kind) {
    case 'null':
      return () => 'null'
    case 'boolean':
      return (body) => (body.readByte() === 1 ? 'true' : 'false')
    case 'int':
    case 'long':
      return (body) => body.readLong().toString()
    case 'float':
      return (body) => numberText(fewestDigits(body.readFloat()))
    case 'double':
      return (body) => numberText(body.readDouble())
    case 'string':
      return readString
    case 'bytes':
      return (body) => JSON.stringify(body.readText(body.readSize(), 'latin1'))
    case 'fixed':
      return (body) => JSON.stringify(body.readText(type.size, 'latin1'))
    case 'enum':
    case 'array':
    case 'map':
    case 'union':
    case 'record':
      return compoundReader(type, open)
  }
}

type CompoundType = Extract<AvroType, { kind: 'enum' | 'array' | 'map' | 'union' | 'record' }>

function compoundReader(type: CompoundType, open: OpenRecords): JsonReader {
  switch (type.kind) {
    case 'enum':
      return choiceReader(type.symbols.map((symbol) => () => JSON.stringify(symbol)))
    case 'union':
      return choiceReader(type.branches.map((branch) => jsonReader(branch, open)))
    case 'array':
      return itemsReader(jsonReader(type.items, open), '[', ']')
    case 'map': {
      const readValue = jsonReader(type.values, open)
      return itemsReader((body) => `${readString(body)}:${readValue(body)}`, '{', '}')
    }
    case 'record': {
      const readMembers = open.get(type) ?? membersReader(type, open)
      return (body) => `{${readMembers(body).slice(1)}}`
    }
  }
}

const readString: JsonReader = (body) => JSON.stringify(body.readText(body.readSize(), 'utf8'))

/** A value that begins with its place in the schema. */
function choiceReader(choices: readonly JsonReader[]): JsonReader {
  return (body) => {
    const read = choices[body.readSize()]
    if (!read) throw new Error('the body names a choice that its schema does not have')
    return read(body)
  }
}

/** Items in blocks; the last block is empty. */
function itemsReader(readItem: JsonReader, opening: string, closing: string): JsonReader {
  return (body) => {
    const items: string[] = []
    for (let count = body.readSize(); count !== 0; count = body.readSize()) {
      // A negative count is followed by the block's size in bytes (Avro specification: arrays, maps).
      if (count < 0) body.readSize()
      for (let left = Math.abs(count); left > 0; left--) items.push(readItem(body))
    }
    return opening + items.join() + closing
  }
}

/** Six decimal digits survive a float and nine tell every float from its neighbours (C standard: FLT_DIG, FLT_DECIMAL_DIG). */
const KEPT_DIGITS = 6
const ENOUGH_DIGITS = 9

/** The double with the fewest decimal digits that becomes this float: 1.1, where the float itself is 1.10000002384185791015625. */
function fewestDigits(value: number): number {
  // Digits would lose the sign of -0.
  if (value === 0) return value
  for (let digits = KEPT_DIGITS; digits < ENOUGH_DIGITS; digits++) {
    const shorter = Number(value.toPrecision(digits))
    if (Math.fround(shorter) === value) return shorter
  }
  return Number(value.toPrecision(ENOUGH_DIGITS))
}

/** JavaScript would leave out the sign of -0. What JSON has no number for is never encoded (`floatWriter`, `doubleWriter`). */
function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : JSON.stringify(value)
}
