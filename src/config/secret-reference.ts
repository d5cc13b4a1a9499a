import { resolve } from 'node:path'
import { MillraceError } from '../runtime/errors.js'
import { Secret } from '../runtime/secret.js'
import { SecretFile, withoutLastNewline } from './secret-file.js'
import type { Environment } from './substitution.js'

/** Where the secrets of one configuration come from. */
export interface SecretSource {
  /** Folder of the configuration file: what `file:` is relative to. */
  folder: string
  env: Environment
  allowInlineSecrets: boolean
  /** A secret file turned unusable while its old content is still in use: for a warning. */
  onSecretKept: (path: string, reason: string) => void
  /** Secrets that are going to be written, by the absolute path of their file. */
  proposed?: ReadonlyMap<string, Secret>
  /** True: a file that cannot be read yet is no mistake; the secret's `read` throws until it can. */
  awaitsFiles?: boolean
}

/**
 * The secret that `reference` names (`env:NAME`, `file:path`), read once to see that it is there. Throws `CONFIGURATION`
 * when it is not there (unless it is a file that is waited for), or when the reference is a literal secret and those are not allowed; never shows the value.
 */
export function secretOf(reference: string, source: SecretSource): Secret {
  const secret = makeSecret(reference, source)
  try {
    secret.read()
  } catch (error) {
    if (secret.origin.kind !== 'file' || source.awaitsFiles !== true) throw error
  }
  return secret
}

function makeSecret(reference: string, source: SecretSource): Secret {
  if (reference.startsWith('env:')) return environmentSecret(reference.slice('env:'.length), source)
  if (reference.startsWith('file:')) return fileSecret(reference.slice('file:'.length), source)
  if (source.allowInlineSecrets) return new Secret({ kind: 'inline' }, () => reference)
  throw new MillraceError('CONFIGURATION', 'a secret may not stand in the file itself')
}

function environmentSecret(name: string, { env }: SecretSource): Secret {
  return new Secret({ kind: 'env', name }, () => {
    const value = withoutLastNewline((Object.hasOwn(env, name) && env[name]) || '')
    if (value === '') throw new MillraceError('CONFIGURATION', `the environment variable ${name} is not set`)
    return value
  })
}

function fileSecret(path: string, { folder, onSecretKept, proposed }: SecretSource): Secret {
  if (path === '') throw new MillraceError('CONFIGURATION', 'names no file')
  const absolute = resolve(folder, path)
  const given = proposed?.get(absolute)
  if (given) return new Secret({ kind: 'file', path: absolute }, () => given.read())
  const file = new SecretFile(absolute, (reason) => onSecretKept(absolute, reason))
  return new Secret(
    { kind: 'file', path: absolute },
    () => file.read(),
    () => file.isKept,
  )
}
