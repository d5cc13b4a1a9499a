import type { Hono } from 'hono'
import type { Configuration } from '../../../src/config/configuration.js'
import { readConfiguration } from '../../../src/config/read.js'
import { connectApi, type ConnectParts } from '../../../src/health/connect/connect-api.js'
import type { HttpEnvironment } from '../../../src/health/http/client.js'
import { SimulatedHealth } from '../../support/simulated-health.js'

const NOW_MS = Date.UTC(2026, 10, 21, 12)

/** `connector-0` to `connector-7`: one of each state, with the kinds of destinations in turn, as `SimulatedHealth` has them. */
const YAML = `
kafka: { brokers: [localhost:9092] }
service: { http: { token: env:TOKEN } }
accounts:
  keys: { type: aws, accessKeyId: env:ID, secretAccessKey: env:KEY }
  hub: { type: event-hubs, connectionString: env:HUB }
connectors:
  connector-0:
    topics: [events.0, events.more]
    description: Everything
    fields: { hash: [external_user_id], hashKey: env:HASH }
    destination: { type: s3, account: keys, bucket: customer-0, region: eu-west-1 }
  connector-1: { topics: [events.1], destination: { type: kinesis, account: keys, stream: customer-1, region: eu-west-1 } }
  connector-2: { topics: [events.2], destination: { type: event-hubs, account: hub, eventHub: customer-2 } }
  connector-3: { topics: [events.3], destination: { type: folder, path: /var/out/customer-3 } }
  connector-4: { topics: [events.4], destination: { type: s3, account: keys, bucket: customer-4, region: eu-west-1 } }
  connector-5: { topics: [events.5], destination: { type: kinesis, account: keys, stream: customer-5, region: eu-west-1 } }
  connector-6: { topics: [events.6], destination: { type: event-hubs, account: hub, eventHub: customer-6 } }
  connector-7: { topics: [events.7], destination: { type: folder, path: /var/out/customer-7 } }
`

/** Values that nobody may ever see. */
export const SECRETS = {
  ID: 'planted-id',
  KEY: 'planted-key',
  HUB: 'planted-hub',
  HASH: 'planted-hash',
  TOKEN: 'planted-token',
}

function read(): Configuration {
  const reading = readConfiguration('/etc/millrace.yaml', SECRETS, { proposed: { text: YAML, secrets: new Map() } })
  if ('problems' in reading) throw new Error(JSON.stringify(reading.problems))
  return reading.configuration
}

const configuration = read()

export interface ConnectApp {
  health: SimulatedHealth
  parts: ConnectParts
  app: Hono<HttpEnvironment>
}

/** Eight connectors of 2 partitions each that nothing stands behind. */
export function connectApp(): ConnectApp {
  const health = new SimulatedHealth({ connectors: 8, partitions: 2, nowMs: NOW_MS })
  const kafkaClusterId = () => 'cluster-1'
  const parts = { reader: health, operations: health, configuration, version: '0.1.0', kafkaClusterId }
  return { health, parts, app: connectApi(parts) }
}
