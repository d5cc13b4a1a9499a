import { readFile } from 'node:fs/promises'
import type { Catalogue, EventType, SchemaVersion } from '../events/catalogue.js'
import { compareSchemas } from '../events/schema-compatibility.js'
import { schemaFingerprint } from '../events/schema-fingerprint.js'
import { parseSchema } from '../events/schema-file.js'
import { MillraceError } from '../runtime/errors.js'
import { writeSchemas } from './schema-export.js'
import type { ExitCode, Terminal } from './terminal.js'

/** What the `schemas` commands need: the catalogue, built in and the user's own, and where to print. */
export interface SchemasParts {
  catalogue: Catalogue
  terminal: Pick<Terminal, 'out'>
  /** One JSON document on standard output and nothing else. */
  json: boolean
}

/** `schemas list`: every event type and its schema ids. */
export function listSchemas({ catalogue, terminal, json }: SchemasParts): ExitCode {
  const types = catalogue.names().map((name) => summaryOf(typeOf(catalogue, name)))
  if (json) terminal.out(JSON.stringify(types, null, 2))
  else for (const { eventType, schemaIds } of types) terminal.out(`${eventType}  ${schemaIds.join(' ')}`)
  return 0
}

function summaryOf({ name, versions, current }: EventType) {
  return { eventType: name, schemaIds: versions.map(({ schemaId }) => schemaId), currentSchemaId: current.schemaId }
}

/**
 * `schemas show TYPE [--id N]`: a schema as an .avsc file, the newest without `schemaId`; with `json` inside a document
 * that says which. Throws a `MillraceError` (`USAGE`) for a type or id that does not exist.
 */
export function showSchema(eventType: string, schemaId: number | undefined, parts: SchemasParts): ExitCode {
  show(versionOf(typeOf(parts.catalogue, eventType), schemaId), parts)
  return 0
}

/**
 * `schemas show --fingerprint HEX`: the schema that a record of the single-object encoding names, by the eight bytes behind
 * its marker C3 01, in hexadecimal; or by the same number the other way round, as some libraries print it. `USAGE` for
 * none.
 */
export function showSchemaOf(fingerprint: string, parts: SchemasParts): ExitCode {
  const wanted = fingerprint.toLowerCase().replace(PREFIX, '')
  const version = allVersions(parts.catalogue).find((candidate) => {
    const bytes = schemaFingerprint(JSON.parse(candidate.json))
    return [bytes.toString('hex'), bytes.reverse().toString('hex')].includes(wanted)
  })
  if (!version) {
    const message = `no schema has the fingerprint ${JSON.stringify(fingerprint)}: name the 8 bytes behind C3 01 as 16 hexadecimal digits`
    throw new MillraceError('USAGE', message)
  }
  show(version, parts)
  return 0
}

/** What may stand before the 16 digits: the sign of a hexadecimal number, or the marker of the record. */
const PREFIX = /^(0x|c301)(?=.{16}$)/

function show({ eventType, schemaId, json }: SchemaVersion, parts: SchemasParts): void {
  const schema: unknown = JSON.parse(json)
  const fingerprint = schemaFingerprint(schema).toString('hex')
  parts.terminal.out(JSON.stringify(parts.json ? { eventType, schemaId, fingerprint, schema } : schema, null, 2))
}

function typeOf(catalogue: Catalogue, name: string): EventType {
  const type = catalogue.get(name)
  if (type) return type
  throw new MillraceError('USAGE', `no event type ${JSON.stringify(name)}: see them all with: millrace schemas list`)
}

function allVersions(catalogue: Catalogue): SchemaVersion[] {
  return catalogue.names().flatMap((name) => typeOf(catalogue, name).versions)
}

function versionOf({ name, versions, current }: EventType, schemaId = current.schemaId): SchemaVersion {
  const version = versions.find((candidate) => candidate.schemaId === schemaId)
  if (version) return version
  const ids = versions.map((candidate) => candidate.schemaId).join(', ')
  throw new MillraceError('USAGE', `${name} has no schema ${schemaId}, but ${ids}`)
}

/**
 * `schemas export DIR`: every version of every type as `<event type>/<schema id>.avsc`, as `service.schemas` reads them, and
 * `fingerprints.json` for readers of streams. Throws a `MillraceError` (`USAGE`) as `writeSchemas` does.
 */
export async function exportSchemas(folder: string, { catalogue, terminal, json }: SchemasParts): Promise<ExitCode> {
  const versions = allVersions(catalogue)
  await writeSchemas(folder, versions)
  const summary = { folder, eventTypes: catalogue.names().length, schemas: versions.length }
  const line = `${summary.schemas} schemas of ${summary.eventTypes} event types are in ${folder}`
  terminal.out(json ? JSON.stringify(summary, null, 2) : line)
  return 0
}

/**
 * `schemas check OLD NEW`: whether the schema in one file may follow that in another, and why not. Exit code 3 when it
 * may not. Throws a `MillraceError` (`SCHEMA`) for a file that cannot be read or is no event's schema.
 */
export async function checkSchemas(
  older: string,
  newer: string,
  parts: Omit<SchemasParts, 'catalogue'>,
): Promise<ExitCode> {
  const { compatible, reasons } = compareSchemas(await recordIn(older), await recordIn(newer))
  if (parts.json) parts.terminal.out(JSON.stringify({ older, newer, compatible, reasons }, null, 2))
  else {
    parts.terminal.out(
      compatible ? `compatible: ${newer} may follow ${older}` : `not compatible: ${newer} breaks with ${older}`,
    )
    for (const reason of reasons) parts.terminal.out(`  ${reason}`)
  }
  return compatible ? 0 : 3
}

async function recordIn(path: string) {
  const parsed = parseSchema(await textIn(path))
  if ('message' in parsed) throw new MillraceError('SCHEMA', `${path}: ${parsed.message}`)
  return parsed.record
}

async function textIn(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new MillraceError('SCHEMA', `${path} cannot be read (${String(error)}): mend the path`, { cause: error })
  }
}
