import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { eventually } from '../../support/eventually.js'
import { httpReceiver, type Received } from '../../support/http-receiver.js'
import { Moto } from '../../support/moto.js'
import { newCustomer, rulePlace } from '../../support/rule-place.js'
import { SentEvents } from '../../support/sent-events.js'

const SECRET = 'planted-hook-secret'
/** Between two warnings there is time to kill who told the first, before it has begun to tell the next. */
const PERIOD_MS = 48_000
const WARNINGS = ['1h', '6h', '12h', '24h', '36h', '42h', '45h', '47h']

interface Told {
  id: string
  step: string
  kind: string
  failingSince: string
  dropAt: string
}

describeWithServers('people are told of failing credentials', ['kafka', 'moto'], (servers) => {
  const { brokers } = servers.kafka
  const moto = Moto.at(servers.moto)

  it('each step once, over two instances, a kill and a restart, beside a receiver that hangs', async () => {
    const { user, destination, delivered } = await newCustomer(moto)
    const [hook, hanging] = await Promise.all([httpReceiver(), httpReceiver()])
    hanging.answers.push(...Array.from({ length: 100 }, () => 'hang' as const))
    const webhooks = [hanging, hook].map(({ origin }) => ({ url: origin, secret: 'env:HOOK' }))
    const events = await SentEvents.create(brokers, 2)
    const rule = { files: { maxAge: '300ms' }, credentialFailure: { period: `${PERIOD_MS}ms` } }
    const connectors = { acme: { topics: [events.topic], destination: destination(), ...rule } }
    const place = await rulePlace(brokers, { connectors, notifications: { webhooks } }, { HOOK: SECRET })
    await place.writeKey(user)
    const told = () => hook.received.map(checked)
    const isTold = (step: string) =>
      eventually(() => told().some((each) => each.step === step), { timeoutMs: 4 * PERIOD_MS, because: step })

    const first = place.start('run')
    await events.send(8)
    await eventually(async () => expect(await delivered()).toEqual(events.ids) ?? true)
    const second = place.start('run')
    await second.says('"state":"running"')
    await moto.deleteKey(user)
    await events.send(8)
    await isTold('confirmed')
    await isTold('12h')
    first.signal('SIGKILL')
    await first.exited
    const again = place.start('run')
    await isTold('swept')
    await place.writeKey(await moto.createKey(user.name))
    await events.send(8)
    await isTold('recovered')
    await eventually(async () => (await delivered()).includes(events.sent.at(-1)!.id))
    for (const each of [second, again]) each.signal('SIGTERM')
    for (const each of [second, again]) expect(await each.exited).toBe(0)

    const [{ failingSince, dropAt }] = told() as [Told]
    const id = (kind: string, step: string) => `acme/${kind}/${failingSince}/${step}`
    // Each instance sums up what it has dropped itself.
    const isSum = (each: Told) => each.id.startsWith(id('dropping', 'swept/'))
    expect(
      told()
        .filter((each) => !isSum(each))
        .map((each) => each.id),
    ).toEqual([
      id('credentials-failing', 'confirmed'),
      ...WARNINGS.map((step) => id('warning', step)),
      id('dropping', 'dropping'),
      id('recovered', 'recovered'),
    ])
    expect(Date.parse(dropAt) - Date.parse(failingSince)).toBe(PERIOD_MS)
    expect(told().every((each) => each.failingSince === failingSince && each.dropAt === dropAt)).toBe(true)
    // Whoever waits for a receiver that hangs, which is 10 s for each attempt, would never have come so far.
    expect(hanging.received.length).toBeGreaterThan(0)
  })
})

/** Refuses what is not signed as documented. */
function checked({ headers, body }: Received): Told {
  const timestamp = String(headers['millrace-timestamp'])
  const hmac = createHmac('sha256', SECRET).update(`${timestamp}.${body}`).digest('hex')
  expect(headers['millrace-signature']).toBe(`v1=${hmac}`)
  expect(body).not.toContain('planted')
  return JSON.parse(body) as Told
}
