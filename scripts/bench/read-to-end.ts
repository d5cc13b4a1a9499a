// What the obvious pipelines have in common: kafkajs reads a topic to its end and commits what is delivered.
import { Kafka, logLevel } from 'kafkajs'
import type { PipelineTask } from './pipeline-task.js'

export interface Delivery {
  /** Keeps an event; whether it is time to deliver. */
  add: (value: Buffer) => boolean
  /** Delivers everything that was kept. */
  flush: () => Promise<void>
}

/**
 * Ends the process when all is delivered and committed. At least once: a crash between delivery and commit delivers
 * everything since the last commit again.
 */
export async function readToEnd({ brokers, topic, name }: PipelineTask, { add, flush }: Delivery): Promise<void> {
  const kafka = new Kafka({ brokers, logLevel: logLevel.ERROR })
  const admin = kafka.admin()
  await admin.connect()
  const ends = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  let left = ends.reduce((sum, { high }) => sum + Number(high), 0)
  const nextOffsets = new Map<number, string>()

  const consumer = kafka.consumer({ groupId: name, maxBytesPerPartition: 256 * 1024, maxBytes: 4 * 1024 * 1024 })
  // Ends the process when something fails: what is not committed is read again by the next one.
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    console.error(payload.error)
    process.exit(1)
  })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch, ...consuming }) => {
      let isFull = false
      for (const { value } of batch.messages) isFull = add(value!) || isFull
      nextOffsets.set(batch.partition, String(Number(batch.lastOffset()) + 1))
      left -= batch.messages.length
      if (isFull || left === 0) {
        await flush()
        await consumer.commitOffsets([...nextOffsets].map(([partition, offset]) => ({ topic, partition, offset })))
      }
      if (left === 0) process.exit()
      await consuming.heartbeat()
    },
  })
}
