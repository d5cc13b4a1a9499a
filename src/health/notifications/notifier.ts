import type { NotificationSettings } from '../../config/configuration.js'
import type { Clock } from '../../runtime/clock.js'
import type { Channel } from './channel.js'
import { ChannelQueue, type QueueParts } from './channel-queue.js'
import { emailChannel } from './email.js'
import type { Notification } from './notification.js'
import { pagerDutyChannel } from './pager-duty.js'
import type { SentLog } from './sent-log.js'
import { slackChannel } from './slack.js'
import { webhookChannel } from './webhook.js'

/** Tells people. */
export interface Notifier {
  /**
   * Passes it to every receiver that wants it. Returns at once, whatever the receivers do; never throws. Only an id that
   * nobody has claimed in the sent log goes out, see `SentLog` for who must have claimed it before.
   */
  notify(notification: Notification): void
}

export interface NotifierParts extends QueueParts {
  notifications: NotificationSettings
  sentLog: SentLog
}

/** A notifier that can be stopped. */
export interface RunningNotifier extends Notifier {
  /** What waits is tried once more at once; resolves when that is done, at the latest after two seconds. */
  stop(): Promise<void>
}

/** Of the 30 s Kubernetes waits before it kills, delivery takes 25 s, and leaving the groups needs some of the others. */
const DRAIN_MS = 2_000

/** Starts a queue for each receiver of the configuration; with none, everything is passed to nobody. */
export function startNotifier(parts: NotifierParts): RunningNotifier {
  const queues = channelsOf(parts.notifications, parts.clock).map((channel) => new ChannelQueue(channel, parts))
  const claims = new Set<Promise<void>>()
  const pass = async (notification: Notification): Promise<void> => {
    // Told twice is better than not at all: receivers know the id.
    const isOurs = await parts.sentLog.claim(notification.id).catch(() => true)
    if (isOurs) for (const queue of queues) queue.add(notification)
  }
  return {
    notify: (notification) => {
      const claim = pass(notification).finally(() => claims.delete(claim))
      claims.add(claim)
    },
    stop: async () => {
      const abort = new AbortController()
      const cancel = parts.clock.after(DRAIN_MS, () => abort.abort())
      const aborted = new Promise<void>((resolve) => abort.signal.addEventListener('abort', () => resolve()))
      await Promise.race([Promise.all(claims), aborted])
      await Promise.all(queues.map((queue) => queue.stop(abort.signal)))
      cancel()
    },
  }
}

function channelsOf({ webhooks, slack, pagerDuty, email }: NotificationSettings, clock: Clock): Channel[] {
  return [
    ...webhooks.map((settings, index) => webhookChannel(`notifications.webhooks[${index}]`, settings, clock)),
    ...slack.map((settings, index) => slackChannel(`notifications.slack[${index}]`, settings)),
    ...pagerDuty.map((settings, index) => pagerDutyChannel(`notifications.pagerDuty[${index}]`, settings)),
    ...(email ? [emailChannel('notifications.email', email)] : []),
  ]
}
