import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { NotificationSettings } from '../../../src/config/configuration.js'
import { startNotifier } from '../../../src/health/notifications/notifier.js'
import { MemorySentLog } from '../../../src/health/notifications/sent-log.js'
import { MillraceError } from '../../../src/runtime/errors.js'
import { Secret } from '../../../src/runtime/secret.js'
import { eventually } from '../../support/eventually.js'
import { FakeClock } from '../../support/fake-clock.js'
import { httpReceiver, type Answer } from '../../support/http-receiver.js'
import { smtpReceiver } from '../../support/smtp-receiver.js'
import { logged, notification, secret } from './sample.js'

const PLANTED = {
  hookPath: 'canary-hook-path',
  hookKey: 'canary-hook-key',
  slackPath: 'canary-slack-path',
  routingKey: 'canary-routing-key',
  user: 'canary-smtp-user',
  password: 'canary-smtp-password',
  answer: 'canary-answer',
}

/** Each planted text as it is and as encodings would hide it. */
const canaries = Object.values(PLANTED).flatMap((text) => [
  text,
  encodeURIComponent(text),
  Buffer.from(text).toString('base64').replace(/=+$/, ''),
  Buffer.from(text).toString('hex'),
  createHash('sha256').update(text).digest('hex'),
])

function found(texts: string[]): string[] {
  const all = texts.join('\n')
  return canaries.filter((canary) => all.includes(canary))
}

/** What receivers do before they take anything: everything that ends up in an error or a log line. */
const trouble: Answer[] = [500, 403, { status: 302, headers: { location: `http://127.0.0.1/${PLANTED.answer}` } }]

async function receivers() {
  const [hook, slack, pager, mail] = await Promise.all([httpReceiver(), httpReceiver(), httpReceiver(), smtpReceiver()])
  for (const { answers } of [hook, slack, pager]) answers.push(...trouble)
  mail.answers['AUTH'] = `535 5.7.8 ${PLANTED.user} ${PLANTED.password} is wrong`
  return { hook, slack, pager, mail }
}

type Receivers = Awaited<ReturnType<typeof receivers>>

function settingsFor({ hook, slack, pager, mail }: Receivers): NotificationSettings {
  const missing = new Secret({ kind: 'file', path: 'x' }, () => {
    throw new MillraceError('CONFIGURATION', PLANTED.answer)
  })
  return {
    webhooks: [
      { url: `${hook.origin}/${PLANTED.hookPath}?k=${PLANTED.hookPath}`, secret: secret(PLANTED.hookKey) },
      { url: `http://127.0.0.1:1/${PLANTED.hookPath}`, secret: secret(PLANTED.hookKey) },
      { url: `http://other.example/${PLANTED.hookPath}`, secret: secret(PLANTED.hookKey) },
      { url: hook.origin, secret: missing },
    ],
    slack: [{ url: secret(`${slack.origin}/${PLANTED.slackPath}`) }, { url: secret(PLANTED.slackPath) }],
    pagerDuty: [{ routingKey: secret(PLANTED.routingKey), endpoint: pager.origin }],
    email: {
      host: '127.0.0.1',
      port: mail.port,
      tls: 'none',
      user: secret(PLANTED.user),
      password: secret(PLANTED.password),
      from: 'millrace@acme.example',
    },
  }
}

describe('planted secrets', () => {
  it('show in no notification and no log line; each goes only where it must', async () => {
    const all = await receivers()
    const notifications = settingsFor(all)
    const clock = new FakeClock()
    const { logger, lines } = logged()
    const parts = { clock, random: () => 1, logger, notifications, sentLog: new MemorySentLog() }
    const notifier = startNotifier(parts)
    notifier.notify(notification())
    // Less than the ten seconds of an attempt, so that none is cut off.
    await eventually(async () => {
      await clock.advance(100)
      if (all.mail.lines.some((line) => line.startsWith('AUTH'))) all.mail.answers = {}
      const { hook, slack, pager, mail } = all
      return [hook, slack, pager].every(({ received }) => received.length === 4) && mail.mails.length === 1
    })
    await notifier.stop()

    const bodies = [all.hook, all.slack].flatMap(({ received }) => received.map(({ body }) => body))
    const headers = [all.hook, all.slack, all.pager].flatMap(({ received }) => received.map((r) => inspect(r.headers)))
    const pagerBodies = all.pager.received.map(({ body }) => body)
    expect(pagerBodies.map((body) => body.split(PLANTED.routingKey).length - 1)).toEqual([1, 1, 1, 1])
    const withoutKey = pagerBodies.map((body) => body.replace(`"routing_key":"${PLANTED.routingKey}"`, ''))
    const spoken = all.mail.lines.filter((line) => !line.startsWith('AUTH PLAIN '))
    const logLines = lines.map((line) => JSON.stringify(line))
    const printed = [
      inspect(notifications.slack),
      JSON.stringify(notifications.pagerDuty),
      inspect(notifications.email),
    ]

    expect(logLines.length).toBeGreaterThan(10)
    expect(found([...bodies, ...headers, ...withoutKey, ...spoken, ...logLines, ...printed])).toEqual([])
    expect(all.mail.mails[0]?.login).toEqual([PLANTED.user, PLANTED.password])
    expect(all.slack.received[0]?.path).toBe(`/${PLANTED.slackPath}`)
  })
})
