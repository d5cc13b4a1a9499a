import { describe, expect, it } from 'vitest'
import { emailChannel } from '../../../src/health/notifications/email.js'
import { eventually } from '../../support/eventually.js'
import { selfSigned } from '../../support/self-signed.js'
import { smtpReceiver } from '../../support/smtp-receiver.js'
import { never, notification, secret } from './sample.js'

const PLAIN = { host: '127.0.0.1', tls: 'none', from: 'millrace@acme.example' } as const
const STARTTLS = { ...PLAIN, tls: 'starttls', ca: secret(selfSigned.cert) } as const

describe('mail', () => {
  it('goes to the contact of the connector, as a plain text', async () => {
    const { port, mails } = await smtpReceiver()
    expect(await emailChannel('mail', { ...PLAIN, port }).send(notification(), never)).toBe('sent')
    expect(mails).toMatchObject([{ from: PLAIN.from, to: ['data@acme.example'], isEncrypted: false }])
    const text = mails[0]?.text ?? ''
    expect(text).toContain('Subject: [millrace] acme: credentials fail\n')
    expect(text).toContain('Auto-Submitted: auto-generated\n')
    expect(text).toContain('What happened: the token <has> expired & must be renewed\n')
    expect(text).toContain('Events are dropped after: 2026-11-03T00:00:00.000Z\n')
    expect(text).toMatch(/^Message-ID:\s+<[0-9a-f]{64}@acme\.example>$/m)
  })

  it('is encrypted and logs in', async () => {
    const { port, mails, lines } = await smtpReceiver()
    const channel = emailChannel('mail', { ...STARTTLS, port, user: secret('me'), password: secret('pass') })
    expect(await channel.send(notification(), never)).toBe('sent')
    expect(mails).toMatchObject([{ isEncrypted: true, login: ['me', 'pass'] }])
    expect(lines.findIndex((line) => line.startsWith('AUTH'))).toBeGreaterThan(lines.indexOf('STARTTLS'))
  })

  it('is encrypted from the start when asked', async () => {
    const { port, mails, lines } = await smtpReceiver({ isImplicit: true })
    const channel = emailChannel('mail', { ...STARTTLS, tls: 'implicit', port })
    expect(await channel.send(notification(), never)).toBe('sent')
    expect(mails).toMatchObject([{ isEncrypted: true }])
    expect(lines).not.toContain('STARTTLS')
  })

  it('is not sent to a server that cannot encrypt, nor the password', async () => {
    const { port, mails, lines } = await smtpReceiver({ hasStartTls: false })
    const channel = emailChannel('mail', { ...STARTTLS, port, user: secret('me'), password: secret('pass') })
    expect(await channel.send(notification(), never)).toMatchObject({ isFinal: false })
    expect(mails).toEqual([])
    expect(lines.filter((line) => /^(AUTH|MAIL)/.test(line))).toEqual([])
  })

  it('is not sent to a server whose certificate nobody vouches for', async () => {
    const { port, mails } = await smtpReceiver()
    const channel = emailChannel('mail', { ...PLAIN, tls: 'starttls', port })
    expect(await channel.send(notification(), never)).toMatchObject({ isFinal: false })
    expect(mails).toEqual([])
  })

  it.each([
    ['AUTH', '535 no', { reason: 'EAUTH 535', isFinal: false }],
    ['RCPT', '550 nobody', { reason: 'EENVELOPE 550', isFinal: true }],
    ['RCPT', '451 later', { reason: 'EENVELOPE 451', isFinal: false }],
    ['DATA', '554 spam', { reason: 'EENVELOPE 554', isFinal: true }],
  ])('answered %s with %s it is %j', async (verb, answer, expected) => {
    const { port, answers } = await smtpReceiver()
    answers[verb] = answer
    const channel = emailChannel('mail', { ...PLAIN, port, user: secret('me'), password: secret('pass') })
    expect(await channel.send(notification(), never)).toEqual(expected)
  })

  it.each([PLAIN, STARTTLS])('ends when it is told to, tls $tls', async (settings) => {
    const { port, answers, lines } = await smtpReceiver()
    answers['MAIL'] = 'hang'
    const abort = new AbortController()
    const sending = emailChannel('mail', { ...settings, port }).send(notification(), abort.signal)
    await eventually(() => lines.some((line) => line.startsWith('MAIL')))
    abort.abort()
    expect(await sending).toMatchObject({ isFinal: false })
  })

  it('is sent although the server does not let go, and that ends without harm', async () => {
    const { port, answers, lines } = await smtpReceiver()
    answers['QUIT'] = 'hang'
    const abort = new AbortController()
    expect(await emailChannel('mail', { ...PLAIN, port }).send(notification(), abort.signal)).toBe('sent')
    abort.abort()
    await eventually(() => /QUIT|\./.test(lines.at(-1) ?? ''))
  })

  it('is not for connectors whose contact is no e-mail address', () => {
    const channel = emailChannel('mail', { ...PLAIN, port: 1 })
    expect(channel.wants(notification())).toBe(true)
    const contacts = [
      'the data team',
      'a@b.example, c@d.example',
      'a@b.example\r\nBcc: c@d.example',
      'Me <a@b.example>',
    ]
    for (const contact of contacts) expect(channel.wants(notification({ contact }))).toBe(false)
  })
})
