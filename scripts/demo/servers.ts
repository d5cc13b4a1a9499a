import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { KafkaAddress, S3Address } from '../servers/find-servers.js'
import { startKafka } from '../servers/local-kafka.js'
import { startS3 } from '../servers/local-s3.js'
import type { DemoOptions } from './options.js'

export const bucket = 'acme-currents'

/** What the demo works with. */
export interface Servers extends KafkaAddress {
  /** Not there when the destination is a folder. */
  s3?: S3Address & { objectsLieIn: string }
  /** Ends them; objects stay. */
  stop(): Promise<void>
}

/** Starts Kafka and, where the destination needs it, S3. Rejects, saying what to install, when that cannot be. */
export async function startServers(options: DemoOptions, workFolder: string): Promise<Servers> {
  if (!options.docker) return startLocalServers(options, workFolder)
  const { startComposeServers } = await import('./compose-servers.js')
  return startComposeServers(options)
}

async function startLocalServers({ destination }: DemoOptions, workFolder: string): Promise<Servers> {
  const started = await Promise.allSettled([startKafka(), destination === 's3' ? startLocalS3(workFolder) : undefined])
  const [kafka, s3] = started
  const running = started.flatMap((server) => (server.status === 'fulfilled' && server.value ? [server.value] : []))
  const stop = async () => {
    // Nobody misses what an orderly end would save: Kafka's data go with it, objects are complete once acknowledged.
    await Promise.all(running.map((server) => server.kill()))
    await Promise.all(running.map((server) => server.stop()))
  }
  if (kafka.status === 'fulfilled' && s3.status === 'fulfilled') {
    const { brokers } = kafka.value
    return s3.value
      ? { brokers, s3: { ...keys(s3.value), objectsLieIn: join(s3.value.directory, bucket) }, stop }
      : { brokers, stop }
  }
  await stop()
  throw started.find((server) => server.status === 'rejected')?.reason
}

async function startLocalS3(workFolder: string) {
  const directory = join(workFolder, 's3')
  await mkdir(directory, { recursive: true })
  return startS3({ directory, buckets: [bucket] })
}

function keys({ endpoint, accessKeyId, secretAccessKey }: S3Address): S3Address {
  return { endpoint, accessKeyId, secretAccessKey }
}
