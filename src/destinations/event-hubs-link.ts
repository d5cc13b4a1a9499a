import type { EventHubProducerClient } from '@azure/event-hubs'
import type { Clock } from '../runtime/clock.js'
import type { HubAccess } from './event-hubs-access.js'
import type { EventBatch } from './event-hubs-batch.js'
import { asSdkBatch, cutOff, isLinkOpen, watchLink, watchToken } from './event-hubs-internals.js'

/** A link ended; whether a batch that was underway is stored, nobody knows. */
export class LinkLost extends Error {
  override readonly name = 'LinkLost'

  /** `reason`: what the other side gave, if it gave one. */
  constructor(readonly reason: unknown) {
    super('the link to the event hub was lost')
  }
}

/** How long a link may take to say goodbye, milliseconds: a working hub answers in a fraction; it is cut off then. */
const GOODBYE_MS = 1_000

/** The most of a message where the link does not say: that of the Standard tier (Microsoft Learn, "Azure Event Hubs quotas and limits"). */
const MOST_BYTES = 1024 * 1024

/**
 * One connection with one sender link to an event hub, from its opening to its end: a link that is lost is not made again,
 * a new one is opened in its place. Batches share it; each is sent once.
 */
export class HubLink {
  readonly #underway = new Map<AbortController, Promise<void>>()
  readonly #client: EventHubProducerClient
  readonly #clock: Clock
  #lost: LinkLost | undefined
  #ended: Promise<void> | undefined

  private constructor(
    client: EventHubProducerClient,
    clock: Clock,
    /** The most of a message. */
    readonly maxBytes: number,
  ) {
    this.#client = client
    this.#clock = clock
    watchLink(client, (reason) => this.#lose(reason))
  }

  /**
   * Connects, shows the token, attaches the link: so the address, the certificate, the credentials, the event hub and the
   * right to send are known to be good. Calls `accepted` as soon as the token is. Rejects with the SDK's errors and with
   * `EntraUnavailable`.
   */
  static async open(access: HubAccess, clock: Clock, signal: AbortSignal, accepted?: () => void): Promise<HubLink> {
    const client = access.connect()
    if (accepted) watchToken(client, accepted)
    try {
      const { maxSizeInBytes } = await client.createBatch({ abortSignal: signal })
      return new HubLink(client, clock, maxSizeInBytes > 0 ? maxSizeInBytes : MOST_BYTES)
    } catch (error) {
      await end(client, clock)
      throw error
    }
  }

  get isOpen(): boolean {
    return !this.#lost && !this.#ended && isLinkOpen(this.#client)
  }

  /** Resolves when the hub has stored the batch. Rejects with `LinkLost` and with the SDK's errors. */
  async send(batch: EventBatch, signal: AbortSignal): Promise<void> {
    if (!this.isOpen) throw this.#lost ?? new LinkLost(undefined)
    const cut = new AbortController()
    const abort = () => cut.abort()
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    try {
      const sending = this.#client.sendBatch(asSdkBatch(batch), { abortSignal: cut.signal })
      this.#underway.set(cut, sending)
      await sending
    } catch (error) {
      throw this.#lost && isAbort(error) ? this.#lost : error
    } finally {
      this.#underway.delete(cut)
      signal.removeEventListener('abort', abort)
    }
  }

  /** Closes when nothing is underway any more. */
  async retire(): Promise<void> {
    await Promise.allSettled(this.#underway.values())
    await this.close()
  }

  /** Releases everything; what is underway is cut short. Resolves soon, whatever the other side does. */
  close(): Promise<void> {
    return (this.#ended ??= this.#end())
  }

  async #end(): Promise<void> {
    this.#lose(undefined)
    await end(this.#client, this.#clock)
  }

  #lose(reason: unknown): void {
    this.#lost ??= new LinkLost(reason)
    for (const cut of this.#underway.keys()) cut.abort()
  }
}

const isAbort = (error: unknown) => error instanceof Error && error.name === 'AbortError'

async function end(client: EventHubProducerClient, clock: Clock): Promise<void> {
  const closed = new AbortController()
  const closing = client
    .close()
    .catch(() => undefined)
    .finally(() => closed.abort())
  await Promise.race([closing, clock.sleep(GOODBYE_MS, closed.signal)])
  cutOff(client)
}
