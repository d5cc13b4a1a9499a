import type { PagerDutySettings } from '../../config/configuration.js'
import type { NotificationKind } from '../../config/notification-kinds.js'
import type { Channel } from './channel.js'
import { postJson } from './http-post.js'
import { asJson, titleOf, type Notification } from './notification.js'

/** How loud PagerDuty is; `undefined` ends the incident. */
const SEVERITIES: Readonly<Record<NotificationKind, 'critical' | 'error' | 'warning' | undefined>> = {
  dropping: 'critical',
  'credentials-failing': 'error',
  warning: 'error',
  blocked: 'error',
  'retention-risk': 'warning',
  'first-dead-letter': 'warning',
  recovered: undefined,
}

/** PagerDuty's limit of a summary (Events API v2). */
const MAX_SUMMARY_CHARACTERS = 1024

/**
 * An incident per connector and beginning of its trouble (Events API v2): everything about it until `recovered` goes into
 * that incident. What has no beginning is an incident by itself.
 */
export function pagerDutyChannel(name: string, { routingKey, endpoint, events }: PagerDutySettings): Channel {
  return {
    name,
    wants: ({ kind }) => events?.includes(kind) ?? true,
    send: (notification, signal) => {
      const body = { routing_key: routingKey.read(), client: 'millrace', ...eventOf(notification) }
      return postJson(new URL('/v2/enqueue', endpoint).href, JSON.stringify(body), {}, signal)
    },
  }
}

function eventOf(notification: Notification): object {
  const { id, connector, failingSinceMs, atMs, message } = notification
  const dedup_key = failingSinceMs === undefined ? id : `${connector}/${new Date(failingSinceMs).toISOString()}`
  const severity = SEVERITIES[notification.kind]
  if (severity === undefined) return { event_action: 'resolve', dedup_key }
  const payload = {
    summary: `${titleOf(notification)}: ${message}`.slice(0, MAX_SUMMARY_CHARACTERS),
    source: `millrace/${connector}`,
    severity,
    timestamp: new Date(atMs).toISOString(),
    component: connector,
    class: notification.kind,
    custom_details: asJson(notification),
  }
  return { event_action: 'trigger', dedup_key, payload }
}
