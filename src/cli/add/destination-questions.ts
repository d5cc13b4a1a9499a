import { choice, text } from './ask.js'
import {
  AWS,
  connector,
  destination,
  EVENT_HUBS,
  FOLDER,
  KINESIS,
  needed,
  OBJECTS,
  optional,
  S3,
  STREAM,
  type Question,
} from './question.js'

/** Where the events go, and how they are written there. */
export const DESTINATION_QUESTIONS: readonly Question[] = [
  {
    ...{ key: 'path', option: '--path <folder>', when: FOLDER, isNeeded: needed, path: destination('path') },
    ...{ subject: 'destination', ask: text('path', 'Path of the folder, relative to the configuration file', './out') },
  },
  {
    ...{ key: 'bucket', option: '--bucket <name>', when: S3, isNeeded: needed, path: destination('bucket') },
    ...{ subject: 'destination', ask: text('bucket', 'Bucket (it must exist)') },
  },
  {
    ...{ key: 'stream', option: '--stream <name>', when: KINESIS, isNeeded: needed, path: destination('stream') },
    ...{ subject: 'destination', ask: text('stream', 'Stream (it must exist)') },
  },
  {
    ...{ key: 'eventHub', option: '--event-hub <name>', when: EVENT_HUBS, isNeeded: needed },
    ...{ path: destination('eventHub'), subject: 'destination', ask: text('eventHub', 'Event hub (it must exist)') },
  },
  {
    ...{ key: 'allowHttp', option: '--allow-http', when: AWS, isNeeded: optional, path: destination('allowHttp') },
    subject: 'destination',
  },
  {
    ...{ key: 'endpoint', option: '--endpoint <url>', when: AWS, isNeeded: optional, path: destination('endpoint') },
    ...{ subject: 'destination', ask: text('endpoint', 'Address of a compatible server (empty: that of AWS)') },
  },
  {
    ...{ key: 'region', option: '--region <region>', when: AWS, isNeeded: ({ endpoint }) => !endpoint },
    ...{ path: destination('region'), subject: 'destination', ask: text('region', 'Region, such as eu-west-1') },
  },
  {
    ...{ key: 'folder', option: '--folder <path>', when: OBJECTS, isNeeded: optional, path: destination('folder') },
    ...{ subject: 'destination', ask: text('folder', 'Folder inside it, of this connector alone', 'currents') },
  },
  {
    ...{ key: 'encryption', option: '--encryption <kind>', when: S3, isNeeded: optional },
    ...{ path: destination('encryption'), subject: 'destination' },
    ask: choice('encryption', 'Server-side encryption', [
      { value: 'none', label: "None but the bucket's own" },
      { value: 'AES256', label: 'AES-256' },
    ]),
  },
  {
    ...{ key: 'partitionKey', option: '--partition-key <field>', when: STREAM, isNeeded: optional },
    ...{ path: destination('partitionKey'), subject: 'destination' },
    ask: text('partitionKey', 'Partition key, within which order is kept: a field, kafka-key or random', 'user_id'),
  },
  {
    ...{ key: 'recordFormat', option: '--record-format <format>', when: STREAM, isNeeded: optional },
    ...{ path: connector('.records.format'), subject: 'destination' },
    ask: choice('recordFormat', 'Format of the records', [
      { value: 'avro', label: 'Avro', hint: 'single-object encoding' },
      { value: 'json', label: 'JSON', hint: 'the flat event' },
    ]),
  },
  {
    ...{ key: 'aggregation', option: '--aggregation <kind>', when: KINESIS, isNeeded: optional },
    ...{ path: destination('aggregation'), subject: 'destination' },
  },
  {
    ...{ key: 'transport', option: '--transport <kind>', when: EVENT_HUBS, isNeeded: optional },
    ...{ path: destination('transport'), subject: 'destination' },
    ask: choice('transport', 'How is Event Hubs reached?', [
      { value: 'amqp', label: 'AMQP', hint: 'port 5671' },
      { value: 'websockets', label: 'AMQP over WebSockets', hint: 'port 443, where 5671 is closed' },
    ]),
  },
]
