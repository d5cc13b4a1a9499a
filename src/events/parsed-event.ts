import { isObject, memberOf } from './field-value.js'

export type JsonObject = Readonly<Record<string, unknown>>

/**
 * An event in one of the two JSON shapes (currents: events). Flat: the members of `body` are the fields. Enveloped, when
 * its member `user` is an object: the members of `user` and `properties` are opened and become fields beside the others.
 */
export interface ParsedEvent {
  readonly body: JsonObject
  readonly envelope: Envelope | null
}

interface Envelope {
  readonly user: JsonObject
  readonly properties: JsonObject
}

const NOTHING: JsonObject = {}

export function parsedEvent(body: JsonObject): ParsedEvent {
  const { user, properties } = body
  if (!isObject(user)) return { body, envelope: null }
  return { body, envelope: { user, properties: isObject(properties) ? properties : NOTHING } }
}

/**
 * What the event has under a field's name; of several in an envelope the first that is not null, in the order: the event
 * itself, `user`, `properties`.
 */
export function fieldOf({ body, envelope }: ParsedEvent, name: string): unknown {
  if (envelope === null) return memberOf(body, name)
  const { user, properties } = envelope
  if (name === 'properties') return customProperties(properties)
  return (name === 'user' ? undefined : memberOf(body, name)) ?? memberOf(user, name) ?? memberOf(properties, name)
}

/** Enveloped events call the field `properties` by one of these names, since the envelope has taken its own. */
const CUSTOM_PROPERTIES = ['custom_properties', 'purchase_properties']

function customProperties(properties: JsonObject): unknown {
  const [custom, purchase] = CUSTOM_PROPERTIES.map((name) => memberOf(properties, name))
  return custom ?? purchase ?? memberOf(properties, 'properties')
}

/** How many members the event has, containers and `event_type` not counted; an upper bound of the fields it holds. */
export function countMembers({ body, envelope }: ParsedEvent): number {
  const members = Object.keys(body).length - ('event_type' in body ? 1 : 0)
  if (envelope === null) return members
  const containers = isObject(body['properties']) ? 2 : 1
  return members - containers + Object.keys(envelope.user).length + Object.keys(envelope.properties).length
}

/** The members, counted by `countMembers`, that are no field of the schema. */
export function unknownMembers({ body, envelope }: ParsedEvent, isField: (name: string) => boolean): string[] {
  const unknown = (object: JsonObject) => Object.keys(object).filter((name) => name !== 'event_type' && !isField(name))
  if (envelope === null) return unknown(body)
  const { user, properties } = envelope
  const isAlias = (name: string) => CUSTOM_PROPERTIES.includes(name) && isField('properties')
  const inBody = unknown(body).filter(
    (name) => name !== 'user' && !(name === 'properties' && isObject(body['properties'])),
  )
  return [...inBody, ...unknown(user), ...unknown(properties).filter((name) => !isAlias(name))]
}
