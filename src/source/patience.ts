import { systemClock } from '../runtime/clock.js'
import { MillraceError, type ErrorCode } from '../runtime/errors.js'
import { Backoff } from './backoff.js'
import { kafkaErrorType, troubleOf, whatToDoAbout } from './kafka-error.js'

/** Enough for an election or a restarting broker; who asks wants an answer, or the reason why there is none. */
const ATTEMPTS = 5
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 1_000

/** Asks again while Kafka's trouble may pass; then, or when it cannot, rejects with a `MillraceError` that names `activity` and what to do. */
export async function withPatience<T>(activity: string, ask: () => Promise<T>): Promise<T> {
  const backoff = new Backoff(systemClock, FIRST_PAUSE_MS, LONGEST_PAUSE_MS)
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask()
    } catch (error) {
      if (kafkaErrorType(error) === undefined) throw error
      const { code, message, needsPerson } = troubleOf(error, activity)
      if (needsPerson || attempt === ATTEMPTS)
        throw new MillraceError(ERROR_CODES[code] ?? 'KAFKA_UNREACHABLE', `${message}. ${whatToDoAbout(code)}`)
      await backoff.wait(NEVER)
    }
  }
}

const NEVER = new AbortController().signal

const ERROR_CODES: Partial<Record<string, ErrorCode>> = {
  KAFKA_AUTHENTICATION: 'KAFKA_AUTHENTICATION',
  KAFKA_AUTHORIZATION: 'KAFKA_AUTHENTICATION',
  KAFKA_TLS: 'KAFKA_AUTHENTICATION',
  KAFKA_UNSUPPORTED: 'KAFKA_UNSUPPORTED',
}
