import { Kafka, logLevel, type Admin } from 'kafkajs'
import { sampleEvent } from '../../test/support/sample-events.js'
import { seededRandom } from '../../test/support/seeded-random.js'

const partitions = 6

/** Common types of a messaging customer, small and large; with made-up values an event is about 720 bytes of JSON. */
const eventTypes = [
  'users.canvas.Entry',
  'users.messages.contentcard.Send',
  'users.messages.email.Bounce',
  'users.messages.email.Delivery',
  'users.messages.email.Open',
  'users.messages.email.Send',
  'users.messages.email.Unsubscribe',
  'users.messages.inappmessage.Impression',
  'users.messages.pushnotification.Send',
  'users.messages.sms.Send',
  'users.messages.webhook.Send',
  'users.messages.whatsapp.Delivery',
]

/** Different events; then they come again, too far apart for deflate (which looks back 32 KiB) to notice. */
const differentEvents = 20_000
/** A send becomes one batch per partition, of which a broker takes 1 MiB. */
const eventsPerSend = 6_000

const pool: Buffer[] = []

/** Creates the topic with `count` events, spread evenly over its partitions. Resolves to the bytes of an event on average. */
export async function fillTopic(brokers: string[], topic: string, count: number): Promise<number> {
  const kafka = new Kafka({ brokers, clientId: 'bench', logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  // Else a request that one partition of a topic made a moment ago refuses is sent again whole: the others hold it twice.
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  await Promise.all([admin.connect(), producer.connect()])
  try {
    await admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: true })
    // One time for all: an hour that ends underway would make twice as many objects.
    const timestamp = String(Date.now())
    for (let sent = 0; sent < count; sent += eventsPerSend) {
      const numbers = Array.from({ length: Math.min(eventsPerSend, count - sent) }, (_, n) => sent + n)
      const messages = numbers.map((n) => ({ partition: n % partitions, value: pooled(n), timestamp }))
      await producer.send({ topic, messages, acks: -1 })
    }
    await assertCount(admin, topic, count)
  } finally {
    await Promise.all([admin.disconnect(), producer.disconnect()])
  }
  return pool.reduce((sum, { length }) => sum + length, 0) / pool.length
}

function pooled(n: number): Buffer {
  if (pool.length === 0) pool.push(...madeUpEvents())
  return pool[n % pool.length]!
}

function* madeUpEvents(): Generator<Buffer> {
  const random = seededRandom(1)
  for (let n = 0; n < differentEvents; n++) {
    // By chance: in turn, each partition would hold two types only.
    const type = eventTypes[Math.floor(random() * eventTypes.length)]!
    yield sampleEvent(type, random, { shape: 'flat' }).value
  }
}

async function assertCount(admin: Admin, topic: string, count: number): Promise<void> {
  const ends = await admin.fetchTopicOffsets(topic)
  const found = ends.reduce((sum, { high }) => sum + Number(high), 0)
  if (found !== count) throw new Error(`${topic} holds ${found} events instead of ${count}`)
}
