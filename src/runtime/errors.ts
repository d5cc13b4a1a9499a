/** What a `MillraceError` is about; each code is documented where it is thrown. */
export type ErrorCode =
  | 'CONFIGURATION'
  | 'USAGE'
  | 'SCHEMA'
  | 'KAFKA_UNREACHABLE'
  | 'KAFKA_AUTHENTICATION'
  | 'KAFKA_UNSUPPORTED'
  | 'KAFKA_WRITE'
  | 'KAFKA_WRITE_REFUSED'
  | 'TOPIC_MISSING'
  | 'TOPIC_RECREATED'
  | 'NOT_AN_AVRO_FILE'
  | 'READ_FAILED'
  | 'WRITE_FAILED'
  | 'HTTP_ADDRESS'
  | 'NO_INSTANCE'
  | 'INSTANCE_FAILED'

/**
 * Something outside the program prevents it from starting or going on: configuration, schemas, the Kafka cluster.
 * The message is for people: what failed, on what, what to do. Any other thrown error is a bug.
 */
export class MillraceError extends Error {
  override readonly name = 'MillraceError'

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}
