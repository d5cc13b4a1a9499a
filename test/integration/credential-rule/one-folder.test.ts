import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { eventually } from '../../support/eventually.js'
import { Moto } from '../../support/moto.js'
import { mayPut, newCustomer, rulePlace } from '../../support/rule-place.js'
import { EVENT_TYPES, SentEvents } from '../../support/sent-events.js'

const PERIOD_MS = 3_000
const [ALLOWED, DENIED] = EVENT_TYPES

describeWithServers('fault 40: a policy that denies one event type', ['kafka', 'moto'], (servers) => {
  const { brokers } = servers.kafka
  const moto = Moto.at(servers.moto)

  it('never drops: what is allowed is delivered, and all of it once the policy is mended', async () => {
    const { user, bucket, destination, delivered } = await newCustomer(moto)
    const policy = (...more: object[]) =>
      moto.allowUser(user.name, { Version: '2012-10-17', Statement: [mayPut(bucket), ...more] })
    // Partitions 0 and 1 hold both types, 2 and 3 only what is allowed.
    const events = await SentEvents.create(brokers, 4)
    const rule = { files: { maxAge: '300ms' }, credentialFailure: { period: `${PERIOD_MS}ms` } }
    const connectors = { acme: { topics: [events.topic], destination: destination(), ...rule } }
    const place = await rulePlace(brokers, { connectors })
    await place.writeKey(user)
    const millrace = place.start('run')
    const send = async () => {
      await events.send(12, { partitions: [0, 1] })
      await events.send(4, { partitions: [2, 3], types: [ALLOWED] })
    }
    const isDelivered = () => eventually(async () => expect(await delivered()).toEqual(events.ids) ?? true)
    await send()
    await isDelivered()

    await policy({
      Effect: 'Deny',
      Action: 's3:PutObject',
      Resource: `arn:aws:s3:::${bucket}/*event_type=${DENIED}/*`,
    })
    await send()
    const allowed = () => events.sent.filter(({ eventType, offset }) => eventType === ALLOWED || offset < 6)
    const isAllowedDelivered = () =>
      eventually(async () => {
        const ids = allowed().map(({ id }) => id)
        return expect(await delivered()).toEqual(ids.sort()) ?? true
      })
    await isAllowedDelivered()
    await millrace.says('"state":"blocked","code":"AccessDenied"')
    await sleep(3 * PERIOD_MS)
    await events.send(4, { partitions: [2, 3], types: [ALLOWED] })
    await isAllowedDelivered()
    expect(await place.dropRecords()).toBe(0)
    expect(millrace.stderr).not.toMatch(/"state":"dropping"|"step":/)

    await policy()
    await isDelivered()
    await millrace.says(/"blocked"[^]*"state":"running"/)
    millrace.signal('SIGTERM')
    expect(await millrace.exited).toBe(0)
    expect(await place.dropRecords()).toBe(0)
  })
})
