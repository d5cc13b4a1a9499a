import type { SecretsView } from '../../../src/delivery/views.js'
import { SimulatedHost } from './world.js'

/** A machine with a secret file, which may be older than what the owner of the account has. */
export class Host extends SimulatedHost {
  secret = 0
  /** The file can be read. */
  isReadable = true

  secretsView(pollMs: number | null): SecretsView {
    return {
      read: () => ({ digest: `secret ${this.secret}`, isFresh: this.isReadable }),
      pollMs,
    }
  }
}
