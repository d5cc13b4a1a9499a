import { Secret } from '../../runtime/secret.js'
import type { ConnectorSettings, DestinationSettings } from '../configuration.js'
import { isExposed } from '../endpoint.js'
import { formatDuration, formatSize } from '../units.js'
import { unusedBy } from './options.js'
import { HIDDEN } from './unread.js'

/** Options and their values as texts: what `flatOptions` names. */
export type FlatTexts = Record<string, string>

/** A connector's options as texts, those that are defaults too; lists with commas, secrets as `[REDACTED]`. */
export function flatTexts(connector: ConnectorSettings): FlatTexts {
  const { from, destination } = connector
  const start = typeof from === 'number' ? new Date(from).toISOString() : from
  const texts = textsOf({ ...connector, from: start, destination: { ...destination, ...allowance(destination) } }, '')
  const unused = unusedBy(destination.type)
  const isOption = (name: string) => name !== 'name' && name !== 'destination.type' && !name.startsWith(unused)
  return Object.fromEntries(Object.entries(texts).filter(([name]) => isOption(name)))
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
