import { setMaxListeners } from 'node:events'
import type { EventHubProducerClient } from '@azure/event-hubs'
import type { Clock } from '../runtime/clock.js'
import type { HubAccess } from './event-hubs-access.js'
import type { EventBatch } from './event-hubs-batch.js'
import { cutOff, senderOf, watchToken, type BatchSender } from './event-hubs-internals.js'

/** A link ended; whether a batch that was underway is stored, nobody knows. */
export class LinkLost extends Error {
  override readonly name = 'LinkLost'

  /** `reason`: what the other side gave, if it gave one. */
  constructor(readonly reason: unknown) {
    super('the link to the event hub was lost')
  }
}

/** The hub takes no more for now, and has not for as long as an answer may take. */
export class NoCredit extends Error {
  override readonly name = 'NoCredit'
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
  readonly #uses = new Set<LinkUse>()
  readonly #client: EventHubProducerClient
  readonly #sender: BatchSender
  readonly #clock: Clock
  readonly #answerMs: number
  /** There while somebody waits for credit. */
  #credit: AbortController | undefined
  #lost: LinkLost | undefined
  #ended: Promise<void> | undefined

  private constructor(
    client: EventHubProducerClient,
    { answerMs, clock }: { answerMs: number; clock: Clock },
    /** The most of a message. */
    readonly maxBytes: number,
  ) {
    this.#client = client
    this.#clock = clock
    this.#answerMs = answerMs
    this.#sender = senderOf(client)
    this.#sender.watch({ lost: (reason) => this.#lose(reason), credit: () => this.#wake() })
  }

  /**
   * Connects, shows the token, attaches the link: so the address, the certificate, the credentials, the event hub and the
   * right to send are known to be good. Calls `accepted` as soon as the token is. Rejects with the SDK's errors and with
   * `EntraUnavailable`.
   */
  static async open(access: HubAccess, clock: Clock, signal: AbortSignal, accepted?: () => void): Promise<HubLink> {
    const client = access.connect()
    watchToken(client, accepted)
    try {
      const { maxSizeInBytes } = await client.createBatch({ abortSignal: signal })
      const maxBytes = maxSizeInBytes > 0 ? maxSizeInBytes : MOST_BYTES
      return new HubLink(client, { answerMs: access.answerMs, clock }, maxBytes)
    } catch (error) {
      await end(client, clock)
      throw error
    }
  }

  get isOpen(): boolean {
    return !this.#lost && !this.#ended && this.#sender.isOpen
  }

  /** For several batches that `signal` cuts short together. `end` must be called when none of them is underway any more. */
  use(signal: AbortSignal): LinkUse {
    const use = new LinkUse(signal, (batch, cut) => this.#send(batch, cut))
    this.#uses.add(use)
    void use.ended.then(() => this.#uses.delete(use))
    if (this.#lost) use.cutShort()
    return use
  }

  async #send(batch: EventBatch, cut: AbortSignal): Promise<void> {
    try {
      if (!this.isOpen) throw new LinkLost(undefined)
      if (!this.#sender.hasCredit) await this.#waitForCredit(cut)
      await this.#sender.send(batch.bytes, this.#answerMs, cut)
    } catch (error) {
      throw this.#lost && cut.aborted ? this.#lost : error
    }
  }

  async #waitForCredit(cut: AbortSignal): Promise<void> {
    const endMs = this.#clock.monotonicMs() + this.#answerMs
    while (!cut.aborted && !this.#sender.hasCredit) {
      const leftMs = endMs - this.#clock.monotonicMs()
      if (leftMs <= 0) throw new NoCredit()
      this.#credit ??= new AbortController()
      await this.#clock.sleep(leftMs, this.#credit.signal, cut)
    }
  }

  #wake(): void {
    this.#credit?.abort()
    this.#credit = undefined
  }

  /** Closes when nobody uses it any more. */
  async retire(): Promise<void> {
    await Promise.all([...this.#uses].map(({ ended }) => ended))
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
    for (const use of this.#uses) use.cutShort()
  }
}

/** What a call of `write` has underway at one link. An AbortController for each batch would cost more than its encoding. */
export class LinkUse {
  /** Resolves after `end`. */
  readonly ended: Promise<void>
  readonly #cut = new AbortController()
  readonly #send: (batch: EventBatch, cut: AbortSignal) => Promise<void>
  #resolveEnded: () => void = () => undefined
  #stopListening: () => void

  constructor(signal: AbortSignal, send: (batch: EventBatch, cut: AbortSignal) => Promise<void>) {
    this.#send = send
    this.ended = new Promise((resolve) => (this.#resolveEnded = resolve))
    const abort = () => this.cutShort()
    signal.addEventListener('abort', abort, { once: true })
    this.#stopListening = () => signal.removeEventListener('abort', abort)
    if (signal.aborted) abort()
    // Every batch underway listens: Node would take so many listeners for a leak.
    setMaxListeners(0, this.#cut.signal)
  }

  /** Resolves when the hub has stored the batch. Rejects with `LinkLost`, `NoCredit` and the errors of rhea-promise. */
  send(batch: EventBatch): Promise<void> {
    return this.#send(batch, this.#cut.signal)
  }

  cutShort(): void {
    this.#cut.abort()
  }

  end(): void {
    this.#stopListening()
    this.#resolveEnded()
  }
}

async function end(client: EventHubProducerClient, clock: Clock): Promise<void> {
  const closed = new AbortController()
  const closing = client
    .close()
    .catch(() => undefined)
    .finally(() => closed.abort())
  await Promise.race([closing, clock.sleep(GOODBYE_MS, closed.signal)])
  cutOff(client)
}
