import { createHmac } from 'node:crypto'
import type { WebhookSettings } from '../../config/configuration.js'
import type { Clock } from '../../runtime/clock.js'
import type { Channel } from './channel.js'
import { postJson } from './http-post.js'
import { asJson } from './notification.js'

/**
 * Posts the notification as JSON. `millrace-signature` is `v1=` and the HMAC-SHA256 of `<timestamp>.<body>` in hexadecimal,
 * `millrace-timestamp` the Unix seconds of this attempt: a receiver can refuse what is old or was not sent by us.
 */
export function webhookChannel(name: string, { url, secret, events }: WebhookSettings, clock: Clock): Channel {
  return {
    name,
    wants: ({ kind }) => events?.includes(kind) ?? true,
    send: (notification, signal) => {
      const body = JSON.stringify(asJson(notification))
      const timestamp = String(Math.floor(clock.nowMs() / 1000))
      const hmac = createHmac('sha256', secret.read()).update(`${timestamp}.${body}`).digest('hex')
      return postJson(url, body, { 'millrace-timestamp': timestamp, 'millrace-signature': `v1=${hmac}` }, signal)
    },
  }
}
