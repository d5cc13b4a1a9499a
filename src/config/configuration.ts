import type { FieldTransforms } from '../events/transform.js'
import type { LogSettings } from '../runtime/logger.js'
import type { Secret } from '../runtime/secret.js'
import type { KafkaSettings } from '../source/kafka-settings.js'

/** A configuration file, read, checked and resolved: durations in milliseconds, sizes in bytes, defaults filled in. */
export interface Configuration {
  kafka: KafkaSettings & {
    groupPrefix: string
    topics: { drops: string; deadLetters: string }
  }
  service: ServiceSettings
  accounts: ReadonlyMap<string, AccountSettings>
  connectors: readonly ConnectorSettings[]
}

export interface ServiceSettings {
  cluster: string
  zone: string
  /** Budget for everything buffered in this process. */
  memoryBytes: number
  http: false | { host: string; port: number; token?: Secret }
  /** Absolute path of the folder with the user's own .avsc files. */
  schemas?: string
  log: LogSettings
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
  events: { include: readonly string[]; exclude: readonly string[]; anonymousUsers: 'include' | 'exclude' }
  fields: FieldTransforms
  destination: DestinationSettings
  /** Present for s3 and folder. */
  files: FileSettings
  credentialFailure: { periodMs: number; onExpiry: 'drop' | 'hold' }
}

export type DestinationSettings = S3Settings | FolderSettings

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

export interface FileSettings {
  format: 'avro'
  codec: 'null' | 'deflate'
  maxAgeMs: number
  /** Of one object; soft. */
  maxEvents: number
  maxEventsUnderLoad: number
  /** Of one object, encoded. */
  maxBytes: number
}
