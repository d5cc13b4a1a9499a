import type { ErrorGroup } from './error-table.js'

const PUT_RECORDS_PAGE = 'Amazon Kinesis Data Streams API Reference, "PutRecords", errors'
const COMMON_PAGE = 'Amazon Kinesis Data Streams API Reference, "Common Errors"'

/**
 * What Kinesis says about PutRecords, beside what all services say: of a whole request, or as `ErrorCode` of one record. A
 * name in neither is transient.
 */
export const KINESIS_ERRORS: readonly ErrorGroup[] = [
  {
    class: 'throttled',
    source: PUT_RECORDS_PAGE,
    advice: 'It is tried again, more slowly; give the stream more shards, or on-demand capacity, if it persists.',
    names: ['ProvisionedThroughputExceededException', 'LimitExceededException'],
  },
  {
    class: 'throttled',
    source: PUT_RECORDS_PAGE,
    advice: 'AWS KMS is asked too often; it is tried again, more slowly.',
    names: ['KMSThrottlingException'],
  },
  {
    class: 'transient',
    source: `${PUT_RECORDS_PAGE}; "Common Errors"`,
    advice: 'It is tried again.',
    names: ['InternalFailure', 'InternalFailureException', 'ServiceUnavailable', 'ServiceUnavailableException'],
  },
  {
    class: 'clock',
    source: COMMON_PAGE,
    advice: "Set this machine's clock (NTP).",
    names: ['RequestExpired'],
  },
  {
    class: 'credentials',
    source: `${PUT_RECORDS_PAGE}; "Common Errors"`,
    advice: "Give the account's identity kinesis:PutRecords on the stream, and see that no policy denies it.",
    names: ['AccessDenied', 'AccessDeniedException', 'NotAuthorized'],
  },
  {
    class: 'credentials',
    source: PUT_RECORDS_PAGE,
    advice: "Give the account's identity kms:GenerateDataKey on the stream's key.",
    names: ['KMSAccessDeniedException'],
  },
  {
    class: 'credentials',
    source: COMMON_PAGE,
    advice: "Renew the account's secret; it is read again by itself.",
    names: ['InvalidAccessKeyId', 'OptInRequired'],
  },
  {
    class: 'configuration',
    source: PUT_RECORDS_PAGE,
    advice: 'Create the stream, or mend its name, its region and its account in the configuration.',
    names: ['ResourceNotFoundException'],
  },
  {
    class: 'configuration',
    source: PUT_RECORDS_PAGE,
    advice: "Enable the stream's KMS key, or give the stream another one.",
    names: ['KMSDisabledException', 'KMSInvalidStateException', 'KMSNotFoundException', 'KMSOptInRequired'],
  },
  {
    class: 'configuration',
    source: COMMON_PAGE,
    advice: 'Look whether the access key id is whole, and whether something on the way changes requests.',
    names: ['IncompleteSignature', 'IncompleteSignatureException'],
  },
  {
    class: 'configuration',
    source: COMMON_PAGE,
    advice: 'Mend the endpoint: what answers there is no Kinesis.',
    names: ['InvalidAction', 'UnknownOperationException'],
  },
  {
    class: 'rejected',
    source: `${PUT_RECORDS_PAGE}; "Common Errors"`,
    advice: "Look at the stream's maximum record size, and lower `destination.maxRecordBytes` to it.",
    names: ['InvalidArgumentException', 'ValidationException', 'ValidationError', 'SerializationException'],
  },
]
