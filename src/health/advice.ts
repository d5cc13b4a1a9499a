import type { DestinationSettings } from '../config/configuration.js'
import { adviceOf } from '../destinations/advice.js'
import type { ConnectorState } from './recorder.js'

/** Codes that no destination gives. */
const OWN: Readonly<Record<string, string>> = {
  KAFKA_UNREACHABLE: 'Check kafka.brokers, the network, and whether the brokers run; it is tried again by itself.',
  KAFKA_REFUSED: 'Look at the brokers if it persists; it is tried again by itself.',
  KAFKA_AUTHENTICATION: 'Mend kafka.sasl: mechanism, user name and password.',
  KAFKA_AUTHORIZATION: 'Grant the right; millrace policy prints the command.',
  KAFKA_TLS: 'Mend kafka.ssl: the authority of the brokers, the certificate and its key.',
  KAFKA_UNSUPPORTED: 'Run the version that wrote this here too, or Kafka 2.3 or newer.',
  KAFKA_WRITE: 'See that the topic in the message can be written; its events wait until then.',
  KAFKA_WRITE_REFUSED: 'Grant Write on the topic in the message, or mend its settings; its events wait until then.',
  TOPIC_MISSING: "Create the topic, or correct the connector's topics.",
  TOPIC_RECREATED: "Reset the group's offset to where reading should go on.",
  SCHEMA: 'Add the schemas that the message names to service.schemas.',
  CREDENTIALS_DIFFER: 'Compare the secrets of the processes that run the connector.',
  RETENTION_TOO_SHORT: 'Raise retention.ms of the topic, or shorten credentialFailure.period.',
  SECRET_UNREADABLE: "Put the secret where the connector's account says; it is read again by itself.",
  SECRET_MALFORMED: 'Put the key alone there, without quotes, spaces and empty lines; it is read again by itself.',
  NO_CREDENTIALS: "Give this machine an identity, or put access keys into the connector's account.",
  STALE: 'Look at the errors and the destination: events wait although nothing is reported as failing.',
  NOT_RUNNING: 'Start a process that runs the connector, or write enabled: false.',
}

const BY_STATE: Partial<Record<ConnectorState, string>> = {
  retrying: 'Nothing, unless it persists: it passes by itself, and is tried again until then.',
  'credentials-failing':
    'Mend the credentials: millrace test says what is refused. They are tried again by themselves.',
  dropping: 'Mend the credentials: millrace test says what is refused. What was dropped: millrace drops list.',
  blocked: 'Mend what the message names; Millrace tries again by itself, and drops nothing meanwhile.',
}

/** What a person can do, by the code of what is wrong, else by the state the connector is in. */
export function whatToDo(type: DestinationSettings['type'], code: string, state: ConnectorState = 'retrying'): string {
  return adviceOf(type, code) ?? OWN[code] ?? BY_STATE[state] ?? 'Nothing.'
}

/** Messages of destinations end in their advice, which is shown beside them. */
export function withoutAdvice(message: string, advice: string): string {
  return message.endsWith(advice) ? message.slice(0, -advice.length).trimEnd() : message
}
