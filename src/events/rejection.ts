/** Why an event can never be delivered; the `millrace.reason` header of its dead letter. */
export type RejectionReason =
  /** Larger than 900 KiB of Kafka value (currents: events). */
  | 'OVERSIZED'
  /** The bytes are not valid UTF-8. */
  | 'INVALID_UTF8'
  /** The bytes are no JSON object. */
  | 'NOT_JSON'
  | 'MISSING_EVENT_TYPE'
  | 'UNKNOWN_EVENT_TYPE'
  /** A field the schema requires is absent or null. */
  | 'MISSING_FIELD'
  | 'WRONG_TYPE'
  /** A number its Avro type cannot hold, or a time that cannot be in seconds. */
  | 'OUT_OF_RANGE'
  /** A string with a lone surrogate: UTF-8 cannot carry it unchanged. */
  | 'INVALID_STRING'
  /** JSON nested deeper than a string field or a record may hold. */
  | 'TOO_DEEP'
  /** The destination can never take it. */
  | 'REJECTED'

/** `message` names fields and types, never values: it goes into headers and logs. */
export interface Rejection {
  reason: RejectionReason
  message: string
}
