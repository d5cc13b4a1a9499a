import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigResourceTypes } from 'kafkajs'
import { expect, it } from 'vitest'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { eventually } from '../../support/eventually.js'
import { createTopic, withAdmin } from '../../support/kafka-topics.js'
import { Moto } from '../../support/moto.js'
import { newCustomer, rulePlace } from '../../support/rule-place.js'
import { SentEvents } from '../../support/sent-events.js'

const PERIOD_MS = 3_000

describeWithServers('when the period is over and nothing may be dropped', ['kafka', 'moto'], (servers) => {
  const { brokers } = servers.kafka
  const moto = Moto.at(servers.moto)

  /** A connector that has delivered four events. */
  async function running(credentialFailure: object, prepare: (drops: string) => Promise<unknown> = async () => {}) {
    const { user, destination, delivered } = await newCustomer(moto)
    const events = await SentEvents.create(brokers)
    const rule = { files: { maxAge: '300ms' }, credentialFailure: { period: `${PERIOD_MS}ms`, ...credentialFailure } }
    const connectors = { acme: { topics: [events.topic], destination: destination(), ...rule } }
    const place = await rulePlace(brokers, { connectors })
    await prepare(place.configuration.kafka.topics.drops)
    await place.writeKey(user)
    const millrace = place.start('run')
    await events.send(4)
    const isDelivered = () => eventually(async () => expect(await delivered()).toEqual(events.ids) ?? true)
    await isDelivered()
    /** Resolves three periods after the destination has refused the key for the first time. */
    const outlive = async () => {
      await moto.deleteKey(user)
      await events.send(6)
      await millrace.says('"step":"confirmed"')
      await sleep(3 * PERIOD_MS)
    }
    const renew = async () => place.writeKey(await moto.createKey(user.name))
    const offset = async () => (await place.committed('acme'))[0]!.offset
    const stop = async () => {
      millrace.signal('SIGTERM')
      expect(await millrace.exited).toBe(0)
    }
    return { place, millrace, events, delivered, isDelivered, outlive, renew, offset, stop }
  }

  it('onExpiry hold: nothing is dropped, and all is delivered in the end', async () => {
    const { place, millrace, isDelivered, outlive, renew, offset, stop } = await running({ onExpiry: 'hold' })
    await outlive()
    expect(await offset()).toBe(4)
    expect(millrace.stderr).not.toContain('"state":"dropping"')
    await renew()
    await isDelivered()
    await millrace.says('"step":"recovered"')
    expect(await place.dropRecords()).toBe(0)
    await stop()
  })

  it('a ledger that cannot be made: blocked, nothing is dropped, and the renewed key heals', async () => {
    // Kafka refuses a name that is another one's but for `.` and `_`.
    const collide = (drops: string) => createTopic(brokers, { topic: drops.replace('.', '_') })
    const { place, millrace, isDelivered, outlive, renew, offset, stop } = await running({}, collide)
    await outlive()
    await millrace.says(/"state":"blocked".*the drop ledger cannot be written/)
    expect(await offset()).toBe(4)
    await renew()
    await isDelivered()
    expect(await place.dropRecords()).toBe(0)
    await stop()
  })

  it('a ledger that takes nothing: nothing is dropped before it does', async () => {
    const { place, millrace, events, delivered, isDelivered, outlive, renew, offset, stop } = await running(
      {},
      (topic) => createTopic(brokers, { topic, config: { 'max.message.bytes': '100' } }),
    )
    await outlive()
    expect(await place.dropRecords()).toBe(0)
    expect(await offset()).toBe(4)
    await millrace.says(/"state":"blocked".*the drop ledger cannot be written/)
    const name = place.configuration.kafka.topics.drops
    const configEntries = [{ name: 'max.message.bytes', value: '1000000' }]
    const resources = [{ type: ConfigResourceTypes.TOPIC, name, configEntries }]
    await withAdmin(brokers, (admin) => admin.alterConfigs({ validateOnly: false, resources }))
    const [drop] = await eventually(async () => (await place.dropRecords()) > 0 && (await place.drops()))
    expect(drop).toMatchObject({ firstOffset: 4, lastOffset: 9, events: 6, errorCode: 'InvalidAccessKeyId' })
    await eventually(async () => (await offset()) === 10)
    await renew()
    await events.send(2)
    await eventually(async () => (await delivered()).includes(events.sent.at(-1)!.id))
    expect((await place.run('replay', '--all')).code).toBe(0)
    await isDelivered()
    await stop()
  })
})
