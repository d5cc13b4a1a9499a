import type { ErrorGroup } from './error-table.js'

const S3_PAGE = 'Amazon S3 API Reference, "Error responses", list of error codes'
const KMS_PAGE = 'AWS KMS API Reference, "Encrypt" and "GenerateDataKey", errors; S3 puts "KMS." before them'

/** What S3, and storage that speaks as S3, says about a PUT, beside what all services say. A name in neither is transient. */
export const S3_ERRORS: readonly ErrorGroup[] = [
  {
    class: 'transient',
    source: S3_PAGE,
    advice: 'It is tried again.',
    perObject: true,
    names: ['InternalError', 'ServiceUnavailable', 'OperationAborted', 'ConditionalRequestConflict'],
  },
  {
    class: 'transient',
    source: `${S3_PAGE}; XAmzContentChecksumMismatch: MinIO "api-errors"`,
    advice: 'The bytes did not arrive as they were sent; they are sent again. If it persists, look at the network.',
    perObject: true,
    names: [
      'BadDigest',
      'IncompleteBody',
      'RequestTimeout',
      'XAmzContentSHA256Mismatch',
      'XAmzContentChecksumMismatch',
    ],
  },
  {
    class: 'throttled',
    source: KMS_PAGE,
    advice: 'It is tried again, more slowly.',
    names: ['KMS.ThrottlingException'],
  },
  {
    class: 'clock',
    source: S3_PAGE,
    advice: "Set this machine's clock (NTP).",
    names: ['RequestTimeTooSkewed'],
  },
  {
    class: 'credentials',
    source: S3_PAGE,
    advice: "Give the account's identity s3:PutObject on the folder's objects, and see that no policy denies it.",
    // A policy may allow one folder and not another (fault 40).
    perObject: true,
    names: ['AccessDenied', 'AccessDeniedException'],
  },
  {
    class: 'credentials',
    source: KMS_PAGE,
    advice: "Give the account's identity kms:GenerateDataKey on the bucket's key.",
    names: ['KMS.AccessDeniedException'],
  },
  {
    class: 'credentials',
    source: `${S3_PAGE}; InvalidTokenId: MinIO "api-errors"`,
    advice: "Renew the account's secret; it is read again by itself.",
    names: [
      'TokenRefreshRequired',
      'InvalidAccessKeyId',
      'InvalidSecurity',
      'InvalidToken',
      'InvalidTokenId',
      'NotSignedUp',
    ],
  },
  {
    class: 'configuration',
    source: S3_PAGE,
    advice: 'Create the bucket, or mend its name in the configuration.',
    names: ['NoSuchBucket', 'InvalidBucketName', 'InvalidBucketState'],
  },
  {
    class: 'configuration',
    source: `${S3_PAGE}; "Making requests", "Request redirection"`,
    advice: 'Set region and endpoint to those of the bucket; Millrace follows no redirects.',
    names: [
      'PermanentRedirect',
      'TemporaryRedirect',
      'Redirect',
      'AuthorizationHeaderMalformed',
      'IllegalLocationConstraintException',
      'EndpointNotFound',
    ],
  },
  {
    class: 'configuration',
    source: S3_PAGE,
    advice: 'Ask AWS Support what is wrong with the account or the bucket.',
    names: ['AccountProblem', 'AllAccessDisabled'],
  },
  {
    class: 'configuration',
    source: S3_PAGE,
    advice: 'The storage does not take such requests; check encryption, Object Lock and what this storage supports.',
    names: ['InvalidRequest', 'InvalidEncryptionAlgorithmError', 'MethodNotAllowed', 'NotImplemented'],
  },
  {
    class: 'configuration',
    source: KMS_PAGE,
    advice: "Enable the bucket's KMS key, or give the bucket another one.",
    names: [
      'KMS.DisabledException',
      'KMS.NotFoundException',
      'KMS.KMSInvalidStateException',
      'KMS.InvalidKeyUsageException',
    ],
  },
  {
    class: 'configuration',
    source: S3_PAGE,
    advice: 'Look at the key: only a read is answered so.',
    names: ['NoSuchKey'],
  },
  {
    class: 'rejected',
    source: S3_PAGE,
    advice: 'Lower `files.maxBytes`, or shorten `destination.folder`.',
    perObject: true,
    names: ['EntityTooLarge', 'KeyTooLongError'],
  },
]
