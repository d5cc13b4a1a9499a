import { expect, it } from 'vitest'
import { createTopic, produce, readTopic } from '../../support/kafka-topics.js'
import { describeWithServers } from '../../support/describe-with-servers.js'

describeWithServers('the shared Kafka', ['kafka'], ({ kafka }) => {
  it('gives back what was produced, in order', async () => {
    const topic = await createTopic(kafka.brokers, { partitions: 2 })
    await produce(kafka.brokers, topic, [
      { partition: 1, key: 'a', value: 'first', headers: { event_type: 'x' } },
      { partition: 1, key: 'a', value: null },
      { partition: 0, value: 'other' },
    ])

    const records = await readTopic(kafka.brokers, topic, 3)

    expect(records).toEqual([
      { partition: 0, offset: 0, key: null, value: Buffer.from('other'), headers: {} },
      { partition: 1, offset: 0, key: 'a', value: Buffer.from('first'), headers: { event_type: 'x' } },
      { partition: 1, offset: 1, key: 'a', value: null, headers: {} },
    ])
  })
})
