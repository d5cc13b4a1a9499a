import { Kafka, logLevel, type Admin, type Message } from 'kafkajs'
import { randomUUID } from 'node:crypto'
import { eventually } from './eventually.js'

/** A machine that stands still for seconds must not break a connection; by default kafkajs gives it one second. */
const CONNECT_MS = 30_000
/** About half a minute: a broker that has just started, and a topic that is new, refuse for a while. */
const PATIENCE = { initialRetryTime: 50, multiplier: 1.5, maxRetryTime: 1_000, retries: 40 }

/** kafkajs's own clients are good enough to prepare and to look at topics; the code under test has its own. */
export function kafkaClient(brokers: string[]): Kafka {
  return new Kafka({
    ...{ brokers, clientId: 'test', logLevel: logLevel.NOTHING },
    ...{ connectionTimeout: CONNECT_MS, retry: PATIENCE },
  })
}

/** A topic (or group) name that no other test uses. */
export function uniqueTopic(prefix = 'test'): string {
  return `${prefix}-${randomUUID()}`
}

/** Calls `work` with a connected admin client. */
export async function withAdmin<T>(brokers: string[], work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafkaClient(brokers).admin()
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}

interface TopicOptions {
  topic?: string
  partitions?: number
  replicas?: number
  /** The topic's own configuration, such as `retention.ms`. */
  config?: Record<string, string>
}

/** Events of tests are of any time: by default a broker removes what is older than a week, every five minutes. */
const FOR_EVER = { 'retention.ms': '-1' }

/** How long a busy controller may take to create a topic; by default kafkajs gives it 5 s, and fails. */
const CREATE_MS = 20_000

/** Creates a topic: unique unless named, of one partition and kept for ever unless told; resolves to its name when its leaders answer. */
export async function createTopic(brokers: string[], options: TopicOptions = {}): Promise<string> {
  const { topic = uniqueTopic(), partitions = 1, replicas = 1, config = {} } = options
  const configEntries = Object.entries({ ...FOR_EVER, ...config }).map(([name, value]) => ({ name, value }))
  const wanted = { topic, numPartitions: partitions, replicationFactor: replicas, configEntries }
  await withAdmin(brokers, async (admin) => {
    await admin.createTopics({ topics: [wanted], waitForLeaders: false, timeout: CREATE_MS })
    // kafkajs itself takes a broker that has not heard of the new topic yet for an error.
    await eventually(async () => {
      const [found] = (await admin.fetchTopicMetadata({ topics: [topic] })).topics
      const hasLeaders = found?.partitions.length === partitions && found.partitions.every(({ leader }) => leader >= 0)
      // A broker that is told to all as the leader may not have heard of it yet itself.
      return hasLeaders && (await admin.fetchTopicOffsets(topic)).length === partitions
    })
  })
  return topic
}

/**
 * Writes `messages` in order, once each, all acknowledged by all replicas. A message without `partition` goes by its key.
 * Idempotent, since kafkajs sends a request again whole when one of its partitions is refused: on a new topic a broker
 * may know one partition already and not yet the next, and the first would hold its records twice.
 */
export async function produce(brokers: string[], topic: string, messages: Message[]): Promise<void> {
  const producer = kafkaClient(brokers).producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  try {
    const accepted = await producer.send({ topic, messages, acks: -1 })
    // kafkajs resolves to nothing for a partition it does not know yet.
    if (accepted.length === 0) throw new Error(`nothing was written to ${topic}`)
  } finally {
    await producer.disconnect()
  }
}

/** A record as it was read back. */
export interface ReadRecord {
  partition: number
  offset: number
  key: string | null
  value: Buffer | null
  headers: Record<string, string>
}

/**
 * Everything in the topic once it holds at least `count` records; rejects when it does not within `timeoutMs`.
 * Ordered by partition and offset.
 */
export async function readTopic(
  brokers: string[],
  topic: string,
  count: number,
  timeoutMs = 90_000,
): Promise<ReadRecord[]> {
  // By their place: kafkajs begins again at the last commit when a connection has failed.
  const records = new Map<string, ReadRecord>()
  // It disconnects only after its last fetch, which waits 5 s for further records unless told otherwise.
  const consumer = kafkaClient(brokers).consumer({ groupId: uniqueTopic('reader'), maxWaitTimeInMs: 100 })
  await consumer.connect()
  try {
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      eachMessage: ({ partition, message: { offset, key, value, headers = {} } }) => {
        const texts = Object.entries(headers).map(([name, header]) => [name, String(header)] as const)
        records.set(`${partition}/${offset}`, {
          partition,
          offset: Number(offset),
          key: key && key.toString(),
          value,
          headers: Object.fromEntries(texts),
        })
        return Promise.resolve()
      },
    })
    await eventually(() => records.size >= count, { timeoutMs, because: `${topic} does not hold ${count} records` })
  } finally {
    await consumer.disconnect()
  }
  return [...records.values()].sort((a, b) => a.partition - b.partition || a.offset - b.offset)
}
