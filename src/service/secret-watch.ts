import type { SecretsView } from '../delivery/views.js'
import type { Clock } from '../runtime/clock.js'

/** Notices that secrets have changed, by their text: a file that was only touched has not. */
export class SecretWatch {
  #known: string

  constructor(
    private readonly secrets: SecretsView,
    private readonly clock: Clock,
  ) {
    this.#known = secrets.read().digest
  }

  /** What the secrets are now counts as known. */
  look(): void {
    this.#known = this.secrets.read().digest
  }

  /** Resolves to true when the secrets are not what is known, to false when `ms` have passed or a signal aborts before that. */
  async changed(ms: number, ...signals: AbortSignal[]): Promise<boolean> {
    const everyMs = this.secrets.pollMs ?? ms
    const isOver = () => signals.some(({ aborted }) => aborted)
    for (let leftMs = ms; leftMs > 0 && !isOver(); leftMs -= everyMs) {
      if (this.#isChanged) return true
      await this.clock.sleep(Math.min(leftMs, everyMs), ...signals)
    }
    return !isOver() && this.#isChanged
  }

  get #isChanged(): boolean {
    return this.secrets.read().digest !== this.#known
  }
}
