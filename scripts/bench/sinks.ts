import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startS3 } from '../servers/local-s3.js'
import { countAvroEvents } from './avro-events.js'
import type { SinkAddress } from './pipeline-task.js'

/** What has arrived in a bucket, a stream or an event hub. */
export interface Delivered {
  /** Objects, calls of PutRecords, or batches. */
  requests: number
  events: number
  /** Of objects or records. */
  bytes: number
}

export interface Sink extends SinkAddress {
  createBucket(name: string): Promise<void>
  /** What has arrived under a name: it is that of a bucket in S3 when a program writes there. */
  delivered(name: string, to: 's3' | 'kinesis' | 'eventHubs'): Promise<Delivered>
  stop(): Promise<void>
}

/** Streams are always the cheap process. */
export async function startSink(kind: 'http' | 's3proxy'): Promise<Sink> {
  const sink = await startCheapSink()
  if (kind === 'http') return sink
  const s3 = await startS3()
  const { endpoint, accessKeyId, secretAccessKey } = s3
  return {
    ...sink,
    s3: { endpoint, accessKeyId, secretAccessKey },
    createBucket: (name) => s3.createBuckets([name]),
    delivered: (name, to) => (to === 's3' ? countFiles(join(s3.directory, name)) : sink.delivered(name, to)),
    stop: async () => {
      await Promise.all([s3.stop(), sink.stop()])
    },
  }
}

async function startCheapSink(): Promise<Sink> {
  const child = fork(fileURLToPath(new URL('./sink.ts', import.meta.url)), { execArgv: ['--import', 'tsx'] })
  const [port, amqpPort] = await portsOf(child)
  const endpoint = `http://127.0.0.1:${port}`
  const hub = `Endpoint=sb://127.0.0.1:${amqpPort};SharedAccessKeyName=bench;SharedAccessKey=bench-secret`
  return {
    s3: { endpoint, accessKeyId: 'bench', secretAccessKey: 'bench-secret' },
    kinesis: { endpoint },
    eventHubs: { connectionString: `${hub};UseDevelopmentEmulator=true` },
    createBucket: () => Promise.resolve(),
    delivered: async (name) => (await (await fetch(`${endpoint}/${name}`)).json()) as Delivered,
    stop: async () => {
      child.kill()
      await once(child, 'exit')
    },
  }
}

/** Rejects when it ends before it listens. */
function portsOf(child: ChildProcess): Promise<[http: number, amqp: number]> {
  return new Promise((resolve, reject) => {
    child.once('message', (ports) => resolve(ports as [number, number]))
    child.once('exit', (code) => reject(new Error(`the sink has ended by itself (${code})`)))
  })
}

async function countFiles(folder: string): Promise<Delivered> {
  const total: Delivered = { requests: 0, events: 0, bytes: 0 }
  for (const name of await readdir(folder, { recursive: true })) {
    if (!name.endsWith('.avro')) continue
    const object = await readFile(join(folder, name))
    total.requests++
    total.events += countAvroEvents(object)
    total.bytes += object.length
  }
  return total
}
