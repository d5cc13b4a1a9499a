import { resolve } from 'node:path'
import { z } from 'zod'
import { MillraceError } from '../runtime/errors.js'
import type { Secret } from '../runtime/secret.js'
import { refuse, text } from './option-types.js'
import { secretOf, type SecretSource } from './secret-reference.js'

/** Kinds of values whose meaning depends on where the configuration is read: its folder and its environment. */
export interface PlaceTypes {
  /** `env:NAME` or `file:path`. */
  secret: z.ZodType<Secret>
  /** As `secret`, in an account. */
  accountSecret: z.ZodType<Secret>
  /** A path relative to the configuration file's folder, made absolute. */
  path: z.ZodType<string>
}

/** `ofAccounts`: where the secrets of accounts come from. */
export function placeTypes(source: SecretSource, ofAccounts = source): PlaceTypes {
  return {
    secret: secretFrom(source),
    accountSecret: secretFrom(ofAccounts),
    path: text().transform((path) => resolve(source.folder, path)),
  }
}

function secretFrom(source: SecretSource): z.ZodType<Secret> {
  // The value must show in no message, whatever it is.
  return z.unknown().transform((reference, context) => {
    try {
      if (typeof reference === 'string' && reference !== '') return secretOf(reference, source)
      refuse(context, reference === undefined ? 'is missing' : 'is no secret reference', HOW_TO_REFER)
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      refuse(context, error.message, hintFor(reference))
    }
    return z.NEVER
  })
}

const HOW_TO_REFER = 'write env:NAME or file:path'

function hintFor(reference: unknown): string {
  const isReference = /^(env|file):./.test(String(reference))
  if (isReference) return 'set it, or refer to another secret with env:NAME or file:path'
  return `${HOW_TO_REFER}, or set allowInlineSecrets: true`
}
