import { DESTINATION_TYPES } from '../../destinations/registry.js'
import type { Answers } from './answers.js'
import { choice, list, text } from './ask.js'
import { CREDENTIAL_QUESTIONS } from './credential-questions.js'
import { DESTINATION_QUESTIONS } from './destination-questions.js'
import { ALWAYS, connector, destination, needed, NO_KAFKA, optional, type Question } from './question.js'

const TYPES: Readonly<Record<NonNullable<Answers['type']>, { label: string; hint?: string }>> = {
  s3: { label: 'Amazon S3', hint: 'or S3-compatible storage' },
  kinesis: { label: 'Amazon Kinesis Data Streams' },
  'event-hubs': { label: 'Azure Event Hubs' },
  folder: { label: 'A local folder', hint: 'of this machine' },
}

const CONNECTOR_QUESTIONS: readonly Question[] = [
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
    ...{ key: 'events', option: '--event <pattern>', when: ALWAYS, isNeeded: optional },
    ...{ path: connector('.events.include') },
    ask: list('events', 'Event types or patterns, such as users.messages.* (empty: all)'),
  },
]

/** Everything there is to know of a new connector, in the order in which it is asked. */
export const QUESTIONS: readonly Question[] = [
  ...CONNECTOR_QUESTIONS,
  ...DESTINATION_QUESTIONS,
  ...CREDENTIAL_QUESTIONS,
]
