import type { Notification } from './notification.js'

/** One receiver of notifications. What goes wrong outside is a value; it never tries again by itself. */
export interface Channel {
  /** Its place in the configuration, for log lines: `notifications.slack[0]`. */
  readonly name: string
  /** Whether this notification is for this receiver. */
  wants(notification: Notification): boolean
  /** Resolves soon after `signal` aborts, whatever the other side does. */
  send(notification: Notification, signal: AbortSignal): Promise<SendResult>
}

export type SendResult = 'sent' | SendFailure

export interface SendFailure {
  /** For a log line: a status or an error code, nothing the other side or an address has said. */
  reason: string
  /** The same notification would be refused again. */
  isFinal: boolean
  /** When the receiver asks to be left alone for so long. */
  retryAfterMs?: number
}
