import { describe, expect, it } from 'vitest'
import { asJson, type Notification } from '../../../src/health/notifications/notification.js'
import { pagerDutyChannel } from '../../../src/health/notifications/pager-duty.js'
import { httpReceiver } from '../../support/http-receiver.js'
import { never, notification, secret } from './sample.js'

async function sent(...notifications: Notification[]): Promise<Record<string, unknown>[]> {
  const { origin, received } = await httpReceiver()
  const channel = pagerDutyChannel('pd', { routingKey: secret('routing-key'), endpoint: origin })
  for (const each of notifications) expect(await channel.send(each, never)).toBe('sent')
  expect(received.every(({ path }) => path === '/v2/enqueue')).toBe(true)
  return received.map(({ body }) => JSON.parse(body) as Record<string, unknown>)
}

describe('PagerDuty', () => {
  it('gets an incident of the connector and the beginning of its trouble', async () => {
    expect(await sent(notification())).toEqual([
      {
        routing_key: 'routing-key',
        client: 'millrace',
        event_action: 'trigger',
        dedup_key: 'acme/2026-11-01T00:00:00.000Z',
        payload: {
          summary: 'acme: credentials fail: the token <has> expired & must be renewed',
          source: 'millrace/acme',
          severity: 'error',
          timestamp: '2026-11-01T00:00:30.000Z',
          component: 'acme',
          class: 'credentials-failing',
          custom_details: asJson(notification()),
        },
      },
    ])
  })

  it('gets the end of that incident', async () => {
    const [, , end] = await sent(
      notification(),
      notification({ kind: 'dropping' }),
      notification({ kind: 'recovered', id: 'acme/recovered' }),
    )
    expect(end).toEqual({
      routing_key: 'routing-key',
      client: 'millrace',
      event_action: 'resolve',
      dedup_key: 'acme/2026-11-01T00:00:00.000Z',
    })
  })

  it('gets an incident by itself for what has no beginning', async () => {
    const { failingSinceMs, ...letter } = notification({ kind: 'first-dead-letter', id: 'acme/first-dead-letter/x' })
    expect(failingSinceMs).toBeDefined()
    expect(await sent(letter)).toMatchObject([
      { dedup_key: 'acme/first-dead-letter/x', payload: { severity: 'warning' } },
    ])
  })
})
