import { isNullable, type AvroField, type AvroRecord, type AvroType } from './avro-type.js'
import { isObject, isAbsent, MAX_DEPTH, memberOf, tooDeep, wrongType, type FieldWriter } from './field-value.js'
import { doubleWriter, floatWriter, intWriter, longWriter } from './number-writer.js'
import { stringWriter } from './string-writer.js'
import { choiceWriter, nullableWriter } from './union-writer.js'

/** Records whose fields are being compiled: a record may contain itself. */
type OpenRecords = ReadonlyMap<AvroRecord, FieldWriter>

/**
 * The writer for values of `type`; `path` names the field in messages, as in `address.street`. Bytes and fixed are taken
 * from strings of characters up to U+00FF, as in Avro's own JSON; a logical type is taken as the type it stands on.
 */
export function fieldWriter(type: AvroType, path: string, open: OpenRecords = new Map()): FieldWriter {
  switch (type.kind) {
    case 'null':
      return (value) => (isAbsent(value) ? null : wrongType(path, 'null', value))
    case 'boolean':
      return booleanWriter(path)
    case 'int':
      return intWriter(path)
    case 'long':
      return longWriter(path)
    case 'float':
      return floatWriter(path)
    case 'double':
      return doubleWriter(path)
    case 'string':
      return stringWriter(path)
    case 'bytes':
      return bytesWriter(path)
    case 'fixed':
      return fixedWriter(type.size, path)
    case 'enum':
      return enumWriter(type.symbols, path)
    case 'array':
      return arrayWriter(fieldWriter(type.items, `${path}[]`, open), path)
    case 'map':
      return mapWriter(fieldWriter(type.values, `${path}{}`, open), path)
    case 'record': {
      const itself = open.get(type)
      return itself ? nestedWriter(itself, path) : recordWriter(type, path, open)
    }
    case 'union':
      return unionWriter(type.branches, path, open)
  }
}

function booleanWriter(path: string): FieldWriter {
  return (value, out) => {
    if (typeof value !== 'boolean') return wrongType(path, 'boolean', value)
    out.writeByte(value ? 1 : 0)
    return null
  }
}

function bytesWriter(path: string): FieldWriter {
  return (value, out) => {
    const bytes = bytesOf(value)
    if (!bytes) return wrongType(path, 'bytes, a string of characters up to U+00FF', value)
    out.writeLong(bytes.length)
    out.writeBytes(bytes)
    return null
  }
}

function fixedWriter(size: number, path: string): FieldWriter {
  return (value, out) => {
    const bytes = bytesOf(value)
    if (bytes?.length !== size) return wrongType(path, `fixed, a string of ${size} characters up to U+00FF`, value)
    out.writeBytes(bytes)
    return null
  }
}

function bytesOf(value: unknown): Buffer | undefined {
  if (typeof value !== 'string') return undefined
  const bytes = Buffer.from(value, 'latin1')
  return bytes.toString('latin1') === value ? bytes : undefined
}

function enumWriter(symbols: readonly string[], path: string): FieldWriter {
  const indexes = new Map<unknown, number>(symbols.map((symbol, index) => [symbol, index]))
  return (value, out) => {
    const index = indexes.get(value)
    if (index === undefined) return wrongType(path, 'one of the symbols of its enum', value)
    out.writeInt(index)
    return null
  }
}

function arrayWriter(writeItem: FieldWriter, path: string): FieldWriter {
  return (value, out) => {
    if (!Array.isArray(value)) return wrongType(path, 'array', value)
    if (value.length > 0) out.writeLong(value.length)
    for (const item of value) {
      const rejection = writeItem(item, out)
      if (rejection) return rejection
    }
    out.writeByte(0)
    return null
  }
}

function mapWriter(writeValue: FieldWriter, path: string): FieldWriter {
  const writeKey = stringWriter(`${path}{}`)
  return (value, out) => {
    if (!isObject(value)) return wrongType(path, 'map', value)
    const keys = Object.keys(value)
    if (keys.length > 0) out.writeLong(keys.length)
    for (const key of keys) {
      const rejection = writeKey(key, out) ?? writeValue(value[key], out)
      if (rejection) return rejection
    }
    out.writeByte(0)
    return null
  }
}

function recordWriter(record: AvroRecord, path: string, open: OpenRecords): FieldWriter {
  const fields: { name: string; fallback: unknown; write: FieldWriter }[] = []
  const write: FieldWriter = (value, out) => {
    if (!isObject(value)) return wrongType(path, 'record', value)
    for (const field of fields) {
      const rejection = field.write(memberOf(value, field.name) ?? field.fallback, out)
      if (rejection) return rejection
    }
    return null
  }
  const inside = new Map(open).set(record, write)
  for (const field of record.fields) {
    const { name, type } = field
    fields.push({ name, fallback: fallbackOf(field), write: fieldWriter(type, `${path}.${name}`, inside) })
  }
  return write
}

/** For a record within itself: how deep it goes is the event's choice, and must not be the end of the stack. */
function nestedWriter(write: FieldWriter, path: string): FieldWriter {
  let depth = 1
  return (value, out) => {
    if (depth === MAX_DEPTH) return tooDeep(path, 'records')
    depth++
    const rejection = write(value, out)
    depth--
    return rejection
  }
}

/** What stands for a field that an event does not have: null where it may be null, else the schema's default, if any. */
export function fallbackOf({ type, default: given }: AvroField): unknown {
  return isNullable(type) ? null : given?.value
}

function unionWriter(branches: readonly AvroType[], path: string, open: OpenRecords): FieldWriter {
  const nullIndex = branches.findIndex(({ kind }) => kind === 'null')
  const others = branches.flatMap((type, index) =>
    index === nullIndex ? [] : [{ index, isString: type.kind === 'string', write: fieldWriter(type, path, open) }],
  )
  const [only] = others
  if (nullIndex >= 0 && only && others.length === 1) return nullableWriter(only, nullIndex)
  const choice = choiceWriter(others, path)
  if (nullIndex < 0) return choice
  return (value, out) => {
    if (!isAbsent(value)) return choice(value, out)
    out.writeInt(nullIndex)
    return null
  }
}
