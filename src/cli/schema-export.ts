import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { SchemaVersion } from '../events/catalogue.js'
import { schemaFingerprint } from '../events/schema-fingerprint.js'
import { MillraceError } from '../runtime/errors.js'

/** Beside the schemas: which of them a record names. Its keys are fingerprints as they stand in records, in hexadecimal. */
const INDEX = 'fingerprints.json'

type Index = Record<string, { eventType: string; schemaId: number; file: string }>

/** A file as it must be when the export is done; null when it is so already. */
type Change = { path: string; text: string } | null

/**
 * Writes schemas into a folder as `<event type>/<schema id>.avsc`, and `fingerprints.json` to find them by: `{ "<16 hex
 * digits>": { eventType, schemaId, file } }`. The index keeps what earlier exports put there; any other file with other
 * content is left alone, and then nothing is written. Throws a `MillraceError` (`USAGE`) for that and for a folder that
 * cannot be written.
 */
export async function writeSchemas(folder: string, versions: readonly SchemaVersion[]): Promise<void> {
  try {
    const changes = [...(await Promise.all(versions.map((version) => schemaChange(folder, version))))]
    changes.push(await indexChange(join(folder, INDEX), versions))
    for (const change of changes) if (change) await write(change)
  } catch (error) {
    if (error instanceof MillraceError) throw error
    throw usage(`${folder} cannot be written (${String(error)}): name another folder`, error)
  }
}

async function schemaChange(folder: string, version: SchemaVersion): Promise<Change> {
  const path = join(folder, fileOf(version))
  const text = textOf(JSON.parse(version.json))
  const there = await textAt(path)
  if (there === undefined) return { path, text }
  if (there !== text) throw otherContent(path)
  return null
}

async function indexChange(path: string, versions: readonly SchemaVersion[]): Promise<Change> {
  const there = await textAt(path)
  const earlier = there === undefined ? {} : indexIn(there)
  if (!earlier) throw otherContent(path)
  const index: Index = {}
  // The first of two with one fingerprint counts, as in `schemas show`: they read the same.
  for (const version of versions) index[fingerprintOf(version)] ??= entryOf(version)
  return { path, text: textOf({ ...earlier, ...index }) }
}

function entryOf(version: SchemaVersion) {
  return { eventType: version.eventType, schemaId: version.schemaId, file: fileOf(version) }
}

function fileOf({ eventType, schemaId }: SchemaVersion): string {
  return `${eventType}/${schemaId}.avsc`
}

function fingerprintOf({ json }: SchemaVersion): string {
  return schemaFingerprint(JSON.parse(json)).toString('hex')
}

/** Undefined for a text that is no index of schemas. */
function indexIn(text: string): Index | undefined {
  try {
    const index = JSON.parse(text) as Index
    return Object.keys(index).every((key) => /^[0-9a-f]{16}$/.test(key)) ? index : undefined
  } catch {
    return undefined
  }
}

/** Undefined where there is no file. */
async function textAt(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

async function write({ path, text }: { path: string; text: string }): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
}

function textOf(document: unknown): string {
  return `${JSON.stringify(document, null, 2)}\n`
}

function otherContent(path: string): MillraceError {
  return usage(`${path} is there already, with other content: name another folder, or remove it`)
}

function usage(message: string, cause?: unknown): MillraceError {
  return new MillraceError('USAGE', message, { cause })
}
