import type { Finding } from '../runtime/checklist.js'
import type { Diagnosis } from './diagnosis.js'

/** A problem of a check in words; waiting may help where a new key, role or right has not spread yet. */
export function failedFinding(problem: Diagnosis): Finding {
  const { code, said, advice } = problem
  const message = said === '' ? code : `${code}: ${said}`
  const isFresh = problem.class === 'credentials' && FRESH.test(code)
  const passesByItself = problem.class === 'transient' || problem.class === 'throttled'
  return {
    status: 'failed',
    code,
    message,
    hint: adviceOf(advice),
    ...(isFresh && { mayPassSoon: true }),
    ...(passesByItself && { passesByItself }),
  }
}

/** A check asks once: what the advice says about trying again is about delivering. */
function adviceOf(advice: string): string {
  return /\b(tried|sent|asked) again/.test(advice)
    ? 'It may pass by itself; else look at the network and the endpoint.'
    : advice
}

/** What AWS answers for something that was made a moment ago (IAM User Guide, "Changes that I make are not always immediately visible"). */
const FRESH =
  /^(AssumeRole\.)?(AccessDenied(Exception)?|InvalidAccessKeyId|InvalidClientTokenId|UnrecognizedClientException)$/
