import type { Clock } from '../../runtime/clock.js'
import type { SecretsView } from '../views.js'

interface SecretWatchParts {
  secrets: SecretsView
  clock: Clock
  stopping: AbortSignal
  /** True as long as something is refused. */
  isNeeded: () => boolean
  onChange: () => void
}

/** Looks at the secret time and again, as long as something is refused: one that has changed is worth a try at once. */
export class SecretWatch {
  #isWatching = false
  /** As it was refused, or looked at last. */
  #seen: string | undefined

  constructor(private readonly parts: SecretWatchParts) {}

  /** This one was refused. */
  refused(digest: string): void {
    this.#seen = digest
  }

  async watch(): Promise<void> {
    const { secrets, clock, stopping, isNeeded, onChange } = this.parts
    if (secrets.pollMs === null || this.#isWatching) return
    this.#isWatching = true
    this.#seen ??= secrets.read().digest
    while (isNeeded() && !stopping.aborted) {
      await clock.sleep(secrets.pollMs, stopping)
      const { digest } = secrets.read()
      if (digest !== this.#seen) onChange()
      this.#seen = digest
    }
    this.#isWatching = false
  }
}
