import avsc from 'avsc'
import type { Catalogue, EventType, SchemaVersion } from '../../src/events/catalogue.js'
import { loadCatalogue } from '../../src/events/catalogue-loader.js'
import { createTranscoder, type TranscoderParts } from '../../src/events/json-transcoder.js'
import type { EncodedEvent, Transcoded, Transcoder } from '../../src/events/transcoder.js'

/** The 94 built-in types. */
export async function builtInCatalogue(): Promise<Catalogue> {
  const loaded = await loadCatalogue([])
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems))
  return loaded.catalogue
}

/** A catalogue of one type, `users.custom.Thing`, with versions made of these fields beside `id` and `time`. */
export function catalogueOfFields(...versions: [unknown[], ...unknown[][]]): Catalogue {
  const [first, ...later] = versions.map((fields, index): SchemaVersion => {
    const schema = { type: 'record', name: 'Thing', fields: [...ID_AND_TIME, ...fields] }
    return { eventType: THING, schemaId: index + 1, isFirst: index === 0, json: JSON.stringify(schema) }
  })
  if (!first) throw new Error('a type has at least one version')
  const type: EventType = { name: THING, versions: [first, ...later], current: later.at(-1) ?? first }
  return { get: (name) => (name === THING ? type : undefined), names: () => [THING] }
}

export const THING = 'users.custom.Thing'

const ID_AND_TIME = [
  { name: 'id', type: 'string' },
  { name: 'time', type: 'long' },
]

/** A transcoder that forwards everything as it is, but for what `parts` says. */
export function transcoderOf(catalogue: Catalogue, parts: Partial<TranscoderParts> = {}): Transcoder {
  return createTranscoder({
    catalogue,
    events: { include: ['*'], exclude: [], anonymousUsers: 'include' },
    fields: { remove: [], hash: [] },
    onUnknownField: () => undefined,
    ...parts,
  })
}

/** The bytes of an event, a copy; throws when it was not encoded. */
export function bodyOf(transcoded: Transcoded): Buffer {
  return Buffer.from(encoded(transcoded).bytes.subarray(0, encoded(transcoded).length))
}

/** The event as avsc, not our own code, reads it back. */
export function decoded(transcoded: Transcoded): Record<string, unknown> {
  const type = avsc.Type.forSchema(JSON.parse(encoded(transcoded).schema.json) as avsc.Schema)
  return { ...(type.fromBuffer(bodyOf(transcoded)) as Record<string, unknown>) }
}

function encoded(transcoded: Transcoded): EncodedEvent {
  if (transcoded.verdict !== 'encoded') throw new Error(`not encoded: ${JSON.stringify(transcoded)}`)
  return transcoded
}
