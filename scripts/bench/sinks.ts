import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { S3Address } from '../servers/find-servers.js'
import { startS3 } from '../servers/local-s3.js'
import { countAvroEvents } from './avro-events.js'

/** What has arrived in a bucket. */
export interface Delivered {
  objects: number
  events: number
  bytes: number
}

export interface Sink extends S3Address {
  createBucket(name: string): Promise<void>
  delivered(bucket: string): Promise<Delivered>
  stop(): Promise<void>
}

export function startSink(kind: 'http' | 's3proxy'): Promise<Sink> {
  return kind === 'http' ? startHttpSink() : startS3ProxySink()
}

async function startHttpSink(): Promise<Sink> {
  const child = fork(fileURLToPath(new URL('./sink.ts', import.meta.url)), { execArgv: ['--import', 'tsx'] })
  const [port] = (await once(child, 'message')) as [number]
  const endpoint = `http://127.0.0.1:${port}`
  return {
    ...{ endpoint, accessKeyId: 'bench', secretAccessKey: 'bench-secret' },
    createBucket: () => Promise.resolve(),
    delivered: async (bucket) => (await (await fetch(`${endpoint}/${bucket}`)).json()) as Delivered,
    stop: async () => {
      child.kill()
      await once(child, 'exit')
    },
  }
}

async function startS3ProxySink(): Promise<Sink> {
  const s3 = await startS3()
  const { endpoint, accessKeyId, secretAccessKey } = s3
  return {
    ...{ endpoint, accessKeyId, secretAccessKey },
    createBucket: (name) => s3.createBuckets([name]),
    delivered: (bucket) => countFiles(join(s3.directory, bucket)),
    stop: () => s3.stop(),
  }
}

async function countFiles(folder: string): Promise<Delivered> {
  const total: Delivered = { objects: 0, events: 0, bytes: 0 }
  for (const name of await readdir(folder, { recursive: true })) {
    if (!name.endsWith('.avro')) continue
    const object = await readFile(join(folder, name))
    total.objects++
    total.events += countAvroEvents(object)
    total.bytes += object.length
  }
  return total
}
