import type { AccountSettings, ConnectorSettings } from '../config/configuration.js'
import type { Clock } from '../runtime/clock.js'
import { Secret } from '../runtime/secret.js'

/** A person who has just changed a secret looks at what happens; reading a few small files costs next to nothing. */
const LOOK_EVERY_MS = 1_000

/** The secrets of the account that a connector delivers with; none where it needs no account. */
export function secretsOf(
  { destination }: Pick<ConnectorSettings, 'destination'>,
  accounts: ReadonlyMap<string, AccountSettings>,
): Secret[] {
  const account = 'account' in destination ? accounts.get(destination.account) : undefined
  return Object.values<unknown>(account ?? {}).filter((value) => value instanceof Secret)
}

/** Notices that secrets have changed, by their text: a file that was only touched has not. */
export class SecretWatch {
  #known: string

  constructor(
    private readonly secrets: readonly Secret[],
    private readonly clock: Clock,
  ) {
    this.#known = this.#text()
  }

  /** What the secrets are now counts as known. */
  look(): void {
    this.#known = this.#text()
  }

  /** Resolves to true when the secrets are not what is known, to false when `ms` have passed or `signal` aborts before that. */
  async changed(ms: number, signal: AbortSignal): Promise<boolean> {
    for (let leftMs = ms; leftMs > 0 && !signal.aborted; leftMs -= LOOK_EVERY_MS) {
      if (this.#text() !== this.#known) return true
      await this.clock.sleep(Math.min(leftMs, LOOK_EVERY_MS), signal)
    }
    return !signal.aborted && this.#text() !== this.#known
  }

  #text(): string {
    return JSON.stringify(this.secrets.map((secret) => secret.read()))
  }
}
