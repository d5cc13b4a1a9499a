import { createHash } from 'node:crypto'
import type { SecretsView } from '../delivery/group-view.js'
import type { Secret } from '../runtime/secret.js'

/** A changed secret heals within seconds; reading a few small files costs next to nothing. */
const LOOK_EVERY_MS = 1_000

/** The secrets of an account as the 48-hour rule needs them: whether they have changed, and whether they can be read. */
export function accountSecrets(secrets: readonly Secret[]): SecretsView {
  return {
    pollMs: secrets.some(({ origin }) => origin.kind === 'file') ? LOOK_EVERY_MS : null,
    read: () => {
      const digest = createHash('sha256')
      for (const secret of secrets) digest.update(secret.read()).update('\0')
      return { digest: digest.digest('hex'), isFresh: !secrets.some(({ isKept }) => isKept) }
    },
  }
}
