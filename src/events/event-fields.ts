import { isObject } from './field-value.js'

export type JsonObject = Readonly<Record<string, unknown>>

/** Enveloped events call the field `properties` by one of these names, since the envelope has taken its own. */
const CUSTOM_PROPERTIES = ['custom_properties', 'purchase_properties']

/**
 * Takes an event apart into the fields of one schema, in either of the two JSON shapes (currents: events). Flat: its
 * members are the fields. Enveloped, when its member `user` is an object: the members of `user` and `properties` are
 * fields beside those of the event itself; of several with one name the first that is not null counts.
 *
 * One loop over what is there, with a guess that members come in the schema's order, is several times faster than a
 * look-up for every field, and finds what the schema does not know on the way.
 */
export class EventFields {
  /** By place in the schema; undefined for a field the event lacks. */
  readonly values: unknown[]
  /** How many members the schema has no field for. */
  unknown = 0
  readonly #names: readonly string[]
  readonly #indexes: ReadonlyMap<string, number>
  readonly #indexesInProperties: ReadonlyMap<string, number>

  constructor(names: readonly string[]) {
    this.#names = names
    this.values = names.map(() => undefined)
    this.#indexes = new Map(names.map((name, index) => [name, index]))
    const properties = this.#indexes.get('properties')
    const aliases = properties === undefined ? [] : CUSTOM_PROPERTIES.map((name) => [name, properties] as const)
    this.#indexesInProperties = new Map([...aliases, ...this.#indexes])
  }

  /** Fills `values` and `unknown` anew. */
  takeApart(event: JsonObject): void {
    this.#reset()
    if (this.#takeFlat(event)) return
    this.#reset()
    const { user, properties, ...others } = event
    this.#take(others, this.#indexes)
    this.#take(user as JsonObject, this.#indexes)
    if (isObject(properties)) this.#take(properties, this.#indexesInProperties)
  }

  #reset(): void {
    this.values.fill(undefined)
    this.unknown = 0
  }

  /** Returns false when the event turns out to be enveloped. */
  #takeFlat(event: JsonObject): boolean {
    let expected = 0
    for (const name in event) {
      const value = event[name]
      if (name === 'user' && isObject(value)) return false
      const index = name === this.#names[expected] ? expected : this.#find(name, this.#indexes)
      if (index < 0) continue
      this.values[index] = value
      expected = index + 1
    }
    return true
  }

  #take(members: JsonObject, indexes: ReadonlyMap<string, number>): void {
    let expected = 0
    for (const name in members) {
      const index = name === this.#names[expected] ? expected : this.#find(name, indexes)
      if (index < 0) continue
      this.values[index] ??= members[name]
      expected = index + 1
    }
  }

  /** Negative for a member that is no field. */
  #find(name: string, indexes: ReadonlyMap<string, number>): number {
    const index = indexes.get(name)
    if (index !== undefined) return index
    if (name !== 'event_type') this.unknown++
    return -1
  }
}

/** Whether the event has no `external_user_id`: absent, null or empty. */
export function isAnonymous(event: JsonObject): boolean {
  const fields = new EventFields(['external_user_id'])
  fields.takeApart(event)
  const [id] = fields.values
  return id === undefined || id === null || id === ''
}
