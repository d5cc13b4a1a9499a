import type { Answers } from './answers.js'
import type { Ask } from './ask.js'
import { accountTypeOf } from './members.js'
import type { Place } from './place.js'

/** What can be corrected together when a check has failed. */
export type Subject = 'source' | 'destination' | 'credentials'

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

/** When a question is put at all; `words` say of an option what it is for. */
interface Condition {
  words: string
  holds: (answers: Answers, place: Pick<Place, 'hasKafka'>) => boolean
}

export const ALWAYS: Condition = { words: 'every connector', holds: () => true }
export const NO_KAFKA: Condition = {
  words: 'a file that does not say where Kafka is',
  holds: (_, { hasKafka }) => !hasKafka,
}

export const S3: Condition = { words: 'an s3 destination', holds: ({ type }) => type === 's3' }
export const FOLDER: Condition = { words: 'a folder destination', holds: ({ type }) => type === 'folder' }
export const KINESIS: Condition = { words: 'a kinesis destination', holds: ({ type }) => type === 'kinesis' }
export const EVENT_HUBS: Condition = {
  words: 'an event-hubs destination',
  holds: ({ type }) => type === 'event-hubs',
}
export const OBJECTS: Condition = {
  words: 'an s3 or folder destination',
  holds: ({ type }) => type === 's3' || type === 'folder',
}
export const STREAM: Condition = {
  words: 'a kinesis or event-hubs destination',
  holds: ({ type }) => type === 'kinesis' || type === 'event-hubs',
}
export const AWS: Condition = {
  words: 'an s3 or kinesis destination',
  holds: (answers) => accountTypeOf(answers) === 'aws',
}
export const ACCOUNT: Condition = {
  words: 'an s3, kinesis or event-hubs destination',
  holds: (answers) => accountTypeOf(answers) !== undefined,
}

export const KEYS: Condition = {
  words: 'a new account with an access key',
  holds: (answers) => accountTypeOf(answers) === 'aws' && answers.identity === 'keys',
}
export const ROLE: Condition = {
  words: 'a new account that takes a role',
  holds: (answers) => accountTypeOf(answers) === 'aws' && answers.identity === 'role',
}
export const CONNECTION_STRING: Condition = {
  words: 'a new account of event-hubs',
  holds: ({ type, identity }) => type === 'event-hubs' && identity === 'connection-string',
}
export const APPLICATION: Condition = {
  words: 'a new account of event-hubs with an application of Entra ID',
  holds: ({ type, identity }) => type === 'event-hubs' && identity === 'application',
}
export const ENTRA: Condition = {
  words: 'a new account of event-hubs with Entra ID',
  holds: ({ type, identity }) => type === 'event-hubs' && (identity === 'application' || identity === 'machine'),
}

export const needed = () => true
export const optional = () => false

export const connector = (member: string) => (answers: Answers) => `connectors.${answers.name ?? ''}${member}`
export const destination = (member: string) => connector(`.destination.${member}`)
export const account = (member: string) => (answers: Answers) => `accounts.${answers.account ?? ''}${member}`
