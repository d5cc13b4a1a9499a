import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { readAvroObject, type AvroObject } from '../encoding/avro-reader.js'
import { MillraceError } from '../runtime/errors.js'
import { jsonText } from './json-text.js'
import type { ExitCode, Terminal } from './terminal.js'

export interface InspectParts {
  terminal: Pick<Terminal, 'out' | 'stdin'>
  /** Every event as a line of JSON instead of a summary. */
  json: boolean
  /** Reads the object at an `s3://bucket/key`; rejects with a `MillraceError`. */
  readS3: (uri: string) => Promise<Buffer>
}

/**
 * `inspect FILE|s3://…|-`: what an Avro object file holds. Reads it to the end, so that damage anywhere is found. Throws a
 * `MillraceError`: `READ_FAILED` when it cannot be read, `NOT_AN_AVRO_FILE` when it is none, ends early or is damaged.
 */
export async function inspect(location: string, parts: InspectParts): Promise<ExitCode> {
  const object = readAvroObject(await bytesAt(location, parts), location === '-' ? 'standard input' : location)
  const { out } = parts.terminal
  if (parts.json) for (const event of object.events()) out(jsonText(event))
  else for (const line of summary(object)) out(line)
  return 0
}

async function bytesAt(location: string, { terminal, readS3 }: InspectParts): Promise<Buffer> {
  if (location === '-') return buffer(terminal.stdin)
  if (location.startsWith('s3://')) return readS3(location)
  try {
    return await readFile(location)
  } catch (error) {
    throw new MillraceError('READ_FAILED', `${location} cannot be read (${String(error)}): mend the path`, {
      cause: error,
    })
  }
}

function* summary(object: AvroObject): Generator<string> {
  const { metadata, schema, codec } = object
  const { count, first, last } = survey(object.events())
  for (const [name, value] of metadata)
    if (!name.startsWith('avro.')) yield `${name.replace('millrace.', '')}: ${value}`
  yield `codec: ${codec}`
  yield `events: ${count}`
  yield `schema: ${JSON.stringify(schema)}`
  if (count === 0) return
  yield `first event: ${jsonText(first)}`
  yield `last event: ${jsonText(last)}`
}

/** One event in memory at a time. */
function survey(events: Iterable<unknown>): { count: number; first: unknown; last: unknown } {
  const found = { count: 0, first: undefined as unknown, last: undefined as unknown }
  for (const event of events) {
    if (found.count++ === 0) found.first = event
    found.last = event
  }
  return found
}
