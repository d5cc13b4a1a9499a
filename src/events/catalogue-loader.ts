import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Catalogue, EventType, SchemaVersion } from './catalogue.js'
import { compareSchemas } from './schema-compatibility.js'
import { readSchemaFile, type SchemaFile, type SchemaProblem } from './schema-file.js'

/** The folder of the built-in catalogue: beside `src` and `dist` alike. */
export const BUILT_IN_SCHEMAS = fileURLToPath(new URL('../../schemas', import.meta.url))

export type LoadedCatalogue = { catalogue: Catalogue } | { problems: SchemaProblem[] }

/**
 * Reads the built-in schemas and those of `folders` (absolute paths; files as in `readSchemaFile`). A file that names no
 * schema id is the version after those there are, in the order of the paths, or nothing when it is the same as one of
 * them. Never rejects: whatever is wrong, all of it, is in `problems`.
 */
export async function loadCatalogue(folders: readonly string[]): Promise<LoadedCatalogue> {
  const read = (await Promise.all([BUILT_IN_SCHEMAS, ...folders].map(readFolder))).flat()
  const files = read.filter((file) => 'record' in file)
  const types = [...byEventType(files)].map(([name, ofType]) => assembleType(name, ofType))
  const problems = [...read.filter((file) => 'message' in file), ...types.flatMap((type) => type.problems)]
  if (problems.length > 0) return { problems }
  return { catalogue: catalogueOf(types.flatMap(({ type }) => type ?? [])) }
}

function byEventType(files: readonly SchemaFile[]): Map<string, SchemaFile[]> {
  const types = new Map<string, SchemaFile[]>()
  for (const file of files) types.set(file.eventType, [...(types.get(file.eventType) ?? []), file])
  return types
}

async function readFolder(folder: string): Promise<(SchemaFile | SchemaProblem)[]> {
  try {
    const paths = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith('.avsc')).sort()
    return await Promise.all(paths.map((path) => readFileIn(folder, path)))
  } catch (error) {
    return [unreadable(folder, error)]
  }
}

async function readFileIn(folder: string, relativePath: string): Promise<SchemaFile | SchemaProblem> {
  try {
    return readSchemaFile(folder, relativePath, await readFile(join(folder, relativePath), 'utf8'))
  } catch (error) {
    return unreadable(join(folder, relativePath), error)
  }
}

function unreadable(path: string, error: unknown): SchemaProblem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  return { path, message: `cannot be read (${code}): mend the path or the rights` }
}

interface Version extends SchemaFile {
  readonly schemaId: number
}

interface AssembledType {
  readonly type: EventType | undefined
  readonly problems: readonly SchemaProblem[]
}

function assembleType(name: string, files: readonly SchemaFile[]): AssembledType {
  const { versions, problems } = numberVersions(files)
  versions.sort((a, b) => a.schemaId - b.schemaId)
  return { type: eventType(name, versions), problems: [...problems, ...checkVersions(versions)] }
}

/** Gives every file its schema id: those that name one first, then the others the next ones. */
function numberVersions(files: readonly SchemaFile[]): { versions: Version[]; problems: SchemaProblem[] } {
  const versions: Version[] = []
  const problems: SchemaProblem[] = []
  for (const file of files.filter(hasId)) {
    const taken = versions.find(({ schemaId }) => schemaId === file.schemaId)
    if (!taken) versions.push(file)
    else if (taken.json !== file.json) problems.push(takenId(file, taken))
  }
  for (const file of files.filter((file) => !hasId(file))) {
    if (versions.some(({ json }) => json === file.json)) continue
    versions.push({ ...file, schemaId: Math.max(0, ...versions.map(({ schemaId }) => schemaId)) + 1 })
  }
  return { versions, problems }
}

function hasId(file: SchemaFile): file is Version {
  return file.schemaId !== null
}

function takenId({ path, schemaId, eventType }: Version, taken: Version): SchemaProblem {
  const message = `schema ${schemaId} of ${eventType} is another one already (${taken.path}): use the next schema id`
  return { path, message }
}

/** Versions in order: the first is 1, so that adding versions never changes which is first; each may follow the one before. */
function checkVersions(versions: readonly Version[]): SchemaProblem[] {
  return versions.flatMap((version, index) => {
    const { path, eventType, schemaId } = version
    const before = versions[index - 1]
    if (!before)
      return schemaId === 1 ? [] : [{ path, message: `the first schema id of ${eventType} must be 1, not ${schemaId}` }]
    if (version.allowBreaking) return []
    const { reasons } = compareSchemas(before.record, version.record)
    if (reasons.length === 0) return []
    const problem = `schema ${schemaId} of ${eventType} breaks with schema ${before.schemaId}: ${reasons.join('; ')}`
    return [{ path, message: `${problem}: mend it, or add "allowBreaking": true to the schema` }]
  })
}

function eventType(name: string, files: readonly Version[]): EventType | undefined {
  const [first, ...later] = files.map(({ schemaId, json }, index): SchemaVersion => ({
    eventType: name,
    schemaId,
    isFirst: index === 0,
    json,
  }))
  return first && { name, versions: [first, ...later], current: later.at(-1) ?? first }
}

function catalogueOf(types: readonly EventType[]): Catalogue {
  const byName = new Map(types.map((type) => [type.name, type]))
  const names = [...byName.keys()].sort()
  return { get: (name) => byName.get(name), names: () => names }
}
