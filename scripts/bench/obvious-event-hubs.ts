// (f), (h) The obvious pipeline into an event hub: kafkajs → JSON.parse → avsc → sendBatch → commit. Whatever fails ends it.
import { EventHubProducerClient } from '@azure/event-hubs'
import { recordMaker, type ObviousRecord } from './obvious-records.js'
import type { PipelineTask } from './pipeline-task.js'
import { readToEnd } from './read-to-end.js'

const eventsAtOnce = 500

const task = JSON.parse(process.argv[2] ?? '') as PipelineTask
const client = new EventHubProducerClient(task.sink.eventHubs.connectionString, task.name)
const recordOf = recordMaker(task.schemasFolder)
const kept: ObviousRecord[] = []

await readToEnd(task, {
  add: (value) => kept.push(recordOf(value)) >= eventsAtOnce,
  flush: async () => {
    while (kept.length > 0) await (task.keyed ? sendByUser : send)(kept.splice(0, eventsAtOnce))
  },
})

/** A batch has one partition key. */
async function sendByUser(records: ObviousRecord[]): Promise<void> {
  const byUser = new Map<string, ObviousRecord[]>()
  for (const record of records) {
    const ofUser = byUser.get(record.userId)
    if (ofUser) ofUser.push(record)
    else byUser.set(record.userId, [record])
  }
  await Promise.all([...byUser].map(([partitionKey, ofUser]) => send(ofUser, { partitionKey })))
}

async function send(records: ObviousRecord[], options: { partitionKey?: string } = {}): Promise<void> {
  const events = records.map(({ bytes }) => ({ body: bytes, contentType: 'avro/binary' }))
  await client.sendBatch(events, options)
}
