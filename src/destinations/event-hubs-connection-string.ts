import { isForbidden } from '../config/addresses.js'

export interface ConnectionString {
  host: string
  /** Only where the endpoint names one. */
  port?: number
  /** False only for the emulator. */
  tls: boolean
}

/** It can never be used; the message says what is wrong with it, and holds no part of it but the names of hubs. */
export class MalformedConnectionString extends Error {
  override readonly name = 'MalformedConnectionString'
}

/** Microsoft Learn, "Get an Event Hubs connection string"; the SDK takes nothing else than `sb` for what follows. */
const ENDPOINT = /^sb:\/\/(\[[\da-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?\/?$/i

/**
 * What a connection string of a namespace or of an event hub says, but for its key. The SDK would say what is wrong with it
 * by showing it.
 */
export function readConnectionString(text: string, eventHub: string): ConnectionString {
  const parts = partsOf(text)
  const [, host, port] = ENDPOINT.exec(parts.get('Endpoint') ?? '') ?? []
  if (host === undefined) throw malformed('has no Endpoint=sb://NAMESPACE.servicebus.windows.net/')
  if (isForbidden(host)) throw malformed('names a link-local or metadata address as its Endpoint')
  refuseKeys(parts)
  refuseOtherHub(parts.get('EntityPath'), eventHub)
  const tls = parts.get('UseDevelopmentEmulator') !== 'true'
  return { host: host.replace(/^\[|\]$/g, ''), ...(port !== undefined && { port: Number(port) }), tls }
}

function partsOf(text: string): Map<string, string> {
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(text)) throw malformed('holds a line break or another character that none has')
  const parts = text.split(';').filter((part) => part.trim() !== '')
  return new Map(
    parts.map((part) => {
      const at = part.indexOf('=')
      if (at < 1) throw malformed('has a part without NAME=VALUE')
      return [part.slice(0, at).trim(), part.slice(at + 1).trim()]
    }),
  )
}

function refuseKeys(parts: Map<string, string>): void {
  const has = (name: string) => Boolean(parts.get(name))
  const hasKey = has('SharedAccessKeyName') && has('SharedAccessKey')
  const hasSignature = has('SharedAccessSignature')
  if (!hasKey && !hasSignature) throw malformed('has no SharedAccessKeyName and SharedAccessKey')
  const both = hasSignature && (has('SharedAccessKeyName') || has('SharedAccessKey'))
  if (both) throw malformed('has both a SharedAccessKey and a SharedAccessSignature')
  if (hasSignature && !parts.get('SharedAccessSignature')?.startsWith('SharedAccessSignature sr=')) {
    throw malformed('has a SharedAccessSignature that does not begin with "SharedAccessSignature sr="')
  }
}

function refuseOtherHub(entity: string | undefined, eventHub: string): void {
  if (entity === undefined || entity === eventHub) return
  // Not what the secret says: a part of it that was shifted by a mistake may be the key.
  throw malformed(`is that of another event hub than ${eventHub}: its EntityPath differs`)
}

const malformed = (problem: string) => new MalformedConnectionString(`The account's connection string ${problem}`)
