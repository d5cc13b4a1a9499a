import { describeType, isNullable, readAvroType, type AvroField, type AvroType } from '../events/avro-type.js'
import type { Catalogue } from '../events/catalogue.js'
import { matchesPattern, selectsType } from '../events/event-selection.js'
import { KAFKA_KEY, RANDOM_KEY } from './configuration.js'
import type { Draft, DraftConnector } from './draft.js'
import { shown, type Problem } from './problem.js'
import { suggestion } from './suggestion.js'

/**
 * What a configuration says about event types and their fields, against the catalogue: patterns that match nothing, fields
 * that no selected event type has, transforms that a field's type does not allow.
 */
export function checkAgainstCatalogue(configuration: Pick<Draft, 'connectors'>, catalogue: Catalogue): Problem[] {
  return configuration.connectors.flatMap((connector) => {
    const { events } = connector
    if (!events) return []
    const problems = [
      ...patternProblems(`connectors.${connector.name}.events.include`, events.include, catalogue),
      ...patternProblems(`connectors.${connector.name}.events.exclude`, events.exclude, catalogue),
    ]
    const selected = catalogue.names().filter((name) => selectsType(events, name))
    return problems.length > 0 ? problems : selectionProblems(connector, selected, catalogue)
  })
}

function patternProblems(path: string, patterns: readonly string[], catalogue: Catalogue): Problem[] {
  return patterns.flatMap((pattern, index) => {
    if (catalogue.names().some((name) => matchesPattern(pattern, name))) return []
    const nearest = suggestion(pattern, alike(pattern, catalogue))
    const hint = nearest ? `did you mean ${nearest}?` : 'see the event types with: millrace schemas list'
    return [{ path: `${path}[${index}]`, message: `no event type matches ${shown(pattern)}`, hint }]
  })
}

/** What `pattern` could have meant: event types, or `users.messages.*` and the like. */
function alike(pattern: string, catalogue: Catalogue): readonly string[] {
  if (!pattern.endsWith('.*')) return catalogue.names()
  const groups = catalogue.names().flatMap((name) => {
    const parts = name.split('.')
    return parts.slice(1).map((_, index) => `${parts.slice(0, index + 1).join('.')}.*`)
  })
  return [...new Set(groups)]
}

function selectionProblems(connector: DraftConnector, eventTypes: string[], catalogue: Catalogue): Problem[] {
  const path = `connectors.${connector.name}`
  if (eventTypes.length === 0) {
    return [{ path: `${path}.events`, message: 'no event type is left', hint: 'exclude fewer, or set enabled: false' }]
  }
  const fields = fieldsOf(eventTypes, catalogue)
  const { remove = [], hash = [] } = connector.fields ?? {}
  return [
    ...remove.flatMap((name, index) => transformProblems(`${path}.fields.remove[${index}]`, name, fields, REMOVE)),
    ...hash.flatMap((name, index) => transformProblems(`${path}.fields.hash[${index}]`, name, fields, HASH)),
    ...partitionKeyProblems(connector, fields),
  ]
}

/** A field of one version of one event type. */
interface FieldUse {
  eventType: string
  type: AvroType
}

/** Every field of the selected types by name: of all their versions, since events of any of them may be underway. */
type Fields = ReadonlyMap<string, readonly FieldUse[]>

function fieldsOf(eventTypes: readonly string[], catalogue: Catalogue): Fields {
  const versions = eventTypes.flatMap((name) => catalogue.get(name)?.versions ?? [])
  const uses = versions.flatMap(({ eventType, json }) =>
    recordFields(json).map(({ name, type }) => ({ name, use: { eventType, type } })),
  )
  const fields = new Map<string, FieldUse[]>()
  for (const { name, use } of uses) fields.set(name, [...(fields.get(name) ?? []), use])
  return fields
}

function recordFields(json: string): readonly AvroField[] {
  const type = readAvroType(JSON.parse(json))
  return type.kind === 'record' ? type.fields : []
}

/** What a transform asks of a field's type. */
interface TransformRule {
  isAllowed(type: AvroType): boolean
  /** In messages: `latitude cannot be <participle>`. */
  participle: string
  hint: string
}

// currents.md, events: what is written in place of a value.
const REMOVE: TransformRule = {
  isAllowed: (type) => isString(type) || isNullable(type),
  participle: 'removed',
  hint: 'only strings and nullable fields can be; exclude this event type or keep the field',
}
const HASH: TransformRule = {
  isAllowed: isString,
  participle: 'hashed',
  hint: 'only strings can be; exclude this event type, or remove the field instead',
}

function isString(type: AvroType): boolean {
  return type.kind === 'string' || (type.kind === 'union' && type.branches.some(({ kind }) => kind === 'string'))
}

function transformProblems(path: string, name: string, fields: Fields, rule: TransformRule): Problem[] {
  const uses = fields.get(name)
  if (!uses) return [unknownField(path, name, fields)]
  const refused = uses.find(({ type }) => !rule.isAllowed(type))
  if (!refused) return []
  const message = `${name} cannot be ${rule.participle}, it is ${describeRequired(refused.type)} in ${refused.eventType}`
  return [{ path, message, hint: rule.hint }]
}

function describeRequired(type: AvroType): string {
  return `a ${isNullable(type) ? '' : 'required '}${describeType(type)}`
}

function unknownField(path: string, name: string, fields: Fields): Problem {
  const nearest = suggestion(name, [...fields.keys()])
  const hint = nearest ? `did you mean "${nearest}"?` : 'see the fields with: millrace schemas show TYPE'
  return { path, message: `no selected event type has a field ${shown(name)}`, hint }
}

function partitionKeyProblems({ name, destination }: DraftConnector, fields: Fields): Problem[] {
  if (!destination || !('partitionKey' in destination)) return []
  const { partitionKey } = destination
  if (partitionKey === KAFKA_KEY || partitionKey === RANDOM_KEY || fields.has(partitionKey)) return []
  return [unknownField(`connectors.${name}.destination.partitionKey`, destination.partitionKey, fields)]
}
