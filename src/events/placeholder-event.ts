import { readAvroType, type AvroRecord, type AvroType } from './avro-type.js'
import type { SchemaVersion } from './catalogue.js'

/** In every string of a placeholder event, so that a reader can tell it from a real one. */
export const PLACEHOLDER_TEXT = 'millrace test event'

interface PlaceholderMarks {
  /** The event's `id`. */
  id: string
  /** The event's `time`, Unix seconds. */
  timeSeconds: number
}

/**
 * An event of this schema in its flat JSON shape, every field filled with a value of its type. It always has a user, so
 * that it is not left out as anonymous; a schema without `external_user_id` leaves the member out again.
 */
export function placeholderEvent(
  schema: SchemaVersion,
  { id, timeSeconds }: PlaceholderMarks,
): Record<string, unknown> {
  const record = readAvroType(JSON.parse(schema.json)) as AvroRecord
  const fields = Object.fromEntries(record.fields.map(({ name, type }) => [name, valueOf(type, new Set([record]))]))
  const marks = { event_type: schema.eventType, id, time: timeSeconds }
  return { external_user_id: PLACEHOLDER_TEXT, ...fields, ...marks }
}

/** Undefined for a record inside itself, which would have no end: what may be null or empty there is. */
function valueOf(type: AvroType, open: ReadonlySet<AvroRecord>): unknown {
  switch (type.kind) {
    case 'null':
      return null
    case 'boolean':
      return true
    case 'int':
    case 'long':
      return 1
    case 'float':
    case 'double':
      return 1.5
    case 'string':
      return type.logicalType === 'uuid' ? NIL_UUID : PLACEHOLDER_TEXT
    case 'bytes':
      return PLACEHOLDER_TEXT
    case 'fixed':
      return PLACEHOLDER_TEXT.padEnd(type.size).slice(0, type.size)
    case 'enum':
      return type.symbols[0]
    case 'array':
      return [valueOf(type.items, open)].filter((item) => item !== undefined)
    case 'map':
      return mapOf(valueOf(type.values, open))
    case 'union':
      return branchValueOf(type.branches, open)
    case 'record':
      return open.has(type) ? undefined : recordValueOf(type, new Set(open).add(type))
  }
}

/** The only string that is a UUID and plainly nobody's (RFC 9562). */
const NIL_UUID = '00000000-0000-0000-0000-000000000000'

function mapOf(value: unknown): unknown {
  return value === undefined ? {} : { [PLACEHOLDER_TEXT]: value }
}

function branchValueOf(branches: readonly AvroType[], open: ReadonlySet<AvroRecord>): unknown {
  for (const branch of branches) {
    const value = branch.kind === 'null' ? undefined : valueOf(branch, open)
    if (value !== undefined) return value
  }
  return branches.some(({ kind }) => kind === 'null') ? null : undefined
}

function recordValueOf({ fields }: AvroRecord, open: ReadonlySet<AvroRecord>): unknown {
  const values = fields.map(({ name, type }) => [name, valueOf(type, open)] as const)
  return values.some(([, value]) => value === undefined) ? undefined : Object.fromEntries(values)
}
