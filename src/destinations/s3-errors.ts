import type { FailureClass } from './destination.js'

/** Names of errors that mean the same for us. */
export interface ErrorGroup {
  class: FailureClass
  /** The public page that has these names. */
  source: string
  /** What a person can do about it. */
  advice: string
  /** True when other objects may well be taken although this one was not; else trying them costs time only. */
  perObject?: boolean
  names: readonly string[]
}

const S3_PAGE = 'Amazon S3 API Reference, "Error responses", list of error codes'
const STS_PAGE = 'AWS STS API Reference, "AssumeRole" and "Common Errors"'
const KMS_PAGE = 'AWS KMS API Reference, "Encrypt" and "GenerateDataKey", errors; S3 puts "KMS." before them'
const NODE_PAGE = 'Node.js "Errors", common system errors; "DNS", error codes'
const TLS_PAGE = 'OpenSSL "X509_STORE_CTX_get_error", as Node.js "TLS" names them'

/** What S3, and storage that speaks as S3, says about a PUT. A name that is not here is transient. */
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
    source: `${S3_PAGE}; AWS SDKs and Tools Reference Guide, "Retry behavior", throttling errors`,
    advice: 'It is tried again, more slowly.',
    names: [
      'SlowDown',
      'Throttling',
      'ThrottlingException',
      'ThrottledException',
      'RequestThrottled',
      'RequestThrottledException',
      'RequestLimitExceeded',
      'BandwidthLimitExceeded',
      'TooManyRequests',
      'TooManyRequestsException',
      'KMS.ThrottlingException',
    ],
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
    source: `${S3_PAGE}; IAM User Guide, "Common errors"; InvalidTokenId: MinIO "api-errors"`,
    advice: "Renew the account's secret; it is read again by itself.",
    names: [
      'ExpiredToken',
      'ExpiredTokenException',
      'TokenRefreshRequired',
      'InvalidAccessKeyId',
      'InvalidClientTokenId',
      'InvalidSecurity',
      'InvalidToken',
      'InvalidTokenId',
      'NotSignedUp',
      'SignatureDoesNotMatch',
      'InvalidSignatureException',
      'UnrecognizedClientException',
      'MissingAuthenticationToken',
      'MissingAuthenticationTokenException',
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

/** What STS says about AssumeRole. Names that are not here mean what they mean in S3. */
export const ASSUME_ROLE_ERRORS: readonly ErrorGroup[] = [
  {
    class: 'credentials',
    source: STS_PAGE,
    advice: "Let the role's trust policy allow this machine's identity, with the account's external id.",
    names: ['AccessDenied', 'AccessDeniedException'],
  },
  {
    class: 'credentials',
    source: STS_PAGE,
    advice: "Renew the machine's own identity, with which the role is assumed.",
    names: ['NotAuthorized', 'OptInRequired'],
  },
  {
    class: 'configuration',
    source: STS_PAGE,
    advice: 'Mend roleArn, externalId or region of the account; STS must be active in the region.',
    names: ['ValidationError', 'RegionDisabledException', 'MalformedPolicyDocument', 'PackedPolicyTooLarge'],
  },
]

/** What the network does on the way, by `error.code`. */
export const NETWORK_ERRORS: readonly ErrorGroup[] = [
  {
    class: 'transient',
    source: NODE_PAGE,
    advice: 'Check name, port and network of the endpoint if it persists.',
    names: [
      'ECONNREFUSED',
      'ECONNRESET',
      'ECONNABORTED',
      'EPIPE',
      'ETIMEDOUT',
      'ESOCKETTIMEDOUT',
      'EHOSTDOWN',
      'EHOSTUNREACH',
      'ENETDOWN',
      'ENETUNREACH',
      'EADDRNOTAVAIL',
      'ENOTFOUND',
      'EAI_AGAIN',
      'EAI_FAIL',
      'ENODATA',
      'ESERVFAIL',
      'ETIMEOUT',
    ],
  },
  {
    class: 'transient',
    source: NODE_PAGE,
    advice: 'Raise the limit of open files.',
    names: ['EMFILE', 'ENFILE'],
  },
  {
    class: 'configuration',
    source: TLS_PAGE,
    advice: "Mend the endpoint's certificate, or make its authority known to Node.js (NODE_EXTRA_CA_CERTS).",
    names: [
      'CERT_HAS_EXPIRED',
      'CERT_NOT_YET_VALID',
      'CERT_CHAIN_TOO_LONG',
      'CERT_REJECTED',
      'CERT_REVOKED',
      'CERT_SIGNATURE_FAILURE',
      'CERT_UNTRUSTED',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'ERR_TLS_CERT_ALTNAME_FORMAT',
      'HOSTNAME_MISMATCH',
      'INVALID_CA',
      'INVALID_PURPOSE',
      'PATH_LENGTH_EXCEEDED',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
      'UNABLE_TO_GET_ISSUER_CERT',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'UNABLE_TO_VERIFY_LEAF_CERTIFICATE',
    ],
  },
]

/** Errors about a signature: with a wrong clock they say nothing about the credentials. */
export const SIGNATURE_ERRORS: ReadonlySet<string> = new Set(['SignatureDoesNotMatch', 'InvalidSignatureException'])

/** The row of each name. */
export function byName(groups: readonly ErrorGroup[]): ReadonlyMap<string, ErrorGroup> {
  return new Map(groups.flatMap((group) => group.names.map((name) => [name, group] as const)))
}
