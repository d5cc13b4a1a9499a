import { z } from 'zod'
import { MillraceError } from '../../runtime/errors.js'
import { Secret } from '../../runtime/secret.js'
import { refuse, text } from '../option-types.js'
import type { PlaceTypes } from '../place-types.js'

/** What stands for a secret that is there, and is not shown. */
export const HIDDEN = '[REDACTED]'

const REFERENCE = /^(env|file):./

/**
 * A reference by its form alone: whoever asks over the network whether an environment variable or a file exists learns
 * nothing. `[REDACTED]` is a secret left as it is.
 */
const secret = z
  .unknown()
  .transform((value, context): Secret => {
    if (typeof value !== 'string' || (!REFERENCE.test(value) && value !== HIDDEN)) {
      refuse(context, 'is no secret reference', 'write env:NAME or file:path')
    }
    return new Secret({ kind: 'inline' }, () => {
      throw new MillraceError('CONFIGURATION', 'this secret was only looked at, never read')
    })
  })
  .meta({ writtenAs: 'secret' })

/** Kinds of values for a configuration that is looked at without its folder and its environment. */
export const UNREAD: PlaceTypes = { secret, accountSecret: secret, path: text() }
