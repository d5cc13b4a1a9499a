import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import { createTransport, type SMTPTransportOptions } from 'nodemailer'
import type { EmailSettings } from '../../config/configuration.js'
import { isEmailAddress } from '../../config/email-address.js'
import type { Channel, SendFailure, SendResult } from './channel.js'
import { guardedLookup } from './guarded-lookup.js'
import { reasonOf } from './http-post.js'
import { particularsOf, titleOf, type Notification } from './notification.js'

/** Mails a plain text to the connector's contact; a new connection with secrets read anew for each. */
export function emailChannel(name: string, settings: EmailSettings): Channel {
  const { events, from } = settings
  return {
    name,
    wants: ({ kind, contact = '' }) => isEmailAddress(contact) && (events?.includes(kind) ?? true),
    send: async (notification, signal): Promise<SendResult> => {
      const transport = createTransport(transportOptions(settings, signal))
      try {
        await transport.sendMail({ ...mailOf(notification, from), signal })
        return 'sent'
      } catch (error) {
        return failureOf(error)
      }
    },
  }
}

function transportOptions(settings: EmailSettings, signal: AbortSignal): SMTPTransportOptions {
  const { host, port, tls, ca, user, password } = settings
  return {
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    ...(user && password && { auth: { user: user.read(), pass: password.read() } }),
    ...(ca && { tls: { ca: ca.read() } }),
    disableFileAccess: true,
    disableUrlAccess: true,
    getSocket: (_options, callback) => {
      const socket = connect({ host, port, lookup: guardedLookup, signal })
      socket.once('error', callback)
      socket.once('connect', () => {
        socket.off('error', callback)
        callback(null, { connection: socket })
      })
    },
  }
}

function mailOf(notification: Notification, from: string) {
  const { id, contact, connector } = notification
  const text = particularsOf(notification).map(([name, value]) => `${name}: ${value}`)
  const digest = createHash('sha256').update(id).digest('hex')
  return {
    from,
    ...(contact !== undefined && { to: contact }),
    subject: `[millrace] ${titleOf(notification)}`,
    text: `Connector: ${connector}\n${text.join('\n')}\n`,
    // The same for the same notification, so that mail programs show it once.
    messageId: `<${digest}@${from.slice(from.indexOf('@') + 1)}>`,
    // RFC 3834: nobody's holiday message answers.
    headers: { 'Auto-Submitted': 'auto-generated' },
  }
}

/** An answer from 500 to sender, recipient or text is the same tomorrow (RFC 5321 §4.2.1); a refused password is not. */
function failureOf(error: unknown): SendFailure {
  const { code, responseCode = 0 } = error as { code?: unknown; responseCode?: number }
  const isFinal = responseCode >= 500 && (code === 'EENVELOPE' || code === 'EMESSAGE')
  return { reason: `${reasonOf(error)}${responseCode > 0 ? ` ${responseCode}` : ''}`, isFinal }
}
