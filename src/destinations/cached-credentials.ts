import type { Clock } from '../runtime/clock.js'

export interface AwsIdentity {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
  /** After this instant the identity is refused. */
  expiration?: Date
}

/** A session is renewed this long before it ends: the SDK's own margin, wide enough for an outage of minutes. */
const RENEW_BEFORE_MS = 5 * 60_000

/** An identity without an end is looked up again after this long: a change heals within seconds, a look may start a process. */
const LOOK_AGAIN_MS = 10_000

/**
 * Holds an identity as long as it is good. Renews it ahead of its end; when that fails, goes on with the one it has until
 * that ends. Callers at the same moment share one look.
 */
export class CachedCredentials {
  #held: AwsIdentity | undefined
  #goodUntilMs = 0
  #looking: Promise<AwsIdentity> | undefined

  constructor(
    readonly clock: Clock,
    readonly look: () => Promise<AwsIdentity>,
  ) {}

  async resolve(): Promise<AwsIdentity> {
    if (this.#held && this.clock.nowMs() < this.#goodUntilMs) return this.#held
    this.#looking ??= this.#renew().finally(() => (this.#looking = undefined))
    return this.#looking
  }

  /** What is held was refused: the next `resolve` looks anew. */
  forget(): void {
    this.#held = undefined
  }

  async #renew(): Promise<AwsIdentity> {
    try {
      this.#held = await this.look()
    } catch (error) {
      const endsMs = this.#held?.expiration?.getTime() ?? 0
      if (!this.#held || this.clock.nowMs() >= endsMs) throw error
      this.#goodUntilMs = Math.min(endsMs, this.clock.nowMs() + LOOK_AGAIN_MS)
      return this.#held
    }
    const lookAgainMs = this.clock.nowMs() + LOOK_AGAIN_MS
    const renewMs = (this.#held.expiration?.getTime() ?? 0) - RENEW_BEFORE_MS
    // A session of less than the margin, too, is good for a moment.
    this.#goodUntilMs = Math.max(renewMs, lookAgainMs)
    return this.#held
  }
}
