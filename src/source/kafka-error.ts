/**
 * A request to Kafka that failed. `type` is the protocol's own name of the error (`NOT_COORDINATOR_FOR_GROUP`, ...) or,
 * where no broker answered, one of ours: `DISCONNECTED`, `TIMED_OUT`, `SASL_REFUSED`, `TLS_REFUSED`, `UNSUPPORTED`.
 */
export class KafkaError extends Error {
  override readonly name = 'KafkaError'

  constructor(
    readonly type: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** The type of any error that reaches the source; undefined for what did not come from Kafka. */
export function kafkaErrorType(error: unknown): string | undefined {
  return error instanceof KafkaError ? error.type : undefined
}

/** What is wrong with Kafka, in words for people. */
export interface Trouble {
  code: string
  message: string
  /** True when waiting will not help: a refused password, a missing right, a missing topic. */
  needsPerson: boolean
}

/** Error types that a person has to mend, and the code they are shown under. Everything else heals with time. */
const NEEDS_PERSON: Record<string, string> = {
  SASL_REFUSED: 'KAFKA_AUTHENTICATION',
  SASL_AUTHENTICATION_FAILED: 'KAFKA_AUTHENTICATION',
  UNSUPPORTED_SASL_MECHANISM: 'KAFKA_AUTHENTICATION',
  TLS_REFUSED: 'KAFKA_TLS',
  TOPIC_AUTHORIZATION_FAILED: 'KAFKA_AUTHORIZATION',
  GROUP_AUTHORIZATION_FAILED: 'KAFKA_AUTHORIZATION',
  CLUSTER_AUTHORIZATION_FAILED: 'KAFKA_AUTHORIZATION',
  UNSUPPORTED: 'KAFKA_UNSUPPORTED',
  UNSUPPORTED_VERSION: 'KAFKA_UNSUPPORTED',
  INCONSISTENT_GROUP_PROTOCOL: 'KAFKA_GROUP_IN_USE',
  GROUP_MAX_SIZE_REACHED: 'KAFKA_GROUP_FULL',
  INVALID_SESSION_TIMEOUT: 'KAFKA_UNSUPPORTED',
  OFFSET_METADATA_TOO_LARGE: 'KAFKA_METADATA_LIMIT',
}

const UNREACHABLE = new Set(['DISCONNECTED', 'TIMED_OUT'])

/** What `error` means for people, while `activity` was going on (such as "joining the group orders"). */
export function troubleOf(error: unknown, activity: string): Trouble {
  const type = kafkaErrorType(error) ?? 'UNKNOWN'
  const message = `${activity}: ${error instanceof Error ? error.message : String(error)}`
  const personal = NEEDS_PERSON[type]
  if (personal) return { code: personal, message, needsPerson: true }
  return { code: UNREACHABLE.has(type) ? 'KAFKA_UNREACHABLE' : 'KAFKA_REFUSED', message, needsPerson: false }
}

const WHAT_TO_DO: Partial<Record<string, string>> = {
  KAFKA_UNREACHABLE: 'Check kafka.brokers, the network, and whether the brokers run.',
  KAFKA_AUTHENTICATION: 'Mend kafka.sasl: mechanism, user name and password.',
  KAFKA_TLS: 'Mend kafka.ssl: the authority of the brokers, the certificate and its key.',
  KAFKA_AUTHORIZATION: 'Grant the right; millrace policy prints the command.',
  KAFKA_UNSUPPORTED: 'Kafka 2.3 or newer is needed.',
}

/** A sentence for whoever asked Kafka for something and got trouble of this code (`troubleOf`). */
export function whatToDoAbout(code: string): string {
  return WHAT_TO_DO[code] ?? 'It may pass; look at the brokers if it persists.'
}
