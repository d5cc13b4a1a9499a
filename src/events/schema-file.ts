import { basename, dirname, join } from 'node:path'
import { avroSchemaProblem } from './avro-library.js'
import { readAvroType, type AvroRecord, type AvroType } from './avro-type.js'
import { isEventTypeName } from './event-type-name.js'

/** An .avsc file that may go into the catalogue. */
export interface SchemaFile {
  readonly path: string
  readonly eventType: string
  /** Null when the path does not tell: the next free one. */
  readonly schemaId: number | null
  readonly record: AvroRecord
  /** Compact JSON, without `allowBreaking`. */
  readonly json: string
  /** The schema says that it may break with the version before it. */
  readonly allowBreaking: boolean
}

/** What is wrong with a file or folder of schemas, and what to write instead. */
export interface SchemaProblem {
  readonly path: string
  readonly message: string
}

/** Full names of the built-in records begin with it; event types do not. */
const BUILT_IN_PREFIX = 'dataexport.S3.inner.'

/**
 * What the .avsc file at `path` below `folder` says. It is `<event type>/<schema id>.avsc`, or `<event type>.avsc` where the
 * type is dotted and may end in its schema id (`.2` or `.v2`), or has any other name; then the record's name is the type.
 */
export function readSchemaFile(folder: string, relativePath: string, text: string): SchemaFile | SchemaProblem {
  const path = join(folder, relativePath)
  const parsed = parseSchema(text)
  if ('message' in parsed) return { path, message: parsed.message }
  const message = checkEventFields(parsed.record)
  if (message !== undefined) return { path, message }
  const { eventType, schemaId } = identityOf(relativePath, parsed.record)
  if (!isEventTypeName(eventType)) return { path, message: INVALID_NAME }
  if (schemaId === 0) return { path, message: 'schema ids begin with 1: rename the file' }
  return { path, eventType, schemaId, ...parsed }
}

const INVALID_NAME =
  'this gives no event type name: use letters, digits and _, in parts joined by dots, at most 200 characters, as in users.custom.Thing'

type ParsedSchema = Pick<SchemaFile, 'record' | 'json' | 'allowBreaking'>

/** Checks that the text is a valid Avro record. Messages say what to write instead. */
export function parseSchema(text: string): ParsedSchema | { message: string } {
  const parsed = parseJson(text)
  if (parsed === undefined) return { message: 'this is no JSON: an .avsc file holds one Avro schema as JSON' }
  if (!isRecordSchema(parsed))
    return { message: 'the schema must be a record: {"type": "record", "name": …, "fields": […]}' }
  const { allowBreaking, ...schema } = parsed
  const json = JSON.stringify(schema)
  if (json.includes('"__proto__"')) return { message: 'the name __proto__ is not allowed: rename the field' }
  const problem = avroSchemaProblem(schema)
  if (problem !== undefined) return { message: `this is no valid Avro schema: ${problem}` }
  const record = readAvroType(schema) as AvroRecord
  return { record, json, allowBreaking: allowBreaking === true }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isRecordSchema(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'record'
}

/** Every event has an `id` and a `time` (currents: events). */
function checkEventFields({ fields }: AvroRecord): string | undefined {
  const types = new Map(fields.map(({ name, type }) => [name, type]))
  if (types.get('id')?.kind !== 'string') return 'every event has an id: add {"name": "id", "type": "string"}'
  if (!isWholeNumber(types.get('time')))
    return 'every event has a time in Unix seconds: add {"name": "time", "type": "long"}'
  return undefined
}

function isWholeNumber(type: AvroType | undefined): boolean {
  if (type?.kind === 'union') return type.branches.every((branch) => branch.kind === 'null' || isWholeNumber(branch))
  return type?.kind === 'int' || type?.kind === 'long'
}

function identityOf(path: string, record: AvroRecord): Pick<SchemaFile, 'eventType' | 'schemaId'> {
  const name = basename(path, '.avsc')
  const folder = basename(dirname(path))
  if (/^\d+$/.test(name) && isEventTypeName(folder)) return { eventType: folder, schemaId: Number(name) }
  if (!name.includes('.')) return { eventType: withoutPrefix(record.name), schemaId: null }
  const [, eventType, id] = /^(.+)\.v?(\d+)$/.exec(name) ?? []
  return eventType !== undefined && id !== undefined
    ? { eventType, schemaId: Number(id) }
    : { eventType: name, schemaId: null }
}

function withoutPrefix(recordName: string): string {
  return recordName.startsWith(BUILT_IN_PREFIX) ? recordName.slice(BUILT_IN_PREFIX.length) : recordName
}
