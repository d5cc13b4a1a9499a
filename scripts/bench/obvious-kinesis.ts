// (d) The obvious pipeline into a stream: kafkajs → JSON.parse → avsc → PutRecords → commit. Whatever fails ends it.
import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { recordMaker, type ObviousRecord } from './obvious-records.js'
import type { PipelineTask } from './pipeline-task.js'
import { readToEnd } from './read-to-end.js'

const recordsPerRequest = 500

const task = JSON.parse(process.argv[2] ?? '') as PipelineTask
const client = new KinesisClient({
  endpoint: task.sink.kinesis.endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'bench', secretAccessKey: 'bench-secret' },
  // Its own speaks HTTP/2, which the sink does not.
  requestHandler: new NodeHttpHandler(),
})
const recordOf = recordMaker(task.schemasFolder)
const kept: ObviousRecord[] = []

await readToEnd(task, {
  add: (value) => kept.push(recordOf(value)) >= recordsPerRequest,
  flush: async () => {
    while (kept.length > 0) await put(kept.splice(0, recordsPerRequest))
  },
})

async function put(records: ObviousRecord[]): Promise<void> {
  const Records = records.map(({ userId, bytes }) => ({ PartitionKey: userId, Data: bytes }))
  const { FailedRecordCount } = await client.send(new PutRecordsCommand({ StreamName: task.name, Records }))
  if (FailedRecordCount) throw new Error(`${FailedRecordCount} records were refused`)
}
