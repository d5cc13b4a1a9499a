import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { PipelineTask } from './pipeline-task.js'

export const project = join(import.meta.dirname, '..', '..')

/** Node's arguments for a run of Millrace that does `task`; its configuration and secrets are written into `folder`. */
export async function millraceArguments(
  task: PipelineTask,
  to: 's3' | 'kinesis' | 'eventHubs',
  folder: string,
): Promise<string[]> {
  const { brokers, topic, name, sink } = task
  await mkdir(join(folder, 'keys'), { recursive: true })
  await writeFile(join(folder, 'keys', 'access-key-id'), sink.s3.accessKeyId)
  await writeFile(join(folder, 'keys', 'secret-access-key'), sink.s3.secretAccessKey)
  await writeFile(join(folder, 'keys', 'connection-string'), sink.eventHubs.connectionString)
  const configuration = {
    kafka: { brokers },
    // The budget for which the goal of 400 MB is set; no HTTP: two runs at once would need two ports.
    service: { memory: '256MiB', http: false, log: { level: 'warn' } },
    accounts: {
      aws: { type: 'aws', accessKeyId: 'file:keys/access-key-id', secretAccessKey: 'file:keys/secret-access-key' },
      hubs: { type: 'event-hubs', connectionString: 'file:keys/connection-string' },
    },
    connectors: { [name]: { topics: [topic], ...destinationOf(task, to) } },
  }
  const file = join(folder, 'millrace.yaml')
  await writeFile(file, stringify(configuration))
  return [join(project, 'dist', 'main.js'), 'run', '--once', '--config', file]
}

function destinationOf({ name, sink, keyed }: PipelineTask, to: 's3' | 'kinesis' | 'eventHubs') {
  const partitionKey = keyed ? 'user_id' : 'random'
  const region = 'us-east-1'
  switch (to) {
    case 's3': {
      const { endpoint } = sink.s3
      return {
        destination: { type: 's3', account: 'aws', bucket: name, region, endpoint },
        files: { codec: 'deflate' },
      }
    }
    case 'kinesis': {
      const { endpoint } = sink.kinesis
      return { destination: { type: 'kinesis', account: 'aws', stream: name, region, endpoint, partitionKey } }
    }
    case 'eventHubs':
      return { destination: { type: 'event-hubs', account: 'hubs', eventHub: name, partitionKey } }
  }
}
