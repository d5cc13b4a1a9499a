import { createHash } from 'node:crypto'
import type { AccountSettings, ConnectorSettings } from '../config/configuration.js'
import { orNull, type SecretsView } from '../delivery/views.js'
import { Secret } from '../runtime/secret.js'

/** A person who has just changed a secret looks at what happens; reading a few small files costs next to nothing. */
const LOOK_EVERY_MS = 1_000

/** The secrets of the account that a connector delivers with; none where it needs no account. */
export function accountSecrets(
  { destination }: Pick<ConnectorSettings, 'destination'>,
  accounts: ReadonlyMap<string, AccountSettings>,
): SecretsView {
  const account = 'account' in destination ? accounts.get(destination.account) : undefined
  return secretsView(Object.values<unknown>(account ?? {}).filter((value) => value instanceof Secret))
}

/** Whether secrets have changed, and whether they can be read. */
export function secretsView(secrets: readonly Secret[]): SecretsView {
  return {
    pollMs: secrets.some(({ origin }) => origin.kind === 'file') ? LOOK_EVERY_MS : null,
    read: () => {
      const texts = secrets.map(textOf)
      const digest = createHash('sha256').update(JSON.stringify(texts)).digest('hex')
      return { digest, isFresh: !texts.includes(null) && !secrets.some(({ isKept }) => isKept) }
    },
  }
}

/** Null when it cannot be read: a state like another, which ends when it can. */
function textOf(secret: Secret): string | null {
  try {
    return secret.read()
  } catch (error) {
    return orNull(error)
  }
}
