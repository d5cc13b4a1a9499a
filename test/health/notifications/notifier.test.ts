import { describe, expect, it } from 'vitest'
import type { NotificationSettings } from '../../../src/config/configuration.js'
import { ConnectorHealth } from '../../../src/health/connector-health.js'
import { ConnectorNotices } from '../../../src/health/notifications/connector-notices.js'
import { startNotifier } from '../../../src/health/notifications/notifier.js'
import { MemorySentLog, type SentLog } from '../../../src/health/notifications/sent-log.js'
import { eventually } from '../../support/eventually.js'
import { FakeClock } from '../../support/fake-clock.js'
import { httpReceiver } from '../../support/http-receiver.js'
import { PipelineHarness } from '../../support/pipeline-harness.js'
import { smtpReceiver } from '../../support/smtp-receiver.js'
import { logged, notification, secret } from './sample.js'

const NOBODY: NotificationSettings = { webhooks: [], slack: [], pagerDuty: [] }

function notifier(notifications: Partial<NotificationSettings>, sentLog: SentLog = new MemorySentLog()) {
  const clock = new FakeClock()
  const { logger, lines } = logged()
  const parts = { clock, random: () => 1, logger, notifications: { ...NOBODY, ...notifications }, sentLog }
  return { ...startNotifier(parts), clock, lines }
}

const webhookAt = (url: string) => ({ url, secret: secret('key') })
const mailAt = (port: number) => ({ host: '127.0.0.1', port, tls: 'none' as const, from: 'millrace@acme.example' })

describe('the notifier', () => {
  it('passes a notification to every receiver that wants it, once', async () => {
    const [hook, slack, pager, mail] = await Promise.all([
      httpReceiver(),
      httpReceiver(),
      httpReceiver(),
      smtpReceiver(),
    ])
    const service = notifier({
      webhooks: [webhookAt(`${hook.origin}/1`), { ...webhookAt(`${hook.origin}/2`), events: ['blocked'] }],
      slack: [{ url: secret(slack.origin) }],
      pagerDuty: [{ routingKey: secret('routing'), endpoint: pager.origin }],
      email: mailAt(mail.port),
    })
    for (let n = 0; n < 3; n++) service.notify(notification())
    await service.stop()
    expect(hook.received.map(({ path }) => path)).toEqual(['/1'])
    expect([slack, pager].map(({ received }) => received.length)).toEqual([1, 1])
    expect(mail.mails.map(({ to }) => to)).toEqual([['data@acme.example']])
  })

  it('leaves out what somebody else has claimed', async () => {
    const { origin, received } = await httpReceiver()
    const claimed = { claim: (id: string) => Promise.resolve(id !== 'theirs') }
    const service = notifier({ webhooks: [webhookAt(origin)] }, claimed)
    for (const id of ['theirs', 'ours']) service.notify(notification({ id }))
    await service.stop()
    expect(received.map(({ body }) => (JSON.parse(body) as { id: string }).id)).toEqual(['ours'])
  })

  it('rather tells twice than not at all when claims cannot be kept', async () => {
    const { origin, received } = await httpReceiver()
    const broken = { claim: () => Promise.reject(new Error('no Kafka')) }
    const service = notifier({ webhooks: [webhookAt(origin)] }, broken)
    service.notify(notification())
    await service.stop()
    expect(received).toHaveLength(1)
  })

  it('keeps nobody waiting for a receiver that hangs, and stops after two seconds', async () => {
    const [hanging, good] = await Promise.all([httpReceiver(), httpReceiver()])
    hanging.answers.push('hang')
    const service = notifier({ webhooks: [webhookAt(hanging.origin), webhookAt(good.origin)] })
    service.notify(notification())
    // The one that hangs has its time limit left, the good one has had its answer.
    await eventually(() => hanging.received.length === 1 && service.clock.pendingTimers === 1)
    expect(good.received).toHaveLength(1)
    let isStopped = false
    const stopped = service.stop().then(() => (isStopped = true))
    await service.clock.advance(1_999)
    expect(isStopped).toBe(false)
    await service.clock.advance(1)
    await stopped
    expect(service.lines.filter(({ level }) => level === 50)).toMatchObject([{ channel: 'notifications.webhooks[0]' }])
    expect(service.clock.pendingTimers).toBe(0)
  })

  it('stops although claims hang', async () => {
    const service = notifier({}, { claim: () => new Promise(() => {}) })
    service.notify(notification())
    const stopped = service.stop()
    await service.clock.advance(2_000)
    await stopped
  })
})

describe('delivery', () => {
  it('goes on while a receiver hangs', async () => {
    const { origin, answers, received } = await httpReceiver()
    answers.push('hang')
    const service = notifier({ webhooks: [webhookAt(origin)] })
    const notices = new ConnectorNotices({
      connector: 'test',
      notifier: service,
      clock: service.clock,
      instance: 'host/1',
    })
    const harness = new PipelineHarness({ health: new ConnectorHealth('test', logged().logger, notices) })
    await harness.assign(0)
    harness.records(0, [{ offset: 0, text: 'bad' }])
    harness.events(0, 1, 10)
    await eventually(() => received.length === 1)
    harness.events(0, 11, 10)
    expect(await harness.effectsSince()).toEqual([
      'commit 0 0 intent 10',
      'put a 0+1 1..10x10',
      'append dead 1',
      'commit 0 11',
      'commit 0 11 intent 20',
      'put a 0+11 11..20x10',
      'commit 0 21',
    ])
    expect(received).toHaveLength(1)
    const stopped = service.stop()
    await service.clock.advance(2_000)
    await stopped
  })
})
