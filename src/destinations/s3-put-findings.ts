import type { S3Settings } from '../config/configuration.js'
import { ok, skipped, type Finding } from '../runtime/checklist.js'
import type { PutAnswer } from './s3-client.js'
import type { Diagnosis } from './s3-failure.js'

/** What the one PUT of a check tells about, in the order in which S3 looks at it. */
export const PUT_CHECKS = ['credentials', 'region', 'bucket', 's3:PutObject', 'encryption'] as const

export type PutCheck = (typeof PUT_CHECKS)[number]

/** The answer; or what went wrong, with the bucket's true region where S3 named it. */
export type PutOutcome<T = PutAnswer> = { answer: T } | { problem: Diagnosis; region?: string }

/** What the outcome of the PUT says about one of the checks. */
export function putFinding(name: PutCheck, outcome: PutOutcome, settings: S3Settings): Finding {
  const isUnused = name === 'encryption' && settings.encryption === 'none'
  if (isUnused) return skipped('is off (encryption: none)')
  if ('answer' in outcome) return name === 'encryption' ? encryptionFinding(outcome.answer, settings) : ok(FINE[name])
  const { problem, region } = outcome
  const subject = subjectOf(problem, settings)
  if (name === subject) return failedFinding(problem, region)
  return isProven(name, subject, problem) ? ok(FINE[name]) : skipped(`not looked at: needs ${subject}`)
}

/** What a harmless question about the bucket tells, in the order in which S3 looks at it. */
export const LOOK_CHECKS = ['credentials', 'region', 'bucket'] as const

/**
 * What the answer to a question about the bucket says about one of the checks. The right to ask it is not needed to deliver:
 * a denial proves that S3 has accepted the credentials, but not where or whether the bucket is (rights may be looked at
 * before that). Storage that does not know the question has told nothing.
 */
export function lookFinding(
  name: (typeof LOOK_CHECKS)[number],
  outcome: PutOutcome<unknown>,
  settings: S3Settings,
): Finding {
  if ('answer' in outcome) return ok(FINE[name])
  const { problem, region } = outcome
  if (OF_RIGHT.has(problem.code)) return name === 'credentials' ? ok(FINE.credentials) : skipped(NOT_TOLD)
  const subject = isOutage(problem) ? 'bucket' : subjectOf(problem, { ...settings, encryption: 'none' })
  if (name === subject) return failedFinding(problem, region)
  if (subject === 's3:PutObject') return skipped(`not known: ${problem.code}`)
  return isProven(name, subject, problem) ? ok(FINE[name]) : skipped(`not looked at: needs ${subject}`)
}

const NOT_TOLD = 'not known: s3:GetBucketLocation is not granted (optional)'

/** An answer that we do not know is none: the storage may well take what is written. */
const isOutage = ({ class: failureClass, code }: Diagnosis) => {
  return failureClass === 'throttled' || (failureClass === 'transient' && code !== 'UNKNOWN')
}

/** A problem of the S3 check in words; waiting may help where a new key, role or right has not spread yet. */
export function failedFinding(problem: Diagnosis, region?: string): Finding {
  const { code, said, advice } = problem
  const hint = region === undefined ? advice : `The bucket is in ${region}: write that as region.`
  const message = said === '' ? code : `${code}: ${said}`
  const isFresh = problem.class === 'credentials' && FRESH.test(code)
  const passesByItself = problem.class === 'transient' || problem.class === 'throttled'
  return {
    status: 'failed',
    code,
    message,
    hint,
    ...(isFresh && { mayPassSoon: true }),
    ...(passesByItself && { passesByItself }),
  }
}

/** What AWS answers for something that was made a moment ago (IAM User Guide, "Changes that I make are not always immediately visible"). */
const FRESH = /^(AssumeRole\.)?(AccessDenied(Exception)?|InvalidAccessKeyId|InvalidClientTokenId)$/

const FINE: Record<PutCheck, string> = {
  credentials: 'accepted',
  region: 'is where the bucket is',
  bucket: 'exists',
  's3:PutObject': 'granted',
  encryption: 'accepted',
}

const OF_BUCKET = new Set(['NoSuchBucket', 'InvalidBucketName', 'InvalidBucketState', 'AllAccessDisabled'])
const OF_REGION = new Set([
  'PermanentRedirect',
  'TemporaryRedirect',
  'Redirect',
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
])
const OF_ENCRYPTION = new Set([
  'InvalidEncryptionAlgorithmError',
  'InvalidArgument',
  'InvalidRequest',
  'NotImplemented',
])
const OF_RIGHT = new Set(['AccessDenied', 'AccessDeniedException'])

function subjectOf({ class: failureClass, code }: Diagnosis, { encryption }: S3Settings): PutCheck {
  if (OF_BUCKET.has(code)) return 'bucket'
  if (OF_REGION.has(code)) return 'region'
  if (encryption !== 'none' && OF_ENCRYPTION.has(code)) return 'encryption'
  const isIdentity = failureClass === 'credentials' || failureClass === 'clock'
  return isIdentity && !OF_RIGHT.has(code) && !code.startsWith('KMS.') ? 'credentials' : 's3:PutObject'
}

/** S3 looks at one thing after the other; an outage, and an answer we do not know, prove nothing. */
function isProven(name: PutCheck, subject: PutCheck, problem: Diagnosis): boolean {
  if (problem.class === 'transient' || problem.class === 'throttled') return false
  // Whether a header is understood is looked at before rights are.
  if (subject === 'encryption' && name === 's3:PutObject') return false
  return PUT_CHECKS.indexOf(name) < PUT_CHECKS.indexOf(subject)
}

function encryptionFinding({ encryption }: PutAnswer, settings: S3Settings): Finding {
  if (encryption === settings.encryption) return ok(FINE.encryption)
  return {
    status: 'failed',
    code: 'NOT_ENCRYPTED',
    message: `the object was taken, but its server does not say that it is encrypted with ${settings.encryption}`,
    hint: 'Use storage that encrypts, or write encryption: none.',
  }
}
