import type { Secret } from '../runtime/secret.js'

/** How to reach the Kafka cluster, resolved from the configuration. */
export interface KafkaSettings {
  brokers: string[]
  clientId: string
  /** False: plain text. PEM texts are secrets read from files or the environment. */
  ssl: false | { ca?: Secret; cert?: Secret; key?: Secret; rejectUnauthorized: boolean }
  sasl?: { mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; username: Secret; password: Secret }
}
