import { DESTINATION_TYPES } from '../../destinations/registry.js'
import type { Answers } from './answers.js'
import { anIdentity, aPlanForTheRole, choice, hidden, list, text, type Ask } from './ask.js'
import type { Place } from './place.js'

/** What can be corrected together when a check has failed. */
export type Subject = 'source' | 'destination' | 'credentials'

/** When a question is put at all; `words` say of an option what it is for. */
interface Condition {
  words: string
  holds: (answers: Answers, place: Pick<Place, 'hasKafka'>) => boolean
}

const ALWAYS: Condition = { words: 'every connector', holds: () => true }
const NO_KAFKA: Condition = { words: 'a file that does not say where Kafka is', holds: (_, { hasKafka }) => !hasKafka }
const S3: Condition = { words: 'an s3 destination', holds: ({ type }) => type === 's3' }
const FOLDER: Condition = { words: 'a folder destination', holds: ({ type }) => type === 'folder' }
const KEYS: Condition = {
  words: 'a new account with an access key',
  holds: (answers) => S3.holds(answers, { hasKafka: true }) && answers.identity === 'keys',
}
const ROLE: Condition = {
  words: 'a new account that takes a role',
  holds: (answers) => S3.holds(answers, { hasKafka: true }) && answers.identity === 'role',
}

export interface Question {
  key: keyof Answers
  /** What answers it in the command line. */
  option: string
  when: Condition
  isNeeded: (answers: Answers) => boolean
  /** Where in the configuration the answer stands: what is wrong there is wrong with the answer. */
  path: (answers: Answers) => string
  subject?: Subject
  /** Undefined: answered by its option only. */
  ask?: Ask
}

const needed = () => true
const optional = () => false

const connector = (member: string) => (answers: Answers) => `connectors.${answers.name ?? ''}${member}`
const destination = (member: string) => connector(`.destination.${member}`)
const account = (member: string) => (answers: Answers) => `accounts.${answers.account ?? ''}${member}`

const TYPES: Record<(typeof DESTINATION_TYPES)[number], { label: string; hint: string }> = {
  s3: { label: 'Amazon S3', hint: 'or S3-compatible storage' },
  folder: { label: 'A local folder', hint: 'of this machine' },
}

