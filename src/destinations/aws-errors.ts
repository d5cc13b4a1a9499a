import { byName, type ErrorGroup, type ErrorTable } from './error-table.js'

const STS_PAGE = 'AWS STS API Reference, "AssumeRole" and "Common Errors"'

/** What every service of AWS may say, in the words of either of its protocols. */
export const COMMON_ERRORS: readonly ErrorGroup[] = [
  {
    class: 'throttled',
    source: 'AWS SDKs and Tools Reference Guide, "Retry behavior", throttling errors',
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
    ],
  },
  {
    class: 'credentials',
    source: 'IAM User Guide, "Common errors"; Amazon S3 API Reference, "Error responses"',
    advice: "Renew the account's secret; it is read again by itself.",
    names: [
      'ExpiredToken',
      'ExpiredTokenException',
      'InvalidClientTokenId',
      'SignatureDoesNotMatch',
      'InvalidSignatureException',
      'UnrecognizedClientException',
      'MissingAuthenticationToken',
      'MissingAuthenticationTokenException',
    ],
  },
]

/** What STS says about AssumeRole. Names that are not here mean what they mean in the service it is for. */
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

/** Errors about a signature: with a wrong clock they say nothing about the credentials. */
export const SIGNATURE_ERRORS: ReadonlySet<string> = new Set(['SignatureDoesNotMatch', 'InvalidSignatureException'])

/** How the answers of one service are read: its own names beside those that all of them have. */
export interface ServiceErrors {
  answers: ErrorTable
  assumeRole: ErrorTable
}

export function serviceErrors(own: readonly ErrorGroup[]): ServiceErrors {
  const answers = [...COMMON_ERRORS, ...own]
  return { answers: byName(answers), assumeRole: byName([...answers, ...ASSUME_ROLE_ERRORS]) }
}
