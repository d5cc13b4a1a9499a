import { writeFile } from 'node:fs/promises'
import { stringify } from 'yaml'
import { EXCLUDED_TYPE } from './chaos-records.js'
import { BUCKET, type ChaosServers } from './chaos-servers.js'
import type { Place } from './object-checker.js'
import { SESSION_TIMEOUT_MS } from './plan.js'

export const TOPIC = 'events.chaos'
export const CONNECTOR = 'chaos'
export const GROUP = `millrace.${CONNECTOR}`
export const DEAD_LETTERS = 'millrace.dead-letters'
export const PARTITIONS = 8

/** The records' timestamps lie in the past: none may be too old. A batch holds what is due, with some poison of 900 KB. */
export const TOPIC_OPTIONS = {
  topic: TOPIC,
  partitions: PARTITIONS,
  config: { 'retention.ms': '-1', 'max.message.bytes': String(8 << 20) },
}

export const PLACE: Place = {
  folder: 'currents',
  cluster: 'storm',
  zone: 'z1',
  connector: CONNECTOR,
  codec: 'deflate',
}

/** The configuration of every instance. Small files: so that many ranges and intents come to be. */
export async function writeConfiguration(path: string, { kafkaProxy, s3Proxy }: ChaosServers): Promise<void> {
  const configuration = {
    kafka: { brokers: [kafkaProxy.address], sessionTimeout: `PT${SESSION_TIMEOUT_MS / 1000}S` },
    service: { cluster: PLACE.cluster, zone: PLACE.zone, memory: '64MiB', http: { port: 0 } },
    accounts: { keys: { type: 'aws', accessKeyId: 'env:CHAOS_ID', secretAccessKey: 'env:CHAOS_SECRET' } },
    connectors: {
      [CONNECTOR]: {
        topics: [TOPIC],
        events: { exclude: [EXCLUDED_TYPE] },
        destination: { type: 's3', account: 'keys', bucket: BUCKET, endpoint: s3Proxy.endpoint },
        files: { codec: PLACE.codec, maxAge: 'PT1S', maxEvents: 200, maxEventsUnderLoad: 2000 },
      },
    },
  }
  await writeFile(path, stringify(configuration))
}

/** What an instance sees of the environment: the secrets that its configuration refers to, and where to find programs. */
export function instanceEnvironment({ s3 }: ChaosServers): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', CHAOS_ID: s3.accessKeyId, CHAOS_SECRET: s3.secretAccessKey }
}
