import { randomBytes } from 'node:crypto'
import { afterEach, expect, it } from 'vitest'
import { createKafkaOffsets } from '../../../src/source/kafka-offsets.js'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { eventually } from '../../support/eventually.js'
import { createTopic, kafkaClient, produce, uniqueTopic, withAdmin } from '../../support/kafka-topics.js'
import { plainKafka, SourceLog } from '../../support/source-log.js'

const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, i) => String(from + i))
const spread = (values: string[], partitions: number) =>
  values.map((value, i) => ({ value, partition: i % partitions }))

describeWithServers('group source', ['kafka'], ({ kafka: { brokers } }) => {
  const open: SourceLog[] = []
  afterEach(async () => {
    await Promise.all(open.splice(0).map((log) => log.close()))
  })
  const join = (options: Omit<ConstructorParameters<typeof SourceLog>[0], 'kafka'>) => {
    const log = new SourceLog({ kafka: plainKafka(brokers), ...options })
    open.push(log)
    return log
  }

  async function committed(groupId: string, topic: string) {
    const offsets = createKafkaOffsets({ kafka: plainKafka(brokers) })
    try {
      return await offsets.committed(groupId, [topic])
    } finally {
      await offsets.close()
    }
  }

  it('reads everything, commits offset and metadata, and goes on there', async () => {
    const topic = await createTopic(brokers, { partitions: 3 })
    const groupId = uniqueTopic('group')
    await produce(brokers, topic, spread(numbered(300), 3))
    const first = join({ groupId, topics: [topic] })
    await first.has(300)
    expect(first.allValues).toEqual(numbered(300).sort())
    expect(first.states.get(`${topic}/0`)).toEqual({
      committed: null,
      metadata: '',
      low: 0,
      high: 100,
      isNewPartition: false,
    })
    expect(await first.source.commit(first.lease(`${topic}/0`), 60, '{"v":1}')).toBe('accepted')
    expect(await first.source.commit(first.lease(`${topic}/1`), 100, 'ü'.repeat(4_096))).toBe('accepted')
    await first.close()
    expect(first.events.filter((event) => event.startsWith('revoked'))).toHaveLength(3)

    const second = join({ groupId, topics: [topic] })
    await second.has(40 + 100)
    expect(second.states.get(`${topic}/0`)).toMatchObject({ committed: 60, metadata: '{"v":1}', high: 100 })
    expect(second.states.get(`${topic}/1`)).toMatchObject({ committed: 100, metadata: 'ü'.repeat(4_096) })
    expect(second.values.get(`${topic}/0`)).toHaveLength(40)
    expect(second.values.get(`${topic}/1`)).toBeUndefined()
    expect(await committed(groupId, topic)).toMatchObject([{ offset: 60 }, { offset: 100 }, { offset: null }])
  })

  it('metadata longer than any broker takes is a mistake of the caller', async () => {
    const topic = await createTopic(brokers)
    const log = join({ groupId: uniqueTopic('group'), topics: [topic] })
    await log.holds(1)
    await expect(log.source.commit(log.lease(`${topic}/0`), 0, 'x'.repeat(4_097))).rejects.toThrow(RangeError)
  })

  it('fault 11: two members share; what stays keeps its lease and position, what goes dies at once', async () => {
    const topic = await createTopic(brokers, { partitions: 4 })
    const groupId = uniqueTopic('group')
    await produce(brokers, topic, spread(numbered(40), 4))
    const first = join({ groupId, topics: [topic] })
    await first.has(40)
    const before = new Map(first.leases)

    const second = join({ groupId, topics: [topic] })
    await second.holds(2)
    await first.holds(2)
    const kept = [...first.leases]
    expect(kept.map(([key, lease]) => before.get(key) === lease && lease.valid)).toEqual([true, true])
    const lost = [...before].filter(([key]) => !first.leases.has(key))
    expect(lost.map(([, lease]) => lease.valid)).toEqual([false, false])
    expect([...second.leases.keys()].sort()).toEqual(lost.map(([key]) => key).sort())

    // The kept ones commit under the new generation and are not read again; the lost ones commit nothing.
    expect(await first.source.commit(kept[0]![1], 5, 'kept')).toBe('accepted')
    expect(await first.source.commit(lost[0]![1], 5, 'lost')).toBe('lost')
    await produce(brokers, topic, spread(numbered(40, 100), 4))
    await eventually(() => first.allValues.length + second.allValues.length === 40 + 20 + 40)
    expect(first.allValues).toHaveLength(60)

    await second.close()
    await first.holds(4)
    expect(kept.map(([key, lease]) => first.leases.get(key) === lease)).toEqual([true, true])
  })

  it('members of several topics balance over all of them together', async () => {
    const topics = [
      await createTopic(brokers, { partitions: 3 }),
      await createTopic(brokers),
      await createTopic(brokers),
    ]
    const groupId = uniqueTopic('group')
    const members = [join({ groupId, topics }), join({ groupId, topics })]
    await eventually(
      () =>
        members
          .map((log) => log.leases.size)
          .sort()
          .join() === '2,3',
    )
  })

  it('fault 51: below the first offset is an event; nothing jumps, nothing is committed, seek goes on', async () => {
    const topic = await createTopic(brokers)
    const groupId = uniqueTopic('group')
    await produce(brokers, topic, spread(numbered(30), 1))
    const first = join({ groupId, topics: [topic] })
    await first.has(30)
    await first.source.commit(first.lease(`${topic}/0`), 5, 'intent')
    await first.close()
    await withAdmin(brokers, async (admin) => {
      await admin.fetchTopicOffsets(topic)
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '20' }] })
    })

    const second = join({ groupId, topics: [topic] })
    await eventually(() => second.outOfRanges.length > 0)
    expect(second.outOfRanges).toEqual([{ position: 5, low: 20, high: 30 }])
    expect(second.allValues).toEqual([])
    expect(await committed(groupId, topic)).toMatchObject([{ offset: 5, metadata: 'intent' }])
    second.source.seek(second.lease(`${topic}/0`), 20)
    await second.has(10)
    expect(second.values.get(`${topic}/0`)).toEqual(numbered(10, 20))
  })

  it('fault 53: above the last offset is an event too', async () => {
    const topic = await createTopic(brokers)
    await produce(brokers, topic, spread(numbered(3), 1))
    const log = join({ groupId: uniqueTopic('group'), topics: [topic], begin: () => 1_000 })
    await eventually(() => log.outOfRanges.length > 0)
    expect(log.outOfRanges).toEqual([{ position: 1_000, low: 0, high: 3 }])
  })

  it('fault 54: a topic grows', async () => {
    const topic = await createTopic(brokers, { partitions: 1 })
    const log = join({ groupId: uniqueTopic('group'), topics: [topic] })
    await log.holds(1)
    const lease = log.lease(`${topic}/0`)
    expect(await log.source.commit(lease, 0, '')).toBe('accepted')
    const grown = { topicPartitions: [{ topic, count: 3 }], timeout: 20_000 }
    await withAdmin(brokers, (admin) => admin.createPartitions(grown))
    await log.holds(3)
    expect(log.lease(`${topic}/0`)).toBe(lease)
    expect(log.states.get(`${topic}/2`)).toMatchObject({ committed: null, isNewPartition: true })
    expect(log.states.get(`${topic}/0`)).toMatchObject({ isNewPartition: false })
  })

  it('a topic that does not exist is a person’s business, and read as soon as it is there; others are read meanwhile', async () => {
    const present = await createTopic(brokers)
    const missing = uniqueTopic('late')
    await produce(brokers, present, spread(['a'], 1))
    const log = join({ groupId: uniqueTopic('group'), topics: [present, missing] })
    await log.has(1)
    await eventually(() => log.events.includes('trouble TOPIC_MISSING (person)'))
    await createTopic(brokers, { topic: missing })
    await produce(brokers, missing, spread(['b'], 1))
    await log.has(2)
    await eventually(() => log.events.includes('healthy'))
    // Beside it, the leader of the new partition may have asked for a moment.
    expect(log.events.filter((event) => event.includes('person'))).toHaveLength(1)
  })

  it('pause, resume and seek', async () => {
    const topic = await createTopic(brokers)
    const log = join({ groupId: uniqueTopic('group'), topics: [topic] })
    await log.holds(1)
    const lease = log.lease(`${topic}/0`)
    log.source.pause(lease)
    await produce(brokers, topic, spread(numbered(5), 1))
    // What is written after the fetch that may still be underway when we paused (it waits 300 ms) does not come.
    const other = join({ groupId: uniqueTopic('group'), topics: [topic] })
    await other.has(5)
    await produce(brokers, topic, spread(numbered(5, 5), 1))
    await other.has(10)
    expect(log.allValues).not.toContain('9')
    log.source.resume(lease)
    await log.has(10)
    expect(log.values.get(`${topic}/0`)).toEqual(numbered(10))
    log.source.seek(lease, 8)
    await log.has(12)
    expect(log.values.get(`${topic}/0`)).toEqual([...numbered(10), '8', '9'])
  })

  it('an assignment that cannot be taken up is offered again', async () => {
    const topic = await createTopic(brokers)
    await produce(brokers, topic, spread(['a'], 1))
    let refusals = 2
    const begin = () => (refusals-- > 0 ? Promise.reject(new Error('not yet')) : 0)
    const log = join({ groupId: uniqueTopic('group'), topics: [topic], begin })
    await log.has(1)
    expect(log.events).toEqual(['healthy', ...Array<string>(3).fill(`assigned ${topic}/0`)])
  })

  it('a batch larger than the limit of a partition comes through, also beside busy partitions', async () => {
    const topic = await createTopic(brokers, { partitions: 3 })
    const large = 'x'.repeat(900_000)
    const messages = [0, 1, 2].flatMap((partition) => [
      { partition, value: large },
      { partition, value: `after ${partition}` },
    ])
    for (const message of messages) await produce(brokers, topic, [message])
    const tuning = { maxBytesPerPartition: 1_000, maxBytes: 2_000 }
    const log = join({ groupId: uniqueTopic('group'), topics: [topic], tuning })
    await log.has(6)
    expect(log.values.get(`${topic}/1`)).toEqual([large, 'after 1'])
  })

  it('aborted transactions are invisible', async () => {
    const topic = await createTopic(brokers)
    const producer = kafkaClient(brokers).producer({
      transactionalId: uniqueTopic('tx'),
      maxInFlightRequests: 1,
      idempotent: true,
    })
    await producer.connect()
    for (const outcome of ['commit', 'abort', 'commit'] as const) {
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [{ value: `${outcome} 1` }, { value: `${outcome} 2` }] })
      await transaction[outcome]()
    }
    await producer.disconnect()
    const log = join({ groupId: uniqueTopic('group'), topics: [topic] })
    await log.has(4)
    await eventually(() => log.next.get(`${topic}/0`) === 9)
    expect(log.values.get(`${topic}/0`)).toEqual(['commit 1', 'commit 2', 'commit 1', 'commit 2'])
  })

  // The broker compresses with the classes of the Java client: what is fetched is what Java producers write.
  it.each(['gzip', 'snappy', 'lz4', 'zstd'])('%s as Java writes it', async (codec) => {
    const topic = await createTopic(brokers, { config: { 'compression.type': codec } })
    const values = numbered(2_000).map((value) => `${value}: ${value.repeat(50)}`)
    await produce(
      brokers,
      topic,
      values.map((value) => ({ value })),
    )
    const incompressible = randomBytes(200_000).toString('base64')
    await produce(brokers, topic, [{ value: incompressible }])
    const log = join({ groupId: uniqueTopic('group'), topics: [topic] })
    await log.has(2_001)
    expect(log.values.get(`${topic}/0`)).toEqual([...values, incompressible])
  })

  it('finds the offset of an instant', async () => {
    const topic = await createTopic(brokers)
    const messages = [1_000, 2_000, 3_000].map((ms) => ({ value: 'x', timestamp: String(ms) }))
    for (const message of messages) await produce(brokers, topic, [message])
    const log = join({ groupId: uniqueTopic('group'), topics: [topic] })
    await log.holds(1)
    const lease = log.lease(`${topic}/0`)
    expect(await log.source.offsetAt(lease, 1_500)).toBe(1)
    expect(await log.source.offsetAt(lease, 3_000)).toBe(2)
    expect(await log.source.offsetAt(lease, 9_000)).toBe(3)
  })

  it('a listener that is busy for longer than the session stays a member, as long as it lets go between chunks', async () => {
    const topic = await createTopic(brokers)
    for (let i = 0; i < 12; i++) await produce(brokers, topic, [{ value: 'x'.repeat(200_000) }])
    const log = join({ groupId: uniqueTopic('group'), topics: [topic], tuning: { sessionTimeoutMs: 10_000 } })
    log.onRecords = () => {
      for (let now = performance.now(), endMs = now + 1_000; now < endMs;) now = performance.now()
    }
    await log.has(12)
    expect(log.events).toEqual(['healthy', `assigned ${topic}/0`])
  })
})

describeWithServers('group source without a broker', [], () => {
  it('says that Kafka cannot be reached, and closes without waiting for it', async () => {
    const log = new SourceLog({ kafka: plainKafka(['127.0.0.1:1']), groupId: 'g', topics: ['t'] })
    await eventually(() => log.events.includes('trouble KAFKA_UNREACHABLE'))
    const began = performance.now()
    await log.close()
    expect(performance.now() - began).toBeLessThan(30_000)
    expect(log.events).toEqual(['trouble KAFKA_UNREACHABLE'])
  })
})
