import type { SecretsView } from '../../../src/delivery/views.js'
import { SimulatedHost } from './world.js'

/** A machine with a secret file, which may be older than what the owner of the account has. */
export class Host extends SimulatedHost {
  #secret = 0
  #isReadable = true
  /** When it became another one, or readable, or unreadable; as the world's time goes. */
  secretChangedMs = -Infinity

  get secret(): number {
    return this.#secret
  }

  set secret(secret: number) {
    if (secret !== this.#secret) this.secretChangedMs = this.world.nowMs
    this.#secret = secret
  }

  /** The file can be read. */
  get isReadable(): boolean {
    return this.#isReadable
  }

  set isReadable(isReadable: boolean) {
    if (isReadable !== this.#isReadable) this.secretChangedMs = this.world.nowMs
    this.#isReadable = isReadable
  }

  secretsView(pollMs: number | null): SecretsView {
    return {
      read: () => ({ digest: `secret ${this.secret}`, isFresh: this.isReadable }),
      pollMs,
    }
  }
}
