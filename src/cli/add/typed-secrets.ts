import { Secret } from '../../runtime/secret.js'
import type { Answers, Identity } from './answers.js'

/** The secrets an account of each kind consists of. */
const SECRETS = {
  keys: ['accessKeyId', 'secretAccessKey', 'sessionToken'],
  'connection-string': ['connectionString'],
  application: ['clientSecret'],
} as const satisfies Partial<Record<Identity, readonly (keyof Answers)[]>>

type SecretKey = (typeof SECRETS)[keyof typeof SECRETS][number]

/** A secret that somebody has typed, and the file it is going to lie in, relative to the folder of the configuration. */
export interface TypedSecret {
  key: SecretKey
  path: string
  secret: Secret
}

export function secretKeysOf(identity: Identity | undefined): readonly SecretKey[] {
  return identity !== undefined && identity in SECRETS ? SECRETS[identity as keyof typeof SECRETS] : []
}

export function typedSecrets(answers: Answers): TypedSecret[] {
  return secretKeysOf(answers.identity).flatMap((key) => {
    const secret = answers[key]
    if (!(secret instanceof Secret)) return []
    const file = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    return [{ key, secret, path: `${secretsFolder(answers.account ?? '')}/${file}` }]
  })
}

/** Where the secrets of an account lie, relative to the folder of the configuration. */
export function secretsFolder(account: string): string {
  return `secrets/${account}`
}
