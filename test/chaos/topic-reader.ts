import type { KafkaMessage } from 'kafkajs'
import { eventually } from '../support/eventually.js'
import { kafkaClient, uniqueTopic, withAdmin } from '../support/kafka-topics.js'

/** A record with its bytes as they are; those of internal topics are no text. */
export interface RawRecord extends Pick<KafkaMessage, 'key' | 'value' | 'headers'> {
  partition: number
  offset: number
}

/** 10 MB/s at the very least, on a busy machine. */
const READ_TIMEOUT_MS = 120_000

/** Everything that a topic holds now, in the order of each partition; nothing when there is no such topic. */
export async function readWholeTopic(brokers: string[], topic: string): Promise<RawRecord[]> {
  const ends = await endsOf(brokers, topic)
  const next = new Map([...ends.keys()].map((partition) => [partition, 0]))
  const isRead = () => [...ends].every(([partition, end]) => (next.get(partition) ?? 0) >= end)
  if (isRead()) return []
  // By their place: kafkajs begins again at the first record when its session was lost.
  const records = new Map<string, RawRecord>()
  const consumer = kafkaClient(brokers).consumer({ groupId: uniqueTopic('reader'), maxWaitTimeInMs: 100 })
  await consumer.connect()
  try {
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatch: ({ batch: { partition, messages } }) => {
        for (const message of messages)
          records.set(`${partition}/${message.offset}`, { ...message, partition, offset: Number(message.offset) })
        next.set(partition, Math.max(next.get(partition) ?? 0, Number(messages.at(-1)?.offset) + 1))
        return Promise.resolve()
      },
    })
    await eventually(isRead, { timeoutMs: READ_TIMEOUT_MS, because: `${topic} could not be read to its end` })
  } finally {
    await consumer.disconnect()
  }
  return [...records.values()]
}

/** By partition; partitions that hold nothing are left out. */
function endsOf(brokers: string[], topic: string): Promise<Map<number, number>> {
  return withAdmin(brokers, async (admin) => {
    if (!(await admin.listTopics()).includes(topic)) return new Map<number, number>()
    const offsets = await admin.fetchTopicOffsets(topic)
    const held = offsets.filter(({ low, high }) => low !== high)
    return new Map(held.map(({ partition, high }) => [partition, Number(high)]))
  })
}
