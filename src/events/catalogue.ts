/** One version of one event type's schema. */
export interface SchemaVersion {
  readonly eventType: string
  /** Rises with every change of this type's schema; 1 is the first of a built-in type. In keys and folders. */
  readonly schemaId: number
  /** Whether this is the oldest version of its type; adding versions never changes which one that is. */
  readonly isFirst: boolean
  /** The Avro schema as compact JSON, exactly what stands in the header of every object file. */
  readonly json: string
}

/** An event type and every version of its schema, oldest first; never empty. */
export interface EventType {
  readonly name: string
  readonly versions: readonly [SchemaVersion, ...SchemaVersion[]]
  /** The newest version: what new events are encoded with. */
  readonly current: SchemaVersion
}

/** The event types and their Avro schemas, every version of them. */
export interface Catalogue {
  get(eventType: string): EventType | undefined
  /** All event type names, sorted. */
  names(): readonly string[]
}

/** Which of the pinned schema ids the catalogue does not have, as in `users.messages.email.Open 3`; empty when it has all. */
export function missingPins(catalogue: Catalogue, pins: ReadonlyMap<string, number>): string[] {
  return [...pins]
    .filter(([name, id]) => !catalogue.get(name)?.versions.some(({ schemaId }) => schemaId === id))
    .map(([name, id]) => `${name} ${id}`)
}
