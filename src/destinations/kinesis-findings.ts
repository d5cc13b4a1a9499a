import { ok, skipped, type Finding } from '../runtime/checklist.js'
import type { Diagnosis } from './diagnosis.js'
import { failedFinding } from './aws-findings.js'
import type { Outcome } from './aws-probe.js'

/** What the one question of a check tells about, in the order in which Kinesis looks at it. */
export const KINESIS_CHECKS = ['credentials', 'kinesis:PutRecords', 'stream', 'encryption'] as const

export type KinesisCheck = (typeof KINESIS_CHECKS)[number]

/** What the answer to the question whether the stream would take a record tells about one of the checks. */
export function kinesisFinding(name: KinesisCheck, outcome: Outcome<void>): Finding {
  if (!('problem' in outcome)) return name === 'encryption' ? skipped(NOT_TOLD) : ok(FINE[name])
  const { problem } = outcome
  if (problem.class === 'rejected') return name === 'credentials' ? ok(FINE[name]) : skipped(NOT_REHEARSED)
  const subject = subjectOf(problem)
  if (name === subject) return failedFinding(problem)
  return isProven(name, problem) ? ok(FINE[name]) : skipped(`not looked at: needs ${subject}`)
}

const FINE: Record<KinesisCheck, string> = {
  credentials: 'accepted',
  'kinesis:PutRecords': 'granted',
  stream: 'exists',
  encryption: 'accepted',
}

const NOT_TOLD = 'not known: only a record that is written uses the key of an encrypted stream'
const NOT_REHEARSED = 'not known: only a record that is written would tell, and none is'

const OF_RIGHT = new Set(['AccessDenied', 'AccessDeniedException', 'NotAuthorized'])

function subjectOf({ class: failureClass, code }: Diagnosis): KinesisCheck {
  if (code.startsWith('KMS')) return 'encryption'
  if (code === 'ResourceNotFoundException') return 'stream'
  const isIdentity = failureClass === 'credentials' || failureClass === 'clock'
  return isIdentity && !OF_RIGHT.has(code) ? 'credentials' : 'kinesis:PutRecords'
}

/**
 * Of what Kinesis refuses, the credentials it has looked at are fine, and only of a stream that one may write to its key is
 * used; an outage, and an answer we do not know, prove nothing.
 */
function isProven(name: KinesisCheck, problem: Diagnosis): boolean {
  if (problem.class === 'transient' || problem.class === 'throttled') return false
  const subject = subjectOf(problem)
  return name === 'credentials' ? subject !== 'credentials' : subject === 'encryption'
}
