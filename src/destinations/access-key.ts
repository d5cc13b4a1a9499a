import type { AccountSettings } from '../config/configuration.js'
import type { Secret, SecretOrigin } from '../runtime/secret.js'
import type { AwsIdentity } from './cached-credentials.js'

export type KeyAccount = Extract<AccountSettings, { accessKeyId: Secret }>

/** A part of an access key holds what none can hold; the message names the part, never its value. */
export class MalformedSecret extends Error {
  override readonly name = 'MalformedSecret'
}

/** Both stand in headers of the request: AWS makes them of letters, digits and `+/=`, other storage of visible ASCII. */
const IN_HEADER = /^[!-~]+$/

/** It only goes into the signature, and storage other than AWS takes any text. Nobody chooses what cannot be seen. */
const SIGNING = /^(?!\s)\P{C}+(?<!\s)$/u

/**
 * The access key as its secrets are now. Throws `MillraceError` when one cannot be read, and `MalformedSecret` for one that
 * could never be used: signed with it, a request would fail in a way that says nothing about the key.
 */
export function readAccessKey({ accessKeyId, secretAccessKey, sessionToken }: KeyAccount): AwsIdentity {
  return {
    accessKeyId: wellFormed('accessKeyId', accessKeyId, IN_HEADER),
    secretAccessKey: wellFormed('secretAccessKey', secretAccessKey, SIGNING),
    ...(sessionToken && { sessionToken: wellFormed('sessionToken', sessionToken, IN_HEADER) }),
  }
}

function wellFormed(part: string, secret: Secret, form: RegExp): string {
  const text = secret.read()
  if (form.test(text)) return text
  const problem = 'holds a line break, a space or another character that no access key has'
  throw new MalformedSecret(`The account's ${part}, ${nameOf(secret.origin)}, ${problem}`)
}

function nameOf(origin: SecretOrigin): string {
  if (origin.kind === 'env') return `the environment variable ${origin.name}`
  return origin.kind === 'file' ? `the secret file ${origin.path}` : 'which stands in the configuration'
}
