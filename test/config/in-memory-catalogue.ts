import type { Catalogue, EventType, SchemaVersion } from '../../src/events/catalogue.js'

/** A catalogue of event types, each with the fields of its versions, oldest first, as Avro writes them. */
export function catalogueOf(types: Record<string, Record<string, unknown>[]>): Catalogue {
  const known = new Map(Object.entries(types).map(([name, versions]) => [name, eventType(name, versions)]))
  return { get: (name) => known.get(name), names: () => [...known.keys()].sort() }
}

function eventType(name: string, versions: Record<string, unknown>[]): EventType {
  const schemas = versions.map((fields, index): SchemaVersion => {
    const avro = Object.entries(fields).map(([field, type]) => ({ name: field, type }))
    const json = JSON.stringify({ type: 'record', name, fields: avro })
    return { eventType: name, schemaId: index + 1, isFirst: index === 0, json }
  })
  const [first, ...later] = schemas
  if (!first) throw new Error(`${name} has no version`)
  return { name, versions: [first, ...later], current: later.at(-1) ?? first }
}
