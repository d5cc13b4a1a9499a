import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { format, inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { readConfiguration } from '../../src/config/read.js'
import type { Configuration } from '../../src/config/configuration.js'
import { configurationFile, ENV, mistakes, reading, sound, soundBut } from './configuration-files.js'

const LONG = 'x'.repeat(501)
const NOT_INLINE =
  'a secret may not stand in the file itself: write env:NAME or file:path, or set allowInlineSecrets: true'
const AWS_KEY = { type: 'aws', accessKeyId: 'env:ID', secretAccessKey: 'env:KEY' }
const EVENT_HUBS = { type: 'event-hubs', account: 'hub', eventHub: 'h' }
const KINESIS = { type: 'kinesis', account: 'keys', stream: 's', region: 'eu-west-1' }

const RECORD_DEFAULTS = { format: 'avro', maxAgeMs: 1_000 }
const EVENT_HUBS_DEFAULTS = { partitionKey: 'user_id', transport: 'amqp' }
const KINESIS_DEFAULTS = {
  partitionKey: 'user_id',
  maxRecordsPerRequest: 500,
  maxRequestBytes: 5_242_880,
  maxRecordBytes: 1_048_576,
  aggregation: 'none',
}

/** Path, a value that does not belong there, and the whole line that says so. */
const MISTAKES: [path: string, value: unknown, line: string][] = [
  // the file as a whole
  ['kafka', undefined, 'kafka: is missing: add it (where the events come from)'],
  ['kafka', null, 'kafka: is empty: write a block of keys, or remove the line'],
  ['connectors', undefined, 'connectors: is missing: add it (forwarding jobs, by name)'],
  ['connectors', {}, 'connectors: is empty: add at least one'],
  ['connectors', [], 'connectors: a list is of the wrong kind: write a block of keys'],
  ['allowInlineSecrets', 'yes', 'allowInlineSecrets: "yes" is of the wrong kind: write true or false'],
  ['conectors', {}, 'conectors: unknown key: did you mean "connectors"?'],
  ['sinks', {}, 'sinks: unknown key: write allowInlineSecrets, kafka, service, notifications, accounts or connectors'],

  // kafka
  [
    'kafka.brokers',
    undefined,
    'kafka.brokers: is missing: add it (host:port of some brokers; a list or one comma-separated text)',
  ],
  ['kafka.brokers', [], 'kafka.brokers: is an empty list: write at least one'],
  ['kafka.brokers', 9092, 'kafka.brokers: 9092 is of the wrong kind: write a list, like [a, b]'],
  ['kafka.brokers', ['localhost'], 'kafka.brokers[0]: "localhost" is no broker address: write localhost:9092'],
  ['kafka.brokers', 'a:9092,kafka://b:9093', 'kafka.brokers[1]: "kafka://b:9093" is no broker address: write b:9093'],
  ['kafka.brokers', ['a:70000'], 'kafka.brokers[0]: "a:70000" is no broker address: write a:9092'],
  [
    'kafka.brokers',
    ['a b:1'],
    'kafka.brokers[0]: "a b:1" is no broker address: write host:port, for example localhost:9092',
  ],
  ['kafka.brokers', ['a:1', 'a:1'], 'kafka.brokers[1]: "a:1" stands in the list twice: remove one'],
  ['kafka.clientId', 7, 'kafka.clientId: 7 is no text: put it in quotes: "7"'],
  ['kafka.clientId', '', 'kafka.clientId: is empty: give a value or remove the line'],
  ['kafka.clientId', 'a\nb', 'kafka.clientId: holds control characters: write it on one line, without them'],
  ['kafka.ssl', 'yes', 'kafka.ssl: "yes" is of the wrong kind: write true or false or a block of keys'],
  [
    'kafka.ssl',
    { rejectUnauthorized: 'no' },
    'kafka.ssl.rejectUnauthorized: "no" is of the wrong kind: write true or false',
  ],
  ['kafka.ssl', { cert: 'env:KEY' }, 'kafka.ssl.key: is missing beside cert: add key: file:client.key'],
  ['kafka.ssl', { key: 'env:KEY' }, 'kafka.ssl.cert: is missing beside key: add cert: file:client.pem'],
  ['kafka.ssl', { caa: 'env:KEY' }, 'kafka.ssl.caa: unknown key: did you mean "ca"?'],
  [
    'kafka.sasl',
    { mechanism: 'scram', username: 'env:ID', password: 'env:KEY' },
    'kafka.sasl.mechanism: "scram" is not known here: write plain, scram-sha-256 or scram-sha-512',
  ],
  [
    'kafka.sasl',
    { mechanism: 'plain', username: 'env:ID' },
    'kafka.sasl.password: is missing: write env:NAME or file:path',
  ],
  ['kafka.groupPrefix', 'a/b', 'kafka.groupPrefix: "a/b" is no group prefix: write at most 128 of A-Z a-z 0-9 . _ -'],
  ['kafka.sessionTimeout', 'PT5S', 'kafka.sessionTimeout: "PT5S" is too short: write at least PT6S'],
  ['kafka.topics.drops', '..', 'kafka.topics.drops: ".." is no Kafka topic name: write 1-249 of A-Z a-z 0-9 . _ -'],
  [
    'kafka.topics.deadLetters',
    'millrace.drops',
    'kafka.topics.deadLetters: is the same topic as drops: write two different names',
  ],
  [
    'kafka.topics.control',
    'millrace.health',
    'kafka.topics.control: is the same topic as health: write two different names',
  ],
  ['kafka.topics.deadletters', 'x', 'kafka.topics.deadletters: unknown key: did you mean "deadLetters"?'],

  // service
  [
    'service.cluster',
    'a/b',
    'service.cluster: "a/b" is no name for a part of object names: write 1-63 of A-Z a-z 0-9 . _ -',
  ],
  ['service.zone', '..', 'service.zone: ".." is no name for a part of object names: write 1-63 of A-Z a-z 0-9 . _ -'],
  ['service.memory', '512MB', 'service.memory: "512MB" is no size: write 512MiB'],
  [
    'service.memory',
    'much',
    'service.memory: "much" is no size: write it like 256KiB, 8MiB or 1GiB, or a whole number of bytes',
  ],
  [
    'service.memory',
    1.5,
    'service.memory: 1.5 is no size: write it like 256KiB, 8MiB or 1GiB, or a whole number of bytes',
  ],
  ['service.memory', '1MiB', 'service.memory: "1MiB" is too small: write at least 4MiB'],
  ['service.http', true, 'service.http: true is of the wrong kind: write false or a block of keys'],
  ['service.http', { port: 65_536 }, 'service.http.port: 65536 is too large: write at most 65535'],
  ['service.http', { port: -1 }, 'service.http.port: -1 is too small: write at least 0'],
  ['service.http', { port: 80.5 }, 'service.http.port: 80.5 is of the wrong kind: write a whole number'],
  [
    'service.http',
    { host: '0.0.0.0' },
    'service.http.token: is missing although 0.0.0.0 is no loopback address: add token: env:MILLRACE_TOKEN, or listen on 127.0.0.1',
  ],
  [
    'service.http',
    { host: 'a b' },
    'service.http.host: "a b" is no host name or address: write for example 127.0.0.1 or 0.0.0.0',
  ],
  ['service.log.level', 'inf', 'service.log.level: "inf" is not known here: did you mean info?'],
  ['service.log.format', 'text', 'service.log.format: "text" is not known here: write json or pretty'],

  // accounts
  ['accounts.x', {}, 'accounts.x.type: is missing: write aws or event-hubs'],
  ['accounts.x', null, 'accounts.x: is empty: write a block of keys, or remove the line'],
  ['accounts.x', { type: 'gcp' }, 'accounts.x.type: "gcp" is not known here: write aws or event-hubs'],
  [
    'accounts.x',
    { type: 'aws', accessKey: 'env:ID' },
    'accounts.x.accessKey: unknown key: did you mean "accessKeyId"?',
  ],
  [
    'accounts.x',
    { type: 'aws', accessKeyId: 'env:ID' },
    'accounts.x.secretAccessKey: is missing beside accessKeyId: add secretAccessKey: env:NAME',
  ],
  [
    'accounts.x',
    { type: 'aws', secretAccessKey: 'env:KEY' },
    'accounts.x.accessKeyId: is missing beside the other parts of the key: add accessKeyId: env:NAME',
  ],
  [
    'accounts.x',
    { ...AWS_KEY, roleArn: 'arn:aws:iam::123456789012:role/r' },
    'accounts.x.roleArn: stands beside an access key: keep either roleArn or accessKeyId and secretAccessKey',
  ],
  [
    'accounts.x',
    { type: 'aws', roleArn: 'r' },
    'accounts.x.roleArn: "r" is no ARN of a role: write it like arn:aws:iam::123456789012:role/currents',
  ],
  ['accounts.x', { ...AWS_KEY, externalId: 'ab' }, 'accounts.x.externalId: is for a role: add roleArn or remove it'],
  [
    'accounts.x',
    { type: 'aws', roleArn: 'arn:aws:iam::123456789012:role/r', externalId: 'a' },
    'accounts.x.externalId: "a" is no external id: write 2-1224 of A-Z a-z 0-9 _ + = , . @ : / -',
  ],
  [
    'accounts.x',
    { type: 'aws', roleArn: 'arn:aws:iam::123456789012:role/r', stsEndpoint: 'http://sts.example' },
    'accounts.x.stsEndpoint: is plain HTTP to another machine: write https://…',
  ],
  [
    'accounts.x',
    { type: 'event-hubs' },
    'accounts.x: has no credentials: add connectionString: env:NAME, or namespace',
  ],
  [
    'accounts.x',
    { type: 'event-hubs', connectionString: 'env:HUB', namespace: 'a.servicebus.windows.net' },
    'accounts.x: has a connection string and an Entra ID identity: keep either connectionString or namespace',
  ],
  [
    'accounts.x',
    { type: 'event-hubs', namespace: 'acme' },
    'accounts.x.namespace: "acme" is no Event Hubs namespace: write its host name, like acme.servicebus.windows.net',
  ],
  [
    'accounts.x',
    { type: 'event-hubs', namespace: 'a.servicebus.windows.net', tenantId: 't' },
    'accounts.x: has a part of an application: write tenantId, clientId and clientSecret together, or none of them',
  ],
  ['accounts.a b', { type: 'aws' }, 'accounts.a b: "a b" is no account name: write 1-63 of A-Z a-z 0-9 . _ -'],

  // secrets
  ['accounts.keys.secretAccessKey', 'wJalrX', `accounts.keys.secretAccessKey: ${NOT_INLINE}`],
  [
    'accounts.keys.secretAccessKey',
    12345,
    'accounts.keys.secretAccessKey: is no secret reference: write env:NAME or file:path',
  ],
  [
    'accounts.keys.secretAccessKey',
    '',
    'accounts.keys.secretAccessKey: is no secret reference: write env:NAME or file:path',
  ],
  [
    'accounts.keys.secretAccessKey',
    'env:NOPE',
    'accounts.keys.secretAccessKey: the environment variable NOPE is not set: set it, or refer to another secret with env:NAME or file:path',
  ],
  ['accounts.keys.secretAccessKey', '${KEY}', `accounts.keys.secretAccessKey: ${NOT_INLINE}`],

  // connectors
  ['connectors.a', null, 'connectors.a: is empty: write a block of keys, or remove the line'],
  ['connectors.a.enabled', 'true', 'connectors.a.enabled: "true" is of the wrong kind: write true or false'],
  ['connectors.a.topics', undefined, 'connectors.a.topics: is missing: add it (Kafka topics to read)'],
  ['connectors.a.topics', 'events', 'connectors.a.topics: "events" is of the wrong kind: write a list, like [a, b]'],
  ['connectors.a.topics', [], 'connectors.a.topics: is an empty list: write at least one'],
  [
    'connectors.a.topics',
    ['a b'],
    'connectors.a.topics[0]: "a b" is no Kafka topic name: write 1-249 of A-Z a-z 0-9 . _ -',
  ],
  ['connectors.a.topics', ['t', 't'], 'connectors.a.topics[1]: "t" stands in the list twice: remove one'],
  [
    'connectors.a.topics',
    ['millrace.drops'],
    'connectors.a.topics[0]: Millrace writes to "millrace.drops" itself (kafka.topics.drops): name another topic',
  ],
  [
    'connectors.a.from',
    'latest',
    'connectors.a.from: "latest" is no starting point: write beginning, end or an instant like 2026-11-01T00:00:00Z',
  ],
  [
    'connectors.a.from',
    '2026-02-30T00:00:00Z',
    'connectors.a.from: "2026-02-30T00:00:00Z" is no starting point: write beginning, end or an instant like 2026-11-01T00:00:00Z',
  ],
  [
    'connectors.a.from',
    '2026-11-01T00:00:00',
    'connectors.a.from: "2026-11-01T00:00:00" is no starting point: write beginning, end or an instant like 2026-11-01T00:00:00Z',
  ],
  ['connectors.a.events.include', [], 'connectors.a.events.include: is an empty list: write at least one'],
  [
    'connectors.a.events.include',
    ['a b'],
    'connectors.a.events.include[0]: "a b" is no event type or pattern: write it like users.messages.email.Open or users.messages.*',
  ],
  [
    'connectors.a.events.anonymousUsers',
    'drop',
    'connectors.a.events.anonymousUsers: "drop" is not known here: write include or exclude',
  ],
  [
    'connectors.a.fields',
    { remove: ['a'], hash: ['a'] },
    'connectors.a.fields.hash[0]: "a" is removed as well: keep it in one of the two',
  ],
  [
    'connectors.a.fields',
    { hash: ['first-name'] },
    'connectors.a.fields.hash[0]: "first-name" is no field name: write it like user_id',
  ],
  ['connectors.a.fields', { hashKey: 'secret' }, `connectors.a.fields.hashKey: ${NOT_INLINE}`],

  // destinations
  ['connectors.a.destination', undefined, 'connectors.a.destination: is missing: add it (where the events go)'],
  [
    'connectors.a.destination',
    {},
    'connectors.a.destination.type: is missing: write s3, kinesis, event-hubs or folder',
  ],
  [
    'connectors.a.destination.type',
    'sftp',
    'connectors.a.destination.type: "sftp" is not known here: write s3, kinesis, event-hubs or folder',
  ],
  ['connectors.a.destination.type', 'S3', 'connectors.a.destination.type: "S3" is not known here: did you mean s3?'],
  [
    'connectors.a.destination.account',
    undefined,
    'connectors.a.destination.account: is missing: add it (name of an account)',
  ],
  [
    'connectors.a.destination.account',
    'kyes',
    'connectors.a.destination.account: there is no account "kyes": did you mean "keys"?',
  ],
  [
    'connectors.a.destination.account',
    'other-one',
    'connectors.a.destination.account: there is no account "other-one": write keys',
  ],
  [
    'connectors.a.destination.account',
    'hub',
    'connectors.a.destination.account: "hub" is of type event-hubs: a destination of type s3 needs an account of type aws',
  ],
  [
    'connectors.a.destination.bucket',
    undefined,
    'connectors.a.destination.bucket: is missing: add it (an existing bucket; Millrace never creates one)',
  ],
  [
    'connectors.a.destination.bucket',
    'Acme',
    'connectors.a.destination.bucket: "Acme" is no bucket name: write 3-63 of a-z 0-9 . -, with a letter or digit at both ends',
  ],
  [
    'connectors.a.destination.bucket',
    '10.0.0.1',
    'connectors.a.destination.bucket: "10.0.0.1" is no bucket name: write 3-63 of a-z 0-9 . -, with a letter or digit at both ends',
  ],
  [
    'connectors.a.destination.bucket',
    'a--x-s3',
    'connectors.a.destination.bucket: "a--x-s3" is reserved by AWS: write the name of a general purpose bucket',
  ],
  [
    'connectors.a.destination.region',
    undefined,
    'connectors.a.destination.region: is missing: write it like eu-west-1',
  ],
  [
    'connectors.a.destination.region',
    'europe',
    'connectors.a.destination.region: "europe" is no AWS region: write it like eu-west-1',
  ],
  [
    'connectors.a.destination.encryption',
    'aes256',
    'connectors.a.destination.encryption: "aes256" is not known here: did you mean AES256?',
  ],
  [
    'connectors.a.destination.pathstyle',
    true,
    'connectors.a.destination.pathstyle: unknown key: did you mean "pathStyle"?',
  ],
  [
    'connectors.a.destination.endpoint',
    'localhost:9000',
    'connectors.a.destination.endpoint: "localhost:9000" is no address: write it like https://s3.example.com',
  ],
  [
    'connectors.a.destination.endpoint',
    'http://s3.example.com',
    'connectors.a.destination.endpoint: is plain HTTP to another machine: write https://…, or set allowHttp: true in a network you trust',
  ],
  [
    'connectors.a.destination.endpoint',
    'https://id:planted@s3.example.com',
    'connectors.a.destination.endpoint: holds credentials: put them into an account',
  ],
  [
    'connectors.a.destination.endpoint',
    'http://169.254.169.254',
    'connectors.a.destination.endpoint: "http://169.254.169.254" is a link-local or metadata address: write the address of the service itself',
  ],
  [
    'connectors.a.destination.endpoint',
    'https://a.example?x=1',
    'connectors.a.destination.endpoint: "https://a.example?x=1" has a query: write https://a.example',
  ],
  [
    'connectors.a.destination.folder',
    '',
    'connectors.a.destination.folder: is empty: write a folder, or remove the line for "currents"',
  ],
  ['connectors.a.destination.folder', '/a', 'connectors.a.destination.folder: "/a" holds an empty name: write "a"'],
  [
    'connectors.a.destination.folder',
    'a//b/',
    'connectors.a.destination.folder: "a//b/" holds an empty name: write "a/b"',
  ],
  [
    'connectors.a.destination.folder',
    'a/../b',
    'connectors.a.destination.folder: "a/../b" holds "." or "..": write the folder itself',
  ],
  [
    'connectors.a.destination.folder',
    'a\u0000b',
    'connectors.a.destination.folder: "a\\u0000b" holds control characters or backslashes: remove them',
  ],
  ['connectors.a.destination.folder', LONG, 'connectors.a.destination.folder: is 501 bytes long: write at most 500'],
  [
    'connectors.a.destination.folder',
    '%EVENTTYPE%',
    'connectors.a.destination.folder: "%EVENTTYPE%" is no macro: did you mean %EVENT_TYPE%?',
  ],
  [
    'connectors.a.destination.folder',
    '%SEGMENT_NAME%',
    'connectors.a.destination.folder: "%SEGMENT_NAME%" is no macro: write one of %EVENT_TYPE% %EVENT_FAMILY% %CONNECTOR% %SCHEMA_ID% %YYYY% %MM% %DD% %HH%',
  ],
  [
    'connectors.a.destination.folder',
    '50%',
    'connectors.a.destination.folder: "%" is no macro: write one of %EVENT_TYPE% %EVENT_FAMILY% %CONNECTOR% %SCHEMA_ID% %YYYY% %MM% %DD% %HH%',
  ],
  [
    'connectors.b.destination.path',
    undefined,
    'connectors.b.destination.path: is missing: add it (local folder, relative to the configuration file)',
  ],
  [
    'connectors.b.destination.bucket',
    'abc',
    'connectors.b.destination.bucket: unknown key: write type, path or folder',
  ],
  [
    'connectors.b.destination',
    { ...KINESIS, stream: 'a/b' },
    'connectors.b.destination.stream: "a/b" is no stream name: write 1-128 of A-Z a-z 0-9 _ . -',
  ],
  [
    'connectors.b.destination',
    { ...KINESIS, account: 'hub' },
    'connectors.b.destination.account: "hub" is of type event-hubs: a destination of type kinesis needs an account of type aws',
  ],
  [
    'connectors.b.destination',
    { ...KINESIS, partitionKey: 'user.id' },
    'connectors.b.destination.partitionKey: "user.id" is no partition key: write a field like user_id, kafka-key or random',
  ],
  [
    'connectors.b.destination',
    { ...KINESIS, partitionKey: '' },
    'connectors.b.destination.partitionKey: "" is no partition key: write a field like user_id, kafka-key or random',
  ],
  [
    'connectors.b.destination',
    { ...KINESIS, maxRecordsPerRequest: 501 },
    'connectors.b.destination.maxRecordsPerRequest: 501 is too large: write at most 500',
  ],
  [
    'connectors.b.destination',
    { ...KINESIS, maxRecordsPerRequest: 0 },
    'connectors.b.destination.maxRecordsPerRequest: 0 is too small: write at least 1',
  ],
  [
    'connectors.b.destination',
    { ...KINESIS, maxRequestBytes: '11MiB' },
    'connectors.b.destination.maxRequestBytes: "11MiB" is too large: write at most 10MiB',
  ],
  [
    'connectors.b.destination',
    { ...KINESIS, maxRecordBytes: 100 },
    'connectors.b.destination.maxRecordBytes: 100 is too small: write at least 1KiB',
  ],
  [
    'connectors.b.destination',
    { ...KINESIS, maxRecordBytes: '6MiB' },
    'connectors.b.destination.maxRecordBytes: 6MiB is more than maxRequestBytes: write at most 5MiB, or raise maxRequestBytes',
  ],
  [
    'connectors.b.destination',
    { ...KINESIS, maxRequestBytes: '512KiB' },
    'connectors.b.destination.maxRecordBytes: 1MiB is more than maxRequestBytes: write at most 512KiB, or raise maxRequestBytes',
  ],
  [
    'connectors.b.destination',
    { ...KINESIS, aggregation: 'KPL' },
    'connectors.b.destination.aggregation: "KPL" is not known here: did you mean kpl?',
  ],
  [
    'connectors.b.destination',
    { ...EVENT_HUBS, transport: 'https' },
    'connectors.b.destination.transport: "https" is not known here: write amqp or websockets',
  ],
  [
    'connectors.b.destination',
    { ...EVENT_HUBS, aggregation: 'kpl' },
    'connectors.b.destination.aggregation: unknown key: write type, account, eventHub, partitionKey or transport',
  ],
  [
    'connectors.b.destination',
    { ...EVENT_HUBS, eventHub: '-a' },
    'connectors.b.destination.eventHub: "-a" is no event hub name: write 1-256 of A-Z a-z 0-9 . _ -, with a letter or digit at both ends',
  ],

  // files, records
  ['connectors.a.files.format', 'parquet', 'connectors.a.files.format: "parquet" is not known here: write avro'],
  ['connectors.a.files.codec', 'snappy', 'connectors.a.files.codec: "snappy" is not known here: write null or deflate'],
  ['connectors.a.files.maxAge', '10ms', 'connectors.a.files.maxAge: "10ms" is too short: write at least PT0.1S'],
  ['connectors.a.files.maxAge', 'P2D', 'connectors.a.files.maxAge: "P2D" is too long: write at most PT24H'],
  [
    'connectors.a.files.maxAge',
    'P1M',
    'connectors.a.files.maxAge: "P1M" has years or months, whose length varies: write days, for example P30D',
  ],
  [
    'connectors.a.files.maxAge',
    '5 minutes',
    'connectors.a.files.maxAge: "5 minutes" is no duration: write it like PT5M, PT48H, 30s, 5m or 2d',
  ],
  ['connectors.a.files.maxEvents', 0, 'connectors.a.files.maxEvents: 0 is too small: write at least 1'],
  [
    'connectors.a.files.maxEvents',
    100_001,
    'connectors.a.files.maxEventsUnderLoad: 100000 is less than maxEvents: write at least 100001, or lower maxEvents',
  ],
  [
    'connectors.a.files.maxBytes',
    '1GiB',
    'connectors.a.files.maxBytes: 1GiB is more than service.memory: write at most 512MiB, or raise service.memory',
  ],
  ['connectors.a.files.maxBytes', '6GiB', 'connectors.a.files.maxBytes: "6GiB" is too large: write at most 5GiB'],
  ['connectors.a.records', { format: 'json' }, 'connectors.a.records: is not for s3: remove it, or write files'],
  [
    'connectors.b',
    { topics: ['t'], destination: KINESIS, files: {} },
    'connectors.b.files: is not for kinesis: remove it, or write records',
  ],
  [
    'connectors.b',
    { topics: ['t'], destination: KINESIS, records: { format: 'xml' } },
    'connectors.b.records.format: "xml" is not known here: write avro or json',
  ],
  [
    'connectors.b',
    { topics: ['t'], destination: KINESIS, records: { maxAge: '5m' } },
    'connectors.b.records.maxAge: "5m" is too long: write at most PT1M',
  ],
  [
    'connectors.b',
    { topics: ['t'], destination: EVENT_HUBS, records: { maxAge: '10ms' } },
    'connectors.b.records.maxAge: "10ms" is too short: write at least PT0.1S',
  ],

  // credentialFailure
  [
    'connectors.a.credentialFailure',
    { period: '0s' },
    'connectors.a.credentialFailure.period: "0s" is too short: write at least PT1S',
  ],
  [
    'connectors.a.credentialFailure',
    { onExpiry: 'keep' },
    'connectors.a.credentialFailure.onExpiry: "keep" is not known here: write drop or hold',
  ],
]

describe('readConfiguration: one mistake, one line', () => {
  it.each(MISTAKES)('%s = %j', async (path, value, line) => {
    expect(await mistakes(soundBut({ [path]: value }))).toEqual([line])
  })

  it.each(['Acme', 'a.b', 'a_b', 'x'.repeat(64), ''])('connector name %j', async (name) => {
    const { connectors, ...rest } = sound() as { connectors: { b: unknown } }
    const [line] = await mistakes({ ...rest, connectors: { [name]: connectors.b } })
    const isLong = name.length > 60
    const shownName = isLong ? `${name.slice(0, 60)}…` : name
    expect(line).toBe(`connectors.${name}: "${shownName}" is no connector name: write 1-63 of a-z 0-9 -`)
  })

  it('a connector named __proto__ is not passed over in silence', async () => {
    const text =
      '{"kafka": {"brokers": "a:1"}, "connectors": {"__proto__": {}, "b": {"topics": ["t"], "destination": {"type": "folder", "path": "out"}}}}'
    expect(await mistakes(text)).toEqual(['connectors.__proto__: is no name: write another one'])
  })
})

describe('readConfiguration: all mistakes at once', () => {
  it('fault 59: an unknown key and a duration without unit, each with path and suggestion', async () => {
    const lines = await mistakes(
      soundBut({ 'connectors.a.files.maxAgee': 'PT5M', 'connectors.a.credentialFailure.period': 48 }),
    )
    expect(lines).toEqual([
      'connectors.a.files.maxAgee: unknown key: did you mean "maxAge"?',
      'connectors.a.credentialFailure.period: 48 has no unit: write for example 48s, 48m or 48h',
    ])
  })

  it('mistakes inside parts do not hide those beside them and between them', async () => {
    const lines = await mistakes(
      soundBut({
        'kafka.brokers': undefined,
        'service.memory': '1MB',
        'accounts.keys.accessKeyId': 'env:NOPE',
        'connectors.a.topics': undefined,
        'connectors.a.destination.region': 'europe',
        'connectors.a.destination.bucket': 'B',
        'connectors.c': { topics: ['t'], from: 'now', destination: { type: 'folder', path: 'out' }, typo: 1 },
      }),
    )
    expect(lines.map((line) => line.split(': ')[0])).toEqual([
      'connectors.c.typo',
      'kafka.brokers',
      'service.memory',
      'accounts.keys.accessKeyId',
      'connectors.a.topics',
      'connectors.a.destination.bucket',
      'connectors.a.destination.region',
      'connectors.c.from',
      'connectors.c.destination.folder',
    ])
  })

  it('a value that hangs on an unset variable is not taken for its default', async () => {
    const connectors = { c: { topics: ['t'], destination: { type: 'folder', path: 'out', folder: '${NOPE}' } } }
    expect(await mistakes(soundBut({ 'connectors.c': connectors.c }))).toEqual([
      'connectors.c.destination.folder: the environment variable NOPE is not set: set it, or write ${NOPE:-default}',
    ])
  })
})

describe('readConfiguration: what is accepted', () => {
  it('the example of the documentation, with exactly these values', async () => {
    const path = await configurationFile(await readFile('docs/example.yaml', 'utf8'))
    const result = readConfiguration(path, EXAMPLE_ENV)
    expect(result).not.toHaveProperty('problems')
    const { configuration } = result as { configuration: Configuration }
    expect(JSON.parse(JSON.stringify({ ...configuration, accounts: [...configuration.accounts] }))).toEqual(
      exampleAt(dirname(path)),
    )
  })

  it('the least there can be, filled up with defaults', async () => {
    const path = await configurationFile(
      'kafka: { brokers: "a:1, b:2" }\nconnectors:\n  one: { topics: [t], destination: { type: folder, path: out } }\n',
    )
    expect(readConfiguration(path, {})).toEqual({
      configuration: {
        kafka: {
          brokers: ['a:1', 'b:2'],
          clientId: 'millrace',
          ssl: false,
          groupPrefix: 'millrace.',
          sessionTimeoutMs: 30_000,
          topics: {
            ...{ drops: 'millrace.drops', deadLetters: 'millrace.dead-letters' },
            ...{ health: 'millrace.health', control: 'millrace.control' },
          },
        },
        service: {
          cluster: 'local',
          zone: 'default',
          memoryBytes: 512 * 1024 * 1024,
          http: { host: '127.0.0.1', port: 8080 },
          log: { level: 'info', format: 'json' },
        },
        notifications: { webhooks: [], slack: [], pagerDuty: [] },
        accounts: new Map(),
        connectors: [
          {
            ...CONNECTOR_DEFAULTS,
            name: 'one',
            topics: ['t'],
            destination: { type: 'folder', path: join(dirname(path), 'out'), folder: 'currents' },
          },
        ],
      },
    })
  })

  it.each<[string, unknown, (configuration: Configuration) => unknown, unknown]>([
    ['kafka.ssl', false, ({ kafka }) => kafka.ssl, false],
    ['kafka.ssl', true, ({ kafka }) => kafka.ssl, { rejectUnauthorized: true }],
    ['kafka.ssl', { rejectUnauthorized: false }, ({ kafka }) => kafka.ssl, { rejectUnauthorized: false }],
    ['kafka.brokers', ['[::1]:9092'], ({ kafka }) => kafka.brokers, ['[::1]:9092']],
    ['kafka.groupPrefix', '', ({ kafka }) => kafka.groupPrefix, ''],
    ['kafka.sessionTimeout', 'PT6S', ({ kafka }) => kafka.sessionTimeoutMs, 6_000],
    ['service.http', false, ({ service }) => service.http, false],
    ['service.http', { port: 0 }, ({ service }) => service.http, { host: '127.0.0.1', port: 0 }],
    ['service.memory', 268_435_456, ({ service }) => service.memoryBytes, 268_435_456],
    ['service.memory', '16MiB', ({ connectors }) => connectors[0]?.files.maxBytes, 64 * 1024 * 1024],
    ['accounts.keys', { type: 'aws' }, ({ accounts }) => accounts.get('keys'), { type: 'aws' }],
    ['connectors.a.enabled', false, ({ connectors }) => connectors[0]?.enabled, false],
    ['connectors.a.from', 'end', ({ connectors }) => connectors[0]?.from, 'end'],
    ['connectors.a.from', '2026-11-01T02:00:00+02:00', ({ connectors }) => connectors[0]?.from, Date.UTC(2026, 10, 1)],
    ['connectors.a.files', { codec: null }, ({ connectors }) => connectors[0]?.files.codec, 'null'],
    ['connectors.a.files', { codec: 'null' }, ({ connectors }) => connectors[0]?.files.codec, 'null'],
    ['connectors.a.files', { maxAge: '500ms' }, ({ connectors }) => connectors[0]?.files.maxAgeMs, 500],
    [
      'connectors.a.credentialFailure',
      { period: 'PT20S' },
      ({ connectors }) => connectors[0]?.credentialFailure,
      { periodMs: 20_000, onExpiry: 'drop', allowShortRetention: false },
    ],
    [
      'connectors.a.credentialFailure',
      { allowShortRetention: true },
      ({ connectors }) => connectors[0]?.credentialFailure.allowShortRetention,
      true,
    ],
    ['connectors.b.destination', KINESIS, ({ connectors }) => connectors[1]?.records, RECORD_DEFAULTS],
    ['connectors.b.destination', EVENT_HUBS, ({ connectors }) => connectors[1]?.records, RECORD_DEFAULTS],
    [
      'connectors.b',
      { topics: ['t'], destination: EVENT_HUBS, records: { format: 'json', maxAge: '200ms' } },
      ({ connectors }) => connectors[1]?.records,
      { format: 'json', maxAgeMs: 200 },
    ],
  ])('%s = %j', async (path, value, part, expected) => {
    const result = await reading(soundBut({ [path]: value }))
    expect(result).not.toHaveProperty('problems')
    expect(part((result as { configuration: Configuration }).configuration)).toEqual(expected)
  })

  it.each<[Record<string, unknown>, Record<string, unknown>]>([
    [
      { endpoint: 'http://127.0.0.1:9000', region: undefined },
      { region: 'us-east-1', pathStyle: true, endpoint: 'http://127.0.0.1:9000' },
    ],
    [
      { endpoint: 'https://s3.example.com', region: 'auto', pathStyle: false },
      { region: 'auto', pathStyle: false, endpoint: 'https://s3.example.com' },
    ],
    [
      { endpoint: 'http://minio:9000', allowHttp: true },
      { region: 'eu-west-1', pathStyle: true, endpoint: 'http://minio:9000' },
    ],
    [{}, { region: 'eu-west-1', pathStyle: false }],
  ])('S3 address %j', async (members, expected) => {
    const changes = Object.entries(members).map(([key, value]) => [`connectors.a.destination.${key}`, value])
    const result = await reading(soundBut(Object.fromEntries(changes) as Record<string, unknown>))
    expect((result as { configuration: Configuration }).configuration.connectors[0]?.destination).toEqual({
      type: 's3',
      account: 'keys',
      bucket: 'acme-currents',
      folder: 'currents',
      encryption: 'none',
      ...expected,
    })
  })

  it.each<[Record<string, unknown>, Record<string, unknown>]>([
    [KINESIS, KINESIS_DEFAULTS],
    [
      { ...KINESIS, aggregation: 'kpl', partitionKey: 'random' },
      { ...KINESIS_DEFAULTS, aggregation: 'kpl', partitionKey: 'random' },
    ],
    [
      { ...KINESIS, maxRecordsPerRequest: 1, maxRequestBytes: '64KiB', maxRecordBytes: '64KiB' },
      { ...KINESIS_DEFAULTS, maxRecordsPerRequest: 1, maxRequestBytes: 65_536, maxRecordBytes: 65_536 },
    ],
    [
      { ...KINESIS, region: undefined, endpoint: 'http://127.0.0.1:5000', maxRequestBytes: '10MiB' },
      { region: 'us-east-1', endpoint: 'http://127.0.0.1:5000', ...KINESIS_DEFAULTS, maxRequestBytes: 10_485_760 },
    ],
    [EVENT_HUBS, EVENT_HUBS_DEFAULTS],
    [
      { ...EVENT_HUBS, partitionKey: 'kafka-key', transport: 'websockets' },
      { partitionKey: 'kafka-key', transport: 'websockets' },
    ],
  ])('stream %j', async (destination, filled) => {
    const result = await reading(soundBut({ 'connectors.b.destination': destination }))
    const { configuration } = result as { configuration: Configuration }
    expect(configuration.connectors[1]?.destination).toEqual({ ...destination, ...filled })
  })

  it('variables stand in texts, numbers, truth values and for the kind of a destination', async () => {
    const result = await reading(
      soundBut({
        'service.http': { port: '${PORT}' },
        'connectors.a.enabled': '${ON:-false}',
        'connectors.a.files': { maxAge: '${AGE:-PT1M}', maxEvents: '${EVENTS:-7}' },
        'connectors.a.description': 'costs $5, $${NAME}',
        'connectors.b.destination': { type: '${KIND:-folder}', path: '${PLACE}/out' },
      }),
      { ...ENV, PORT: '1234', PLACE: '/data' },
    )
    const { service, connectors } = (result as { configuration: Configuration }).configuration
    expect(service.http).toEqual({ host: '127.0.0.1', port: 1234 })
    expect(connectors[0]).toMatchObject({
      enabled: false,
      files: { maxAgeMs: 60_000, maxEvents: 7 },
      description: 'costs $5, ${NAME}',
    })
    expect(connectors[1]?.destination).toEqual({ type: 'folder', path: '/data/out', folder: 'currents' })
  })
})

describe('secrets', () => {
  it('show in no way of printing a configuration', async () => {
    const { configuration } = (await reading(sound())) as { configuration: Configuration }
    const account = configuration.accounts.get('keys')
    if (!account || !('secretAccessKey' in account)) throw new Error('the account has no key')
    const secret = account.secretAccessKey
    expect(secret.read()).toBe('planted-key')
    const printed = [
      inspect(configuration, { depth: 20, showHidden: true }),
      JSON.stringify([...configuration.accounts]),
      String(secret),
      `a template: ${secret.toString()}`,
      format('%s %o %j', secret, secret, secret),
      new Error(`no ${String(secret)}`).message,
    ].join('\n')
    expect(printed).toContain('[REDACTED]')
    expect(printed).not.toMatch(/planted/i)
  })

  it('show in no message, wherever they stand by mistake', async () => {
    const planted = 'planted-s3cret'
    const places = [
      'accounts.keys.secretAccessKey',
      'accounts.hub.connectionString',
      'connectors.a.fields.hashKey',
      'service.http.token',
      'kafka.sasl.password',
      'kafka.ssl.key',
    ]
    const lines = await mistakes(soundBut(Object.fromEntries(places.map((place) => [place, planted]))))
    // Beside a password, mechanism and user name are missing.
    expect(lines).toHaveLength(places.length + 2)
    expect(lines.join('\n')).not.toContain(planted)
    const nested = await mistakes(soundBut({ 'accounts.keys.secretAccessKey': { value: planted } }))
    expect(nested.join('\n')).not.toContain(planted)
    expect(await mistakes(`kafka:\n  sasl:\n    password: *${planted}\n`)).not.toContainEqual(
      expect.stringContaining(planted),
    )
    expect(await mistakes(`kafka:\n  sasl:\n    password: !${planted} x\n`)).not.toContainEqual(
      expect.stringContaining(planted),
    )
    expect(await mistakes(`kafka:\n  sasl:\n    password: "${planted}\n`)).not.toContainEqual(
      expect.stringContaining(planted),
    )
  })

  it('may stand in the file when that is asked for', async () => {
    const result = await reading(soundBut({ allowInlineSecrets: true, 'accounts.keys.secretAccessKey': 'p${x}' }))
    const account = (result as { configuration: Configuration }).configuration.accounts.get('keys')
    expect((account as { secretAccessKey: { read(): string } }).secretAccessKey.read()).toBe('p${x}')
  })
})

const EXAMPLE_ENV: Record<string, string> = {
  ...Object.fromEntries(
    [
      'KAFKA_USER',
      'KAFKA_PASSWORD',
      'MILLRACE_TOKEN',
      'ACME_ID',
      'ACME_SECRET',
      'ACME_TOKEN',
      'ACME_HUB',
      'ACME_ENTRA',
      'HASH_KEY',
      'WEBHOOK_SECRET',
      'PAGERDUTY_KEY',
      'SMTP_USER',
      'SMTP_PASSWORD',
    ].map((name) => [name, `value of ${name}`]),
  ),
  SLACK_WEBHOOK: 'https://hooks.slack.example/services/T/B/x',
}

const CONNECTOR_DEFAULTS = {
  enabled: true,
  from: 'beginning',
  events: { include: ['*'], exclude: [], anonymousUsers: 'include' },
  fields: { remove: [], hash: [] },
  files: {
    format: 'avro',
    codec: 'deflate',
    maxAgeMs: 300_000,
    maxEvents: 15_000,
    maxEventsUnderLoad: 100_000,
    maxBytes: 67_108_864,
  },
  credentialFailure: { periodMs: 172_800_000, onExpiry: 'drop', allowShortRetention: false },
}

/** The example, resolved, as JSON; `folder` is where it stands. */
function exampleAt(folder: string) {
  const secret = '[REDACTED]'
  return {
    kafka: {
      brokers: ['localhost:9092'],
      clientId: 'millrace',
      ssl: { rejectUnauthorized: true },
      sasl: { mechanism: 'scram-sha-512', username: secret, password: secret },
      groupPrefix: 'millrace.',
      sessionTimeoutMs: 30_000,
      topics: {
        ...{ drops: 'millrace.drops', deadLetters: 'millrace.dead-letters' },
        ...{ health: 'millrace.health', control: 'millrace.control' },
      },
    },
    service: {
      cluster: 'local',
      zone: 'default',
      memoryBytes: 536_870_912,
      http: { host: '127.0.0.1', port: 8080, token: secret },
      schemas: join(folder, 'schemas'),
      log: { level: 'info', format: 'json' },
    },
    notifications: {
      webhooks: [{ url: 'https://ops.acme.example/millrace', secret, events: ['blocked', 'recovered'] }],
      slack: [{ url: secret }],
      pagerDuty: [{ routingKey: secret, endpoint: 'https://events.pagerduty.com' }],
      email: {
        host: 'smtp.acme.example',
        port: 587,
        tls: 'starttls',
        user: secret,
        password: secret,
        from: 'millrace@acme.example',
      },
    },
    accounts: [
      ['acme-keys', { type: 'aws', accessKeyId: secret, secretAccessKey: secret, sessionToken: secret }],
      [
        'acme-role',
        {
          type: 'aws',
          roleArn: 'arn:aws:iam::123456789012:role/currents',
          externalId: 'millrace-7f3a',
          stsEndpoint: 'https://sts.eu-west-1.amazonaws.com',
        },
      ],
      ['machine', { type: 'aws' }],
      ['acme-hub', { type: 'event-hubs', connectionString: secret }],
      [
        'acme-entra',
        {
          type: 'event-hubs',
          namespace: 'acme.servicebus.windows.net',
          tenantId: 'acme-tenant',
          clientId: 'acme-client',
          clientSecret: secret,
        },
      ],
    ],
    connectors: [
      {
        ...CONNECTOR_DEFAULTS,
        name: 'acme-archive',
        description: 'Everything, for the warehouse',
        contact: 'data@acme.example',
        topics: ['events.acme'],
        events: { include: ['users.messages.*'], exclude: [], anonymousUsers: 'include' },
        fields: { remove: ['email_address'], hash: ['external_user_id'], hashKey: secret },
        destination: {
          type: 's3',
          account: 'acme-keys',
          bucket: 'acme-currents',
          region: 'eu-west-1',
          folder: 'currents',
          encryption: 'none',
          endpoint: 'http://127.0.0.1:9000',
          pathStyle: true,
        },
      },
      {
        ...CONNECTOR_DEFAULTS,
        name: 'acme-stream',
        topics: ['events.acme'],
        destination: {
          type: 'kinesis',
          account: 'acme-role',
          stream: 'engagement',
          region: 'eu-west-1',
          ...KINESIS_DEFAULTS,
        },
        records: RECORD_DEFAULTS,
      },
      {
        ...CONNECTOR_DEFAULTS,
        name: 'acme-hub',
        topics: ['events.acme'],
        destination: { type: 'event-hubs', account: 'acme-hub', eventHub: 'engagement', ...EVENT_HUBS_DEFAULTS },
        records: RECORD_DEFAULTS,
      },
      {
        ...CONNECTOR_DEFAULTS,
        name: 'local-copy',
        topics: ['events.acme'],
        destination: { type: 'folder', path: join(folder, 'out'), folder: 'currents' },
      },
    ],
  }
}

describe('secrets of accounts that are waited for', () => {
  const missing = { accessKeyId: 'file:none', secretAccessKey: 'env:KEY' }

  it('a file that cannot be read is a mistake only where it is not waited for', async () => {
    const path = await configurationFile(soundBut({ 'accounts.keys': { type: 'aws', ...missing } }))
    const told = `the secret file ${join(dirname(path), 'none')} does not exist`
    const [strict, waiting] = [
      readConfiguration(path, ENV),
      readConfiguration(path, ENV, { awaitsAccountSecrets: true }),
    ]
    expect(strict).toMatchObject({ problems: [{ path: 'accounts.keys.accessKeyId', message: told }] })
    const account = (waiting as { configuration: Configuration }).configuration.accounts.get('keys')
    if (!account || !('accessKeyId' in account)) throw new Error('no account with a key')
    expect(() => account.accessKeyId.read()).toThrow(told)
    await writeFile(join(dirname(path), 'none'), 'AKIA\n')
    expect(account.accessKeyId.read()).toBe('AKIA')
  })

  it('variables, and files outside of accounts, stay mistakes', async () => {
    const content = soundBut({
      'accounts.keys': { type: 'aws', accessKeyId: 'env:NOPE', secretAccessKey: 'file:none' },
      'kafka.ssl': { ca: 'file:none.pem' },
      'connectors.a.fields': { hash: ['email_address'], hashKey: 'file:none' },
      'notifications.webhooks': [{ url: 'https://example.com', secret: 'file:none' }],
    })
    const found = readConfiguration(await configurationFile(content), ENV, { awaitsAccountSecrets: true })
    expect('problems' in found && found.problems.map(({ path }) => path).sort()).toEqual([
      'accounts.keys.accessKeyId',
      'connectors.a.fields.hashKey',
      'kafka.ssl.ca',
      'notifications.webhooks[0].secret',
    ])
  })
})