/** Everything there is to know of a new connector, in the order in which it is asked. */
export const QUESTIONS: readonly Question[] = [
  {
    ...{ key: 'brokers', option: '--brokers <host:port,…>', when: NO_KAFKA, isNeeded: needed },
    ...{ path: () => 'kafka.brokers', subject: 'source' },
    ask: text('brokers', 'Kafka brokers, host:port, with commas between them', 'localhost:9092'),
  },
  {
    ...{ key: 'type', option: '--type <type>', when: ALWAYS, isNeeded: needed, path: destination('type') },
    ask: choice(
      'type',
      'Where do the events go?',
      DESTINATION_TYPES.map((value) => ({ value, ...TYPES[value] })),
    ),
  },
  {
    ...{ key: 'name', option: '<connector>, the name', when: ALWAYS, isNeeded: needed, path: connector('') },
    ask: text('name', 'Name of the connector, such as acme-archive (it cannot be changed later)'),
  },
  {
    ...{ key: 'description', option: '--description <text>', when: ALWAYS, isNeeded: optional },
    ...{ path: connector('.description'), ask: text('description', 'Description, for people (may stay empty)') },
  },
  {
    ...{ key: 'contact', option: '--contact <address>', when: ALWAYS, isNeeded: optional, path: connector('.contact') },
    ask: text('contact', 'Contact: who answers for it; an e-mail address gets mail when it fails (may stay empty)'),
  },
  {
    ...{ key: 'topics', option: '--topic <name>', when: ALWAYS, isNeeded: needed, path: connector('.topics') },
    ...{ subject: 'source', ask: list('topics', 'Kafka topics to read, with commas between them') },
  },
  {
    ...{
      key: 'events',
      option: '--event <pattern>',
      when: ALWAYS,
      isNeeded: optional,
      path: connector('.events.include'),
    },
    ask: list('events', 'Event types or patterns, such as users.messages.* (empty: all)'),
  },
  {
    ...{ key: 'path', option: '--path <folder>', when: FOLDER, isNeeded: needed, path: destination('path') },
    ...{ subject: 'destination', ask: text('path', 'Path of the folder, relative to the configuration file', './out') },
  },
  {
    ...{ key: 'bucket', option: '--bucket <name>', when: S3, isNeeded: needed, path: destination('bucket') },
    ...{ subject: 'destination', ask: text('bucket', 'Bucket (it must exist)') },
  },
  {
    ...{ key: 'allowHttp', option: '--allow-http', when: S3, isNeeded: optional, path: destination('allowHttp') },
    subject: 'destination',
  },
  {
    ...{ key: 'endpoint', option: '--endpoint <url>', when: S3, isNeeded: optional, path: destination('endpoint') },
    ...{ subject: 'destination', ask: text('endpoint', 'Address of S3-compatible storage (empty: Amazon S3)') },
  },
  {
    ...{ key: 'region', option: '--region <region>', when: S3, isNeeded: ({ endpoint }) => !endpoint },
    ...{
      path: destination('region'),
      subject: 'destination',
      ask: text('region', 'Region of the bucket, such as eu-west-1'),
    },
  },
  {
    ...{ key: 'folder', option: '--folder <path>', when: ALWAYS, isNeeded: optional, path: destination('folder') },
    ...{ subject: 'destination', ask: text('folder', 'Folder inside it, of this connector alone', 'currents') },
  },
  {
    ...{
      key: 'encryption',
      option: '--encryption <kind>',
      when: S3,
      isNeeded: optional,
      path: destination('encryption'),
    },
    subject: 'destination',
    ask: choice('encryption', 'Server-side encryption', [
      { value: 'none', label: "None but the bucket's own" },
      { value: 'AES256', label: 'AES-256' },
    ]),
  },
  {
    key: 'identity',
    option:
      '--account <name>; or --new-account <name> with --access-key-id and --secret-access-key, --role-arn, or --machine-identity',
    ...{ when: S3, isNeeded: needed, path: destination('account'), subject: 'credentials', ask: anIdentity },
  },
  {
    ...{ key: 'account', option: '--new-account <name>', when: S3, isNeeded: needed, subject: 'credentials' },
    path: (answers) => (answers.identity === 'existing' ? destination('account') : account(''))(answers),
    ask: text('account', 'Name of the new account, for this and further connectors', ({ name }) => name),
  },
  {
    ...{ key: 'accessKeyId', option: '--access-key-id <reference>', when: KEYS, isNeeded: needed },
    ...{ path: account('.accessKeyId'), subject: 'credentials', ask: hidden('accessKeyId', 'Access key id') },
  },
  {
    ...{ key: 'secretAccessKey', option: '--secret-access-key <reference>', when: KEYS, isNeeded: needed },
    ...{
      path: account('.secretAccessKey'),
      subject: 'credentials',
      ask: hidden('secretAccessKey', 'Secret access key'),
    },
  },
  {
    ...{ key: 'sessionToken', option: '--session-token <reference>', when: KEYS, isNeeded: optional },
    ...{ path: account('.sessionToken'), subject: 'credentials' },
    ask: hidden('sessionToken', 'Session token, empty unless the key is temporary'),
  },
  {
    // No subject: the role that is made with it keeps it.
    ...{ key: 'externalId', option: '--external-id <id>', when: ROLE, isNeeded: optional },
    // No subject: the role that is made with it keeps it.
    ...{ path: account('.externalId'), ask: aPlanForTheRole },
  },
  {
    ...{ key: 'roleArn', option: '--role-arn <arn>', when: ROLE, isNeeded: needed, path: account('.roleArn') },
    ...{ subject: 'credentials', ask: text('roleArn', 'ARN of the role you made') },
  },
  {
    ...{ key: 'stsEndpoint', option: '--sts-endpoint <url>', when: ROLE, isNeeded: optional },
    ...{ path: account('.stsEndpoint'), subject: 'credentials' },
  },
]
