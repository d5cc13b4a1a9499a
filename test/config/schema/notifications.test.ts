import { describe, expect, it } from 'vitest'
import type { Configuration } from '../../../src/config/configuration.js'
import { ENV, mistakes, reading, soundBut } from '../configuration-files.js'

const HOOK = { url: 'https://ops.acme.example/hook?token=1', secret: 'env:KEY' }
const MAIL = { host: 'smtp.acme.example', from: 'millrace@acme.example' }

/** What stands in `notifications`, and the lines that refuse it. */
const MISTAKES: [string, unknown, ...string[]][] = [
  ['webhooks', [{ url: HOOK.url }], 'webhooks[0].secret: is missing: write env:NAME or file:path'],
  ['webhooks', [{ ...HOOK, url: 'ops' }], 'webhooks[0].url: is no address: write it like https://example.com/…'],
  ['webhooks', [HOOK, { ...HOOK, evnts: [] }], 'webhooks[1].evnts: unknown key: did you mean "events"?'],
  [
    'webhooks',
    [{ ...HOOK, events: ['bloked'] }],
    'webhooks[0].events[0]: "bloked" is not known here: did you mean blocked?',
  ],
  ['webhooks', [{ ...HOOK, events: [] }], 'webhooks[0].events: is an empty list: write at least one'],
  [
    'webhooks',
    [{ ...HOOK, url: 'http://ops.acme.example/' }],
    'webhooks[0].url: is plain HTTP to another machine: write https://…',
  ],
  [
    'webhooks',
    [{ ...HOOK, url: 'https://169.254.169.254/latest' }],
    'webhooks[0].url: is a link-local or metadata address: write the address of the receiver itself',
  ],
  [
    'webhooks',
    [{ ...HOOK, url: 'https://me:x@a.example' }],
    'webhooks[0].url: holds a user or password: leave them out',
  ],
  ['slack', [{ url: 'env:KEY' }], 'slack[0].url: is no address: write it like https://example.com/…'],
  ['slack', [{ url: 'env:PLAIN' }], 'slack[0].url: is plain HTTP to another machine: write https://…'],
  ['pagerDuty', [{}], 'pagerDuty[0].routingKey: is missing: write env:NAME or file:path'],
  [
    'pagerDuty',
    [{ routingKey: 'env:KEY', endpoint: 'http://pd.example' }],
    'pagerDuty[0].endpoint: is plain HTTP to another machine: write https://…',
  ],
  ['email', { host: 'smtp.acme.example' }, 'email.from: is missing: add it (address of the sender)'],
  ['email', { ...MAIL, from: 'a@b, c@d' }, 'email.from: is no e-mail address: write it like millrace@example.com'],
  ['email', { ...MAIL, user: 'env:ID' }, 'email.password: is missing beside user: add password: env:NAME'],
  ['email', { ...MAIL, password: 'env:KEY' }, 'email.user: is missing beside password: add user: env:NAME'],
  ['email', { ...MAIL, tls: 'ssl' }, 'email.tls: "ssl" is not known here: write starttls, implicit or none'],
  [
    'email',
    { ...MAIL, tls: 'none' },
    'email.tls: none would send mail in the clear to another machine: write starttls or implicit',
  ],
  [
    'email',
    { ...MAIL, host: '169.254.1.1' },
    'email.host: is a link-local or metadata address: write the host of the mail server',
  ],
  ['email', { ...MAIL, port: 0 }, 'email.port: 0 is too small: write at least 1'],
]

describe('notifications', () => {
  it.each(MISTAKES)('%s %j is refused', async (member, value, ...lines) => {
    const env = { ...ENV, PLAIN: 'http://hooks.slack.example/planted' }
    const found = await mistakes(soundBut({ [`notifications.${member}`]: value }), env)
    expect(found).toEqual(lines.map((line) => `notifications.${line}`))
  })

  it('are read with their defaults', async () => {
    const changes = {
      'notifications.webhooks': [{ ...HOOK, url: 'http://127.0.0.1:9/x' }],
      'notifications.pagerDuty': [{ routingKey: 'env:KEY' }],
      'notifications.email': { host: 'localhost', tls: 'none', from: MAIL.from },
      'connectors.a.contact': 'data@acme.example',
    }
    const { configuration } = (await reading(soundBut(changes))) as { configuration: Configuration }
    const { webhooks, slack, pagerDuty, email } = configuration.notifications
    expect(webhooks[0]?.secret.read()).toBe(ENV.KEY)
    expect(slack).toEqual([])
    expect(pagerDuty[0]?.endpoint).toBe('https://events.pagerduty.com')
    expect(email).toEqual({ host: 'localhost', port: 587, tls: 'none', from: MAIL.from })
  })

  it('by mail need contacts that are e-mail addresses', async () => {
    const contact = { 'connectors.a.contact': 'the data team' }
    expect(await mistakes(soundBut(contact))).toEqual([])
    expect(await mistakes(soundBut({ ...contact, 'notifications.email': MAIL }))).toEqual([
      'connectors.a.contact: "the data team" is no e-mail address: write one address, or remove notifications.email',
    ])
  })

  it('show no part of an address that may be a secret', async () => {
    const url = 'http://hooks.example/planted?planted=planted'
    const changes = { 'notifications.webhooks': [{ ...HOOK, url }], 'notifications.slack': [{ url: 'env:URL' }] }
    const found = await mistakes(soundBut(changes), { ...ENV, URL: url })
    expect(found).toHaveLength(2)
    expect(found.join('\n')).not.toContain('hooks.example')
  })
})
