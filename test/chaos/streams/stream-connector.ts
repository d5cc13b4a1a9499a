import { writeFile } from 'node:fs/promises'
import { stringify } from 'yaml'
import { EXCLUDED_TYPE } from '../chaos-records.js'
import { CONNECTOR, TOPIC } from '../connector.js'
import { SESSION_TIMEOUT_MS } from '../plan.js'
import type { StreamKind } from './peer-program.js'
import { EVENT_HUB } from './troubled-event-hub.js'
import { ACCESS_KEY_ID, STREAM } from './troubled-kinesis.js'
import type { StreamAddress } from './troubled-stream.js'

/** The configuration of every instance: each user's events in order. */
export async function writeStreamConfiguration(
  path: string,
  kind: StreamKind,
  brokers: string[],
  { endpoint }: StreamAddress,
): Promise<void> {
  const account =
    kind === 'kinesis'
      ? { type: 'aws', accessKeyId: 'env:CHAOS_ID', secretAccessKey: 'env:CHAOS_SECRET' }
      : { type: 'event-hubs', connectionString: 'env:CHAOS_CONNECTION_STRING' }
  const destination = kind === 'kinesis' ? { stream: STREAM, endpoint } : { eventHub: EVENT_HUB }
  const configuration = {
    kafka: { brokers, sessionTimeout: `PT${SESSION_TIMEOUT_MS / 1000}S` },
    service: { cluster: 'storm', zone: 'z1', memory: '64MiB', http: { port: 0 } },
    accounts: { keys: account },
    connectors: {
      [CONNECTOR]: {
        topics: [TOPIC],
        events: { exclude: [EXCLUDED_TYPE] },
        destination: { type: kind, account: 'keys', ...destination, partitionKey: 'user_id' },
        records: { format: 'avro', maxAge: 'PT1S' },
      },
    },
  }
  await writeFile(path, stringify(configuration))
}

/** What an instance sees of the environment: the secrets that its configuration refers to, and where to find programs. */
export function streamEnvironment({ endpoint, secret }: StreamAddress): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    CHAOS_ID: ACCESS_KEY_ID,
    CHAOS_SECRET: secret,
    CHAOS_CONNECTION_STRING: endpoint,
  }
}
