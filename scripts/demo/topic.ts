import { Kafka, logLevel, type IHeaders } from 'kafkajs'
import { randomUUID } from 'node:crypto'
import type { Ledger } from './ledger.js'
import type { DemoRecord } from './records.js'

export const topic = 'events.acme'
export const partitions = 6
/** The default of `kafka.topics.deadLetters`. */
const deadLetters = 'millrace.dead-letters'

/** A send becomes one batch per partition, of which a broker takes 1 MiB: events are about 700 bytes. */
const maxRecordsPerSend = 1_000
const maxBytesPerSend = 900 * 1024

/** kafkajs's own clients are good enough to produce and to count; the service has its own. */
function client(brokers: string[]): Kafka {
  return new Kafka({ brokers, clientId: 'demo', logLevel: logLevel.NOTHING })
}

export async function createTopic(brokers: string[]): Promise<void> {
  const admin = client(brokers).admin()
  await admin.connect()
  try {
    await admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: true })
  } finally {
    await admin.disconnect()
  }
}

/** Writes records to the topic, every one acknowledged. */
export interface Producer {
  send(records: DemoRecord[]): Promise<void>
  close(): Promise<void>
}

export async function openProducer(brokers: string[]): Promise<Producer> {
  // Idempotent: kafkajs sends a request again whole when one of its partitions is refused, and the sum has to be right.
  const producer = client(brokers).producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  return {
    send: async (records) => {
      await producer.send({ topic, messages: records.map(({ key, value }) => ({ key, value })), acks: -1 })
    },
    close: () => producer.disconnect(),
  }
}

/** Sends all `records` in batches that a broker takes, and enters them into `ledger`. Stops early when `stop` aborts. */
export async function produceAll(
  producer: Producer,
  records: Iterable<DemoRecord>,
  { ledger, stop, onProgress }: { ledger: Ledger; stop: AbortSignal; onProgress: (produced: number) => void },
): Promise<void> {
  for (const batch of batches(records)) {
    stop.throwIfAborted()
    await producer.send(batch)
    for (const record of batch) ledger.add(record)
    onProgress(ledger.produced)
  }
}

function* batches(records: Iterable<DemoRecord>): Generator<DemoRecord[]> {
  let batch: DemoRecord[] = []
  let bytes = 0
  for (const record of records) {
    const size = record.value?.length ?? 0
    if (batch.length > 0 && (batch.length === maxRecordsPerSend || bytes + size > maxBytesPerSend)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(record)
    bytes += size
  }
  if (batch.length > 0) yield batch
}

/** A dead letter, as far as it is counted. */
export interface DeadLetter {
  key: string
  reason: string
}

/** Everything in the dead-letter topic; nothing when there is no such topic. */
export async function readDeadLetters(brokers: string[]): Promise<DeadLetter[]> {
  const kafka = client(brokers)
  const count = await countRecords(kafka, deadLetters)
  const letters: DeadLetter[] = []
  if (count === 0) return letters
  // It disconnects only after its last fetch, which waits 5 s for further records unless told otherwise.
  const consumer = kafka.consumer({ groupId: `demo-${randomUUID()}`, maxWaitTimeInMs: 100 })
  await consumer.connect()
  try {
    await consumer.subscribe({ topic: deadLetters, fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      const eachMessage = ({ message: { key, headers } }: { message: { key: Buffer | null; headers?: IHeaders } }) => {
        letters.push({ key: String(key), reason: String(headers?.['millrace.reason']) })
        if (letters.length === count) resolve()
        return Promise.resolve()
      }
      consumer.run({ eachMessage }).catch(reject)
    })
  } finally {
    await consumer.disconnect()
  }
  return letters
}

async function countRecords(kafka: Kafka, name: string): Promise<number> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    if (!(await admin.listTopics()).includes(name)) return 0
    const ends = await admin.fetchTopicOffsets(name)
    return ends.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0)
  } finally {
    await admin.disconnect()
  }
}
