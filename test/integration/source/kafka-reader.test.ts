import { expect, it, onTestFinished } from 'vitest'
import { createKafkaOffsets } from '../../../src/source/kafka-offsets.js'
import { createKafkaReader, type TopicRecord } from '../../../src/source/kafka-reader.js'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { createTopic, produce, withAdmin } from '../../support/kafka-topics.js'

describeWithServers('reading a topic without a group', ['kafka'], ({ kafka: { brokers } }) => {
  const settings = { kafka: { brokers, clientId: 'test', ssl: false as const } }

  function open() {
    const [reader, offsets] = [createKafkaReader(settings), createKafkaOffsets(settings)]
    onTestFinished(() => Promise.all([reader.close(), offsets.close()]).then(() => undefined))
    return { reader, offsets }
  }

  const texts = (records: TopicRecord[]) => records.map(({ offset, value }) => `${offset} ${String(value)}`)

  it('gives key, value, headers, place and time of every record up to the end it is told', async () => {
    const topic = await createTopic(brokers, { partitions: 2 })
    const { reader, offsets } = open()
    await produce(brokers, topic, [
      { partition: 1, key: 'k', value: 'a', headers: { h: 'x' }, timestamp: '1790000000000' },
      { partition: 1, value: null },
      { partition: 0, value: 'b' },
    ])
    const ends = await offsets.ends([topic])
    await produce(brokers, topic, [{ partition: 1, value: 'later' }])
    const [first, second] = await Promise.all(ends.map((end) => all(reader.read(end))))
    expect(texts(first ?? [])).toEqual(['0 b'])
    expect(second).toEqual([
      {
        topic,
        partition: 1,
        offset: 0,
        timestampMs: 1_790_000_000_000,
        key: Buffer.from('k'),
        value: Buffer.from('a'),
        headers: [{ name: 'h', value: Buffer.from('x') }],
      },
      {
        topic,
        partition: 1,
        offset: 1,
        timestampMs: expect.any(Number) as number,
        key: null,
        value: null,
        headers: [],
      },
    ])
  })

  it('reads more than one fetch can hold, and begins where it is told', async () => {
    const topic = await createTopic(brokers)
    const { reader } = open()
    const large = 'x'.repeat(900 * 1024)
    for (let n = 0; n < 12; n++) await produce(brokers, topic, [{ value: `${n}${large}` }])
    const records = await all(reader.read({ topic, partition: 0, low: 3, high: 12 }))
    expect(records.map(({ offset }) => offset)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11])
    expect(records.at(-1)?.value?.length).toBe(large.length + 2)
  })

  it('leaves out what Kafka has removed since', async () => {
    const topic = await createTopic(brokers)
    const { reader, offsets } = open()
    await produce(
      brokers,
      topic,
      ['a', 'b', 'c', 'd'].map((value) => ({ value })),
    )
    const [end] = await offsets.ends([topic])
    await withAdmin(brokers, async (admin) => {
      await admin.fetchTopicOffsets(topic)
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] })
    })
    expect(texts(await all(reader.read(end!)))).toEqual(['2 c', '3 d'])
  })

  it('says what is wrong when the topic ends before, or nobody answers', async () => {
    const topic = await createTopic(brokers)
    const { reader } = open()
    await expect(all(reader.read({ topic, partition: 0, low: 5, high: 9 }))).rejects.toMatchObject({
      code: 'READ_FAILED',
    })
    const nowhere = createKafkaReader({ kafka: { ...settings.kafka, brokers: ['127.0.0.1:1'] } })
    await expect(all(nowhere.read({ topic, partition: 0, low: 0, high: 1 }))).rejects.toMatchObject({
      code: 'KAFKA_UNREACHABLE',
    })
    await nowhere.close()
  })
})

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of source) items.push(item)
  return items
}
