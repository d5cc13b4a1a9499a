import { retryDelayMs, type Random } from '../../runtime/backoff.js'
import type { Clock } from '../../runtime/clock.js'
import type { Logger } from '../../runtime/logger.js'
import type { Channel, SendFailure, SendResult } from './channel.js'
import type { Notification } from './notification.js'

export interface QueueParts {
  clock: Clock
  random: Random
  logger: Logger
}

/** More than any receiver reads; a few hundred bytes each. */
const MAX_WAITING = 1_000
/** What a healthy receiver needs is below a second; one that hangs must not keep the others waiting. */
const ATTEMPT_MS = 10_000
/** News of yesterday helps nobody; the page and the log still tell it. */
const GIVE_UP_AFTER_MS = 24 * 60 * 60_000

interface Waiting {
  notification: Notification
  sinceMs: number
}

/**
 * What waits for one receiver, oldest first: a recovery never overtakes its failure. Tries each until it is sent, refused
 * for good, or a day old. A log line when a receiver fails, when it takes again, and for everything given up.
 */
export class ChannelQueue {
  readonly #waiting: Waiting[] = []
  readonly #stopping = new AbortController()
  readonly #abort = new AbortController()
  #running: Promise<void> | undefined
  #isFailing = false

  constructor(
    private readonly channel: Channel,
    private readonly parts: QueueParts,
  ) {}

  /** Returns at once. */
  add(notification: Notification): void {
    if (!this.channel.wants(notification)) return
    if (this.#waiting.length >= MAX_WAITING) this.#giveUp(this.#waiting.splice(1, 1), 'too many are waiting')
    this.#waiting.push({ notification, sinceMs: this.parts.clock.nowMs() })
    this.#running ??= this.#run()
  }

  /** Tries what waits once more at once, and gives up what is left when that is done or `abort` aborts. */
  async stop(abort: AbortSignal): Promise<void> {
    this.#stopping.abort()
    abort.addEventListener('abort', () => this.#abort.abort(), { once: true })
    await this.#running
  }

  async #run(): Promise<void> {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      await this.#settle(next)
      this.#waiting.shift()
    }
    this.#running = undefined
  }

  async #settle({ notification, sinceMs }: Waiting): Promise<void> {
    const { clock, random } = this.parts
    for (let attempt = 1; ; attempt++) {
      const result = await this.#attempt(notification)
      this.#show(result)
      if (result === 'sent') return
      const isOld = clock.nowMs() - sinceMs >= GIVE_UP_AFTER_MS
      if (result.isFinal || isOld || this.#stopping.signal.aborted) {
        return this.#giveUp([{ notification, sinceMs }], result.reason)
      }
      await clock.sleep(Math.max(result.retryAfterMs ?? 0, retryDelayMs(attempt, random)), this.#stopping.signal)
    }
  }

  /** A notification must never do harm: what a channel throws (a secret file that is gone) is a failure as well. */
  async #attempt(notification: Notification): Promise<SendResult> {
    const timeout = new AbortController()
    const cancel = this.parts.clock.after(ATTEMPT_MS, () => timeout.abort())
    try {
      const result = await this.channel.send(notification, AbortSignal.any([timeout.signal, this.#abort.signal]))
      return result !== 'sent' && timeout.signal.aborted ? { ...result, reason: 'no answer in time' } : result
    } catch (error) {
      return { reason: (error as Error).name, isFinal: false }
    } finally {
      cancel()
    }
  }

  #show(result: SendResult): void {
    const isFailing = result !== 'sent'
    if (isFailing === this.#isFailing) return
    this.#isFailing = isFailing
    const channel = this.channel.name
    if (result === 'sent') this.parts.logger.info({ channel }, 'notifications are sent again')
    else
      this.parts.logger.warn({ channel, reason: result.reason }, 'notifications cannot be sent; they are tried again')
  }

  #giveUp(given: Waiting[], reason: SendFailure['reason']): void {
    for (const { notification } of given) {
      const { id, kind, connector } = notification
      this.parts.logger.error({ channel: this.channel.name, id, kind, connector, reason }, 'a notification is given up')
    }
  }
}
