import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { asJson } from '../../../src/health/notifications/notification.js'
import { webhookChannel } from '../../../src/health/notifications/webhook.js'
import { FakeClock } from '../../support/fake-clock.js'
import { httpReceiver, type Received } from '../../support/http-receiver.js'
import { never, notification, secret } from './sample.js'

const clock = new FakeClock()

describe('a webhook', () => {
  it('gets JSON with a signature of timestamp and body', async () => {
    const { origin, received } = await httpReceiver()
    const channel = webhookChannel('hook', { url: `${origin}/a?b=c`, secret: secret('key') }, clock)
    expect(await channel.send(notification(), never)).toBe('sent')
    expect(received).toHaveLength(1)
    const [{ method, path, headers, body }] = received as [Received]
    expect([method, path, headers['content-type']]).toEqual(['POST', '/a?b=c', 'application/json'])
    expect(JSON.parse(body)).toEqual(asJson(notification()))
    const timestamp = String(clock.nowMs() / 1000)
    const hmac = createHmac('sha256', 'key').update(`${timestamp}.${body}`).digest('hex')
    expect(headers['millrace-timestamp']).toBe(timestamp)
    expect(headers['millrace-signature']).toBe(`v1=${hmac}`)
  })

  it('gets the kinds it asks for, else all', () => {
    const settings = { url: 'https://a.example', secret: secret('key') }
    const some = webhookChannel('hook', { ...settings, events: ['blocked'] }, clock)
    expect(some.wants(notification())).toBe(false)
    expect(some.wants(notification({ kind: 'blocked' }))).toBe(true)
    expect(webhookChannel('hook', settings, clock).wants(notification())).toBe(true)
  })
})
