import { join } from 'node:path'
import { expect, it } from 'vitest'
import { deliveredIds } from '../../support/delivered.js'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { httpReceiver } from '../../support/http-receiver.js'
import { createTopic, produce, uniqueTopic } from '../../support/kafka-topics.js'
import { workplace } from '../../support/millrace-process.js'

const event = (id: string) =>
  JSON.stringify({ event_type: 'users.messages.webhook.Send', id, user_id: 'u', time: 1_790_000_000 })

describeWithServers('millrace run tells people', ['kafka'], ({ kafka: { brokers } }) => {
  it('of the first dead letter, once and without the event, whatever another receiver does', async () => {
    const topic = await createTopic(brokers)
    const values = ['{planted-1', event('a'), '{planted-2', event('b')]
    for (const value of values) await produce(brokers, topic, [{ value }])
    const [hook, hanging] = await Promise.all([httpReceiver(), httpReceiver()])
    hanging.answers.push('hang', 'hang')
    const own = uniqueTopic('side')
    const webhooks = [hanging, hook].map(({ origin }) => ({ url: `${origin}/planted-path`, secret: 'env:HOOK' }))
    const configuration = {
      kafka: { brokers, groupPrefix: `${own}.`, topics: { drops: `${own}-drops`, deadLetters: `${own}-dead` } },
      service: { http: false },
      notifications: { webhooks },
      connectors: {
        local: { topics: [topic], destination: { type: 'folder', path: './out' }, files: { maxEvents: 1 } },
      },
    }
    const { folder, run } = await workplace(configuration, { HOOK: 'planted-key' })
    const { code, stderr } = await run('run', '--once')
    expect(code, stderr).toBe(0)
    expect(await deliveredIds(join(folder, 'out'))).toEqual(['a', 'b'])
    const told = hook.received.map(({ body }) => JSON.parse(body) as { kind: string; connector: string })
    expect(told).toMatchObject([{ kind: 'first-dead-letter', connector: 'local' }])
    expect(stderr).toContain('a notification is given up')
    expect(JSON.stringify(told) + stderr).not.toContain('planted')
  })
})
