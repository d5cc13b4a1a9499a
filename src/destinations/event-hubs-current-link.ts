import type { Clock } from '../runtime/clock.js'
import { Attempt } from './attempt.js'
import type { AccessReader, HubAccess } from './event-hubs-access.js'
import { HubLink } from './event-hubs-link.js'

/**
 * The link that batches are sent through: opened when it is first needed, again when it was lost, given up or its secret has
 * changed. At most one at a time is open or being opened; one that was replaced is closed.
 */
export class CurrentLink {
  readonly #reader: AccessReader
  readonly #clock: Clock
  readonly #openMs: number
  readonly #closing = new AbortController()
  readonly #retired = new Set<HubLink>()
  #link: HubLink | undefined
  #secret = ''
  #opening: Promise<HubLink> | undefined

  /** `openMs`: how long opening may take. */
  constructor(reader: AccessReader, clock: Clock, openMs: number) {
    this.#reader = reader
    this.#clock = clock
    this.#openMs = openMs
  }

  /** Rejects with what `AccessReader` and `HubLink.open` reject with, and with `OpeningTimedOut`. */
  async take(signal: AbortSignal): Promise<HubLink> {
    const access = this.#reader.read()
    if (this.#link?.isOpen && this.#secret === access.secret) return this.#link
    this.#opening ??= this.#open(access).finally(() => (this.#opening = undefined))
    const opening = this.#opening
    return await new Attempt(this.#clock, signal, this.#openMs).run(() => opening)
  }

  /** The link is not to be taken any more: it failed in a way that a new one may heal. What is underway may end. */
  giveUp(link: HubLink): void {
    if (this.#link === link) this.#link = undefined
    if (this.#retired.has(link)) return
    this.#retired.add(link)
    void link.retire().finally(() => this.#retired.delete(link))
  }

  /** Cuts short what is underway. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#opening?.catch(() => undefined)
    await this.#link?.close()
    await Promise.all([...this.#retired].map((link) => link.close()))
  }

  async #open(access: HubAccess): Promise<HubLink> {
    if (this.#link) this.giveUp(this.#link)
    const attempt = new Attempt(this.#clock, this.#closing.signal, this.#openMs)
    try {
      this.#link = await attempt.run((cut) => HubLink.open(access, this.#clock, cut))
      this.#secret = access.secret
      return this.#link
    } catch (error) {
      throw attempt.timedOut ? new OpeningTimedOut() : error
    }
  }
}

/** The hub was silent. */
export class OpeningTimedOut extends Error {
  override readonly name = 'OpeningTimedOut'
}
