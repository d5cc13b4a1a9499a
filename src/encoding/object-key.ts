import { eventFamily } from '../events/event-type-name.js'
import type { ObjectIdentity } from '../range/object-encoder.js'
import { MillraceError } from '../runtime/errors.js'

/** What of a connector decides the keys of its objects. */
export interface KeyLayout {
  /** `/`-separated, may be empty, may hold macros as in `%EVENT_TYPE%/%YYYY%`. */
  readonly folder: string
  readonly cluster: string
  readonly zone: string
  readonly connector: string
  /** Whether the topic stands in the object's name: when a connector reads more than one. */
  readonly topicInKey: boolean
}

/** The longest key S3 takes, in bytes of UTF-8 (S3 user guide: object key names). */
const MAX_KEY_BYTES = 1024

/**
 * The key of an object, exactly as in currents.md ("Objects in a bucket"): different for any two objects of a layout,
 * always inside its folder. Throws a `MillraceError` (`CONFIGURATION`) where a part cannot stand in a path.
 */
export function objectKey(layout: KeyLayout, identity: ObjectIdentity): string {
  const { eventType, schemaId } = identity.schema
  const name = `dataexport.${layout.cluster}.S3.integration.${layout.connector}`
  const source = [...(layout.topicInKey ? [identity.topic] : []), identity.partition, identity.firstOffset]
  const parts = [
    ...folderParts(layout, identity),
    name,
    `event_type=${eventType}`,
    `date=${dateOf(identity.hour).join('-')}`,
    String(schemaId),
    layout.zone,
    `${name}+${source.join('+')}.avro`,
  ]
  return checkLength(parts.map(pathPart).join('/'))
}

/**
 * What is wrong with a layout for the given topics and event types, as a sentence; undefined when every key it can make
 * is a good one. To be asked when the configuration is read.
 */
export function keyLayoutProblem(
  layout: KeyLayout,
  topics: readonly string[],
  eventTypes: readonly string[],
): string | undefined {
  try {
    objectKey(layout, longestIdentity(layout, longest(topics), longest(eventTypes)))
    return undefined
  } catch (error) {
    if (error instanceof MillraceError) return error.message
    throw error
  }
}

/**
 * The key of the empty object that a check may leave behind: always the same one, in the connector's own folder; where the
 * folder has macros, in what stands before the first of them.
 */
export function markerKey({ folder, cluster, connector }: Omit<KeyLayout, 'zone' | 'topicInKey'>): string {
  const name = `dataexport.${cluster}.S3.integration.${connector}`
  const macro = folder.indexOf('%')
  const fixed = macro < 0 ? `${folder}/` : folder.slice(0, macro)
  return checkLength(`${fixed}${name}/.millrace-test`.split('/').map(pathPart).join('/'))
}

/** Where the largest numbers stand: those of Kafka's protocol, and of an offset JavaScript can hold. */
function longestIdentity({ connector }: KeyLayout, topic: string, eventType: string): ObjectIdentity {
  const schema = { eventType, schemaId: 2 ** 31 - 1, isFirst: false, json: '' }
  return { connector, topic, partition: 2 ** 31 - 1, schema, hour: 0, firstOffset: Number.MAX_SAFE_INTEGER }
}

function longest(texts: readonly string[]): string {
  return texts.reduce((longest, text) => (text.length > longest.length ? text : longest), '-')
}

function folderParts({ folder, connector }: KeyLayout, { schema, hour }: ObjectIdentity): string[] {
  const [year, month, day, hourOfDay] = dateOf(hour)
  const macros: Record<string, string> = {
    EVENT_TYPE: schema.eventType,
    EVENT_FAMILY: eventFamily(schema.eventType),
    CONNECTOR: connector,
    SCHEMA_ID: String(schema.schemaId),
    YYYY: year,
    MM: month,
    DD: day,
    HH: hourOfDay,
  }
  const expand = (part: string) => part.replace(/%([A-Z_]+)%/g, (text, name: string) => macros[name] ?? text)
  return folder === '' ? [] : folder.split('/').map(expand)
}

const HOUR_MS = 3_600_000

/** The last hour of the year 9999: later ones, from broken clocks, have more than four digits. */
const LAST_HOUR = Date.UTC(9999, 11, 31, 23) / HOUR_MS

/** Year, month, day and hour in UTC. */
function dateOf(hour: number): [string, string, string, string] {
  const instant = new Date(Math.min(Math.max(hour, 0), LAST_HOUR) * HOUR_MS).toISOString()
  return [instant.slice(0, 4), instant.slice(5, 7), instant.slice(8, 10), instant.slice(11, 13)]
}

/** The one place that every part of a key goes through: nothing that means something in a path, nothing invisible. */
function pathPart(part: string): string {
  if (part === '' || part === '.' || part === '..' || FORBIDDEN.test(part))
    throw new MillraceError(
      'CONFIGURATION',
      `${JSON.stringify(part)} cannot be part of an object's key: use letters, digits, - and _`,
    )
  return part
}

/** Slashes, control characters, and halves of surrogate pairs. */
const FORBIDDEN = /[/\\\p{Cc}\p{Surrogate}]/u

function checkLength(key: string): string {
  const byteLength = Buffer.byteLength(key)
  if (byteLength <= MAX_KEY_BYTES) return key
  const message = `the key of an object has up to ${byteLength} bytes, ${MAX_KEY_BYTES} are allowed: shorten the folder`
  throw new MillraceError('CONFIGURATION', message)
}
