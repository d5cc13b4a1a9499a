import type { EventSelection } from '../events/event-selection.js'
import type { FieldTransforms } from '../events/transform.js'
import type { LogSettings } from '../runtime/logger.js'
import type { Secret } from '../runtime/secret.js'
import type { KafkaSettings } from '../source/kafka-settings.js'
import type { NotificationKind } from './notification-kinds.js'

/** A configuration file, read, checked and resolved: durations in milliseconds, sizes in bytes, defaults filled in. */
export interface Configuration {
  kafka: KafkaSettings & {
    groupPrefix: string
    /** A process that is silent for so long loses its partitions to the others. */
    sessionTimeoutMs: number
    topics: { drops: string; deadLetters: string; health: string; control: string }
  }
  service: ServiceSettings
  notifications: NotificationSettings
  accounts: ReadonlyMap<string, AccountSettings>
  connectors: readonly ConnectorSettings[]
}

interface ServiceSettings {
  cluster: string
  zone: string
  /** Budget for everything buffered in this process. */
  memoryBytes: number
  http: false | { host: string; port: number; token?: Secret; allowedHosts?: readonly string[] }
  /** Absolute path of the folder with the user's own .avsc files. */
  schemas?: string
  log: LogSettings
}

/** Who is told; `events`: only these kinds, else all. */
export interface NotificationSettings {
  webhooks: readonly WebhookSettings[]
  slack: readonly SlackSettings[]
  pagerDuty: readonly PagerDutySettings[]
  email?: EmailSettings
}

export interface WebhookSettings {
  url: string
  /** Key of the signature. */
  secret: Secret
  events?: readonly NotificationKind[]
}

export interface SlackSettings {
  /** The address is itself the secret. */
  url: Secret
  events?: readonly NotificationKind[]
}

export interface PagerDutySettings {
  routingKey: Secret
  /** Origin of the Events API. */
  endpoint: string
  events?: readonly NotificationKind[]
}

export interface EmailSettings {
  host: string
  port: number
  tls: 'starttls' | 'implicit' | 'none'
  ca?: Secret
  user?: Secret
  password?: Secret
  from: string
  events?: readonly NotificationKind[]
}

export type AccountSettings =
  | { type: 'aws'; accessKeyId: Secret; secretAccessKey: Secret; sessionToken?: Secret }
  | { type: 'aws'; roleArn: string; externalId?: string; stsEndpoint?: string; region?: string }
  | { type: 'aws' }
  | { type: 'event-hubs'; connectionString: Secret }
  | { type: 'event-hubs'; namespace: string; tenantId?: string; clientId?: string; clientSecret?: Secret }

export interface ConnectorSettings {
  name: string
  description?: string
  contact?: string
  enabled: boolean
  topics: readonly string[]
  /** Where a brand-new connector starts; a number is an instant in Unix milliseconds. */
  from: 'beginning' | 'end' | number
  events: EventSelection
  fields: FieldTransforms
  destination: DestinationSettings
  /** Objects of s3 and folder; defaults, without effect, for the streams. */
  files: FileSettings
  /** Only for kinesis and event-hubs, and always there for those. */
  records?: RecordSettings
  credentialFailure: {
    periodMs: number
    onExpiry: 'drop' | 'hold'
    /** Starts although Kafka keeps events for less than the period. */
    allowShortRetention: boolean
  }
}

export type DestinationSettings = S3Settings | FolderSettings | KinesisSettings | EventHubsSettings

export interface S3Settings {
  type: 's3'
  account: string
  bucket: string
  region: string
  folder: string
  encryption: 'none' | 'AES256'
  endpoint?: string
  pathStyle: boolean
}

export interface FolderSettings {
  type: 'folder'
  /** Absolute path. */
  path: string
  folder: string
}

export interface KinesisSettings {
  type: 'kinesis'
  account: string
  stream: string
  region: string
  endpoint?: string
  partitionKey: PartitionKey
  /** Limits of one PutRecords request, and of one record with its partition key. */
  maxRecordsPerRequest: number
  maxRequestBytes: number
  maxRecordBytes: number
  /** `kpl`: several events in one record, in the aggregated format of the Kinesis Producer Library. */
  aggregation: 'none' | 'kpl'
}

export interface EventHubsSettings {
  type: 'event-hubs'
  account: string
  eventHub: string
  partitionKey: PartitionKey
  /** `websockets`: AMQP over WebSockets on port 443, where port 5671 is closed. */
  transport: 'amqp' | 'websockets'
}

/** What keeps records in order: a field of the event, by its name, the key of the Kafka record, or nothing. */
export type PartitionKey = string

/** The values of `PartitionKey` that are no field. */
export const KAFKA_KEY = 'kafka-key'
export const RANDOM_KEY = 'random'

/** Records of kinesis and event-hubs: one per event. */
export interface RecordSettings {
  /** `avro`: the single-object encoding; `json`: the flat event. */
  format: 'avro' | 'json'
  /** How long an event waits for others before it is sent. */
  maxAgeMs: number
}

interface FileSettings {
  format: 'avro'
  codec: 'null' | 'deflate'
  maxAgeMs: number
  /** Of one object; soft. */
  maxEvents: number
  maxEventsUnderLoad: number
  /** Of one object, encoded. */
  maxBytes: number
}
