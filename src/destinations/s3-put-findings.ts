import type { S3Settings } from '../config/configuration.js'
import { ok, skipped, type Finding } from '../runtime/checklist.js'
import type { PutAnswer } from './s3-client.js'
import type { Diagnosis } from './diagnosis.js'
import { failedFinding } from './aws-findings.js'
import type { Outcome } from './aws-probe.js'
import { regionNamed } from './s3-location.js'

/** What the one PUT of a check tells about, in the order in which S3 looks at it. */
export const PUT_CHECKS = ['credentials', 'region', 'bucket', 's3:PutObject', 'encryption'] as const

export type PutCheck = (typeof PUT_CHECKS)[number]

export type PutOutcome = Outcome<PutAnswer>

/** What was said about where the bucket is: see `S3Client.location`. */
export type Location = Outcome<string | null>

/** What the outcome of the PUT, with what is said about where the bucket is, tells about one of the checks. */
export function putFinding(
  name: PutCheck,
  { put, location }: { put: PutOutcome; location: Location | undefined },
  settings: S3Settings,
): Finding {
  const isUnused = name === 'encryption' && settings.encryption === 'none'
  if (isUnused) return skipped('is off (encryption: none)')
  const subject = 'problem' in put ? subjectOf(put.problem, settings) : undefined
  if ('problem' in put && name === subject) return failedHere(put.problem, put.region)
  // A right that is not needed cannot speak against a write that was taken; the name of another region can.
  const isHeard = location && ('answer' in location || 'problem' in put)
  const told = isHeard && (name === 'region' || name === 'bucket') && placeFinding(name, location, settings)
  if (told) return told
  if ('answer' in put) return name === 'encryption' ? encryptionFinding(put.answer, settings) : ok(FINE[name])
  if (isProven(name, put.problem, settings)) return ok(FINE[name])
  const isHidden = subject === 's3:PutObject' && !isOutage(put.problem)
  return skipped(isHidden && name !== 'encryption' ? NOT_TOLD : `not looked at: needs ${subject}`)
}

/** What only an answer that names the place can tell; undefined when this one does not. */
function placeFinding(name: 'region' | 'bucket', location: Location, settings: S3Settings): Finding | undefined {
  if ('problem' in location) {
    const { problem, region } = location
    return subjectOf(problem, settings) === name ? failedHere(problem, region) : undefined
  }
  if (name === 'bucket') return ok(FINE.bucket)
  const region = regionNamed(location.answer, settings)
  if (region === undefined) return undefined
  return region === settings.region ? ok('is where the bucket is') : elsewhere(region, settings)
}

function elsewhere(region: string, settings: S3Settings): Finding {
  const message = `the bucket is in ${region}, not in ${settings.region}`
  return { status: 'failed', code: 'WRONG_REGION', message, hint: hintFor(region) }
}

const hintFor = (region: string) => `The bucket is in ${region}: write that as region.`

/** What a harmless question about the bucket tells, in the order in which S3 looks at it. */
export const LOOK_CHECKS = ['credentials', 'region', 'bucket'] as const

/**
 * What the answer to a question about the bucket says about one of the checks. The right to ask it is not needed to deliver:
 * a denial proves that S3 has accepted the credentials, but not where or whether the bucket is (rights may be looked at
 * before that). Storage that does not know the question has told nothing.
 */
export function lookFinding(name: (typeof LOOK_CHECKS)[number], outcome: Location, settings: S3Settings): Finding {
  const told = name === 'credentials' ? undefined : placeFinding(name, outcome, settings)
  if (told) return told
  if ('answer' in outcome) return name === 'credentials' ? ok(FINE.credentials) : skipped(NOT_SAID)
  const { problem, region } = outcome
  if (OF_RIGHT.has(problem.code)) return name === 'credentials' ? ok(FINE.credentials) : skipped(NOT_TOLD)
  const subject = isOutage(problem) ? 'bucket' : subjectOf(problem, { ...settings, encryption: 'none' })
  if (name === subject) return failedHere(problem, region)
  if (subject === 's3:PutObject') return skipped(`not known: ${problem.code}`)
  return isProven(name, problem, settings) ? ok(FINE[name]) : skipped(`not looked at: needs ${subject}`)
}

const NOT_SAID = 'not known: the storage does not say where the bucket is'
const NOT_TOLD = 'not known: s3:GetBucketLocation is not granted (optional)'

/** An answer that we do not know is none: the storage may well take what is written. */
const isOutage = ({ class: failureClass, code }: Diagnosis) => {
  return failureClass === 'throttled' || (failureClass === 'transient' && code !== 'UNKNOWN')
}

/** With the right region where S3 named it. */
function failedHere(problem: Diagnosis, region: string | undefined): Finding {
  const finding = failedFinding(problem)
  return region === undefined ? finding : { ...finding, hint: hintFor(region) }
}

const FINE: Record<PutCheck, string> = {
  credentials: 'accepted',
  region: 'what is written there is taken',
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

/**
 * Of what S3 refuses, the credentials it has looked at are fine; an outage, and an answer we do not know, prove nothing. Rights
 * and headers may be looked at before region and bucket are: only the bucket's own key shows that the bucket was found.
 */
function isProven(name: PutCheck, problem: Diagnosis, settings: S3Settings): boolean {
  if (problem.class === 'transient' || problem.class === 'throttled') return false
  if (name === 'credentials') return subjectOf(problem, settings) !== 'credentials'
  return (name === 'region' || name === 'bucket') && problem.code.startsWith('KMS.')
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
