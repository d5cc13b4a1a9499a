import { z } from 'zod'
import type { Secret } from '../../runtime/secret.js'
import { isForbidden, isLoopback } from '../addresses.js'
import type { EmailSettings } from '../configuration.js'
import { isEmailAddress } from '../email-address.js'
import { endpoint, isExposed } from '../endpoint.js'
import { NOTIFICATION_KINDS } from '../notification-kinds.js'
import { refuse, text } from '../option-types.js'
import type { PlaceTypes } from '../place-types.js'
import { receiverMistake } from '../receiver-url.js'
import { hostName } from './service.js'

const MAX_PORT = 65_535
/** RFC 6409: where mail is handed in, with STARTTLS. */
const SUBMISSION_PORT = 587

type Context = z.core.$RefinementCtx

function refuseAt(context: Context, member: string, [message, instead]: [string, string]): void {
  context.addIssue({ code: 'custom', message, params: { instead }, path: [member] })
}

function refuseUrl(url: string | Secret, context: Context): void {
  const mistake = receiverMistake(typeof url === 'string' ? url : url.read())
  if (mistake) refuseAt(context, 'url', mistake)
}

function events() {
  return z.array(z.enum(NOTIFICATION_KINDS)).min(1).exactOptional().describe('only these kinds; default all')
}

function webhook({ secret }: PlaceTypes) {
  return z
    .object({
      url: text().describe('where the JSON is posted; https unless loopback'),
      secret: secret.describe('key of the HMAC-SHA256 signature'),
      events: events(),
    })
    .superRefine(({ url }, context) => refuseUrl(url, context))
}

function slack({ secret }: PlaceTypes) {
  return z
    .object({ url: secret.describe('address of the incoming webhook, which is itself the secret'), events: events() })
    .superRefine(({ url }, context) => refuseUrl(url, context))
}

function pagerDuty({ secret }: PlaceTypes) {
  return z
    .object({
      routingKey: secret.describe('integration key of the service, Events API v2'),
      endpoint: endpoint()
        .default('https://events.pagerduty.com')
        .describe('its address; another in the EU, or in tests'),
      events: events(),
    })
    .superRefine(({ endpoint }, context) => {
      if (isExposed(endpoint)) refuseAt(context, 'endpoint', ['is plain HTTP to another machine', 'write https://…'])
    })
}

function emailAddress() {
  return z.string().superRefine((value, context) => {
    if (!isEmailAddress(value)) refuse(context, 'is no e-mail address', 'write it like millrace@example.com')
  })
}

function email({ secret }: PlaceTypes) {
  return z
    .object({
      host: hostName().describe('SMTP server'),
      port: z.int().min(1).max(MAX_PORT).default(SUBMISSION_PORT).describe('its port; 465 with tls: implicit'),
      tls: z
        .enum(['starttls', 'implicit', 'none'])
        .default('starttls')
        .describe('starttls: nothing is sent unless the server can; none: only to this machine'),
      ca: secret.exactOptional().describe('PEM of the certificate authority; default: those of Node'),
      user: secret.exactOptional().describe('user name at the server; without it, Millrace does not log in'),
      password: secret.exactOptional().describe('password at the server'),
      from: emailAddress().describe('address of the sender'),
      events: events(),
    })
    .superRefine(refuseUnsafeEmail)
}

function refuseUnsafeEmail({ host, tls, user, password }: EmailSettings, context: Context): void {
  if (user && !password) refuseAt(context, 'password', ['is missing beside user', 'add password: env:NAME'])
  if (password && !user) refuseAt(context, 'user', ['is missing beside password', 'add user: env:NAME'])
  if (isForbidden(host)) {
    refuseAt(context, 'host', ['is a link-local or metadata address', 'write the host of the mail server'])
  } else if (tls === 'none' && !isLoopback(host)) {
    refuseAt(context, 'tls', ['none would send mail in the clear to another machine', 'write starttls or implicit'])
  }
}

/** Who is told when a connector needs attention. */
export function notificationsSection(place: PlaceTypes) {
  return z.object({
    webhooks: z.array(webhook(place)).default([]).describe('JSON, signed'),
    slack: z.array(slack(place)).default([]).describe('incoming webhooks of Slack'),
    pagerDuty: z.array(pagerDuty(place)).default([]).describe('services of PagerDuty'),
    email: email(place).exactOptional().describe('mail to the contact of the connector'),
  })
}
