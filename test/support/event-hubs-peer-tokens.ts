import { createHmac } from 'node:crypto'

/** The answer of $cbs to a token. */
export interface TokenAnswer {
  status: number
  description: string
}

const ACCEPTED: TokenAnswer = { status: 202, description: 'Accepted' }
const refused = (description: string): TokenAnswer => ({ status: 401, description })

/** Names of keys and the keys of the namespace's shared access policies. */
export type SharedKeys = ReadonlyMap<string, string>

/**
 * Checks a shared access signature as Event Hubs does (Microsoft Learn, "Authenticate access to Event Hubs resources using
 * shared access signatures").
 */
export function checkSignature(token: string, keys: SharedKeys, nowMs: number): TokenAnswer {
  const fields = new URLSearchParams(token.replace(/^SharedAccessSignature /, '').replaceAll('+', '%2B'))
  const field = (name: string) => fields.get(name) ?? ''
  const key = keys.get(field('skn'))
  if (key === undefined) return refused('InvalidSignature: The token has an invalid signature.')
  if (Number(field('se')) * 1000 < nowMs) return refused('ExpiredToken: The token is expired.')
  const signed = `${encodeURIComponent(field('sr'))}\n${field('se')}`
  const right = createHmac('sha256', key).update(signed).digest('base64')
  return right === field('sig') ? ACCEPTED : refused('InvalidSignature: The token has an invalid signature.')
}

/** `sb://host/hub` → hub. */
export function entityOf(audience: string): string {
  return audience.replace(/^\w+:\/\/[^/]+\//, '').replace(/\/$/, '')
}
