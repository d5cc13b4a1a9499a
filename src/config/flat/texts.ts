import { Secret } from '../../runtime/secret.js'
import type { ConnectorSettings, DestinationSettings } from '../configuration.js'
import { isExposed } from '../endpoint.js'
import { isStream } from '../rules.js'
import { formatDuration, formatSize } from '../units.js'
import { HIDDEN } from './unread.js'

/** Options and their values as texts: what `flatOptions` names. */
export type FlatTexts = Record<string, string>

/** A connector's options as texts, those that are defaults too; lists with commas, secrets as `[REDACTED]`. */
export function flatTexts(connector: ConnectorSettings): FlatTexts {
  const { name: _, from, files, records, destination, ...rest } = connector
  const { type: __, ...place } = destination
  const start = typeof from === 'number' ? new Date(from).toISOString() : from
  const writing = isStream(destination) ? { records } : { files }
  return textsOf({ ...rest, from: start, destination: { ...place, ...allowance(destination) }, ...writing }, '')
}

/** `allowHttp` is no setting of its own once the file has been read: an endpoint that needs it is there because of it. */
function allowance(destination: DestinationSettings): { allowHttp?: true } {
  const endpoint = 'endpoint' in destination ? destination.endpoint : undefined
  return endpoint !== undefined && isExposed(endpoint) ? { allowHttp: true } : {}
}

function textsOf(block: object, prefix: string): FlatTexts {
  const members = Object.entries(block).filter(([, value]) => value !== undefined)
  return Object.assign({}, ...members.map(([key, value]) => textsOfMember(key, value, prefix))) as FlatTexts
}

function textsOfMember(key: string, value: unknown, prefix: string): FlatTexts {
  if (value instanceof Secret) return { [prefix + key]: HIDDEN }
  if (Array.isArray(value)) return { [prefix + key]: value.join(',') }
  if (typeof value === 'object' && value !== null) return textsOf(value, `${prefix}${key}.`)
  // Settings have the unit in their names, options in their values.
  if (typeof value === 'number' && key.endsWith('Ms')) return { [prefix + key.slice(0, -2)]: formatDuration(value) }
  if (typeof value === 'number' && key.endsWith('Bytes')) return { [prefix + key]: formatSize(value) }
  return { [prefix + key]: String(value) }
}
