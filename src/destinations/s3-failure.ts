import { MillraceError } from '../runtime/errors.js'
import { CredentialsUnavailable } from './aws-credentials.js'
import type { FailureClass } from './destination.js'
import {
  ASSUME_ROLE_ERRORS,
  byName,
  NETWORK_ERRORS,
  S3_ERRORS,
  SIGNATURE_ERRORS,
  type ErrorGroup,
} from './s3-errors.js'

/** What an error of a request to S3 means. */
export interface Diagnosis {
  class: FailureClass
  /** The provider's name for it; ours in capitals where it has none. */
  code: string
  /** What happened and what to do, without a key or a bucket. Holds no secret. */
  words: string
  hitsAll: boolean
  retryAfterMs?: number
}

/** How far the server's clock may be from ours before a refused signature is the clock's fault (delivery.md §2). */
const CLOCK_TOLERANCE_MS = 5 * 60_000

const S3_BY_NAME = byName(S3_ERRORS)
const ASSUME_ROLE_BY_NAME = new Map([...S3_BY_NAME, ...byName(ASSUME_ROLE_ERRORS)])
const NETWORK_BY_NAME = byName(NETWORK_ERRORS)

type Table = ReadonlyMap<string, ErrorGroup>

/** Diagnoses an error of the SDK by its name or code, never by its text or its own opinion about retrying. */
export function diagnose(error: unknown, nowMs: number): Diagnosis {
  if (error instanceof CredentialsUnavailable) return diagnoseCredentials(error, nowMs)
  return diagnoseAnswer(error, S3_BY_NAME, nowMs)
}

function diagnoseCredentials({ step, cause }: CredentialsUnavailable, nowMs: number): Diagnosis {
  switch (step) {
    case 'secret': {
      const words = cause instanceof MillraceError ? cause.message : "The account's secret cannot be read."
      return { class: 'configuration', code: 'SECRET_UNREADABLE', words, hitsAll: true }
    }
    case 'role': {
      const found = diagnoseAnswer(cause, ASSUME_ROLE_BY_NAME, nowMs)
      return { ...found, code: `AssumeRole.${found.code}`, words: `Assuming the role: ${found.words}`, hitsAll: true }
    }
    case 'machine':
    case 'machine-again':
      return diagnoseMachine(step, cause, nowMs)
  }
}

/** An empty chain is `credentials`; an outage of what gave an identity before is not (fault 41). */
function diagnoseMachine(step: 'machine' | 'machine-again', cause: unknown, nowMs: number): Diagnosis {
  if (step === 'machine' && fieldsOf(cause).name === 'CredentialsProviderError') {
    const words = "This machine has no AWS identity. Give it one, or put keys or a role into the connector's account."
    return { class: 'credentials', code: 'NO_CREDENTIALS', words, hitsAll: true }
  }
  const found = diagnoseAnswer(cause, NETWORK_BY_NAME, nowMs)
  const words = "The source of this machine's AWS identity does not answer. It is tried again."
  return { ...found, class: 'transient', code: 'NO_IDENTITY_NOW', words, hitsAll: true }
}

function diagnoseAnswer(error: unknown, table: Table, nowMs: number): Diagnosis {
  const fields = fieldsOf(error)
  const found = clockFault(fields, nowMs) ?? known(fields, table) ?? byStatus(fields) ?? unknown(fields)
  const retryAfterMs = retryAfter(fields.headers['retry-after'], nowMs)
  return retryAfterMs === undefined ? found : { ...found, retryAfterMs }
}

function clockFault({ name, headers }: Fields, nowMs: number): Diagnosis | undefined {
  const serverMs = Date.parse(headers['date'] ?? '')
  if (!SIGNATURE_ERRORS.has(name) || !(Math.abs(serverMs - nowMs) > CLOCK_TOLERANCE_MS)) return undefined
  const minutes = Math.round(Math.abs(serverMs - nowMs) / 60_000)
  const words = `This machine's clock and the server's are ${minutes} minutes apart. Set the clock (NTP).`
  return { class: 'clock', code: name, words, hitsAll: true }
}

function known(fields: Fields, table: Table): Diagnosis | undefined {
  const row = table.get(fields.name)
  if (row) return fromRow(row, fields.name, SIGNATURE_ERRORS.has(fields.name) ? '' : fields.message)
  const code = fields.codes.find((each) => NETWORK_BY_NAME.has(each))
  const network = code === undefined ? undefined : NETWORK_BY_NAME.get(code)
  if (network && code !== undefined) return fromRow(network, code, fields.message)
  if (fields.name !== 'TimeoutError') return undefined
  const words = sentence(fields.message, 'It is tried again; check the network and the endpoint if it persists.')
  return { class: 'transient', code: 'TIMEOUT', words, hitsAll: true }
}

function fromRow(row: ErrorGroup, code: string, message: string): Diagnosis {
  return { class: row.class, code, words: sentence(message, row.advice), hitsAll: row.perObject !== true }
}

/** Only for answers without a name we know, such as those of a proxy in between. */
function byStatus({ name, status, message }: Fields): Diagnosis | undefined {
  const words = (advice: string) => sentence(`${name}: ${message}`, advice)
  if (status === 429) {
    return { class: 'throttled', code: 'HTTP_429', words: words('It is tried again, more slowly.'), hitsAll: true }
  }
  if (status >= 500) {
    return { class: 'transient', code: `HTTP_${status}`, words: words('It is tried again.'), hitsAll: false }
  }
  if (status >= 300 && status < 400) {
    const advice = 'The endpoint redirects, which is not followed: configure the address it redirects to.'
    return { class: 'configuration', code: `HTTP_${status}`, words: words(advice), hitsAll: true }
  }
  return undefined
}

function unknown({ name, status, codes, message }: Fields): Diagnosis {
  const what = [name, ...codes, status ? `HTTP ${status}` : ''].filter(Boolean).join(', ')
  const words = sentence(`${what}: ${message}`, 'This error is not known; it is tried again.')
  return { class: 'transient', code: 'UNKNOWN', words, hitsAll: false }
}

/** `Retry-After` is seconds or a date (RFC 9110, section 10.2.3). */
function retryAfter(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - nowMs
  return ms > 0 ? ms : undefined
}

/** The fields of an SDK error that are safe to look at; the others can hold the canonical request with its token. */
interface Fields {
  name: string
  message: string
  /** 0 when there was no answer. */
  status: number
  codes: string[]
  headers: Record<string, string | undefined>
}

interface SdkError extends Error {
  code?: unknown
  $metadata?: { httpStatusCode?: number }
  $response?: { headers?: Record<string, string> }
}

function fieldsOf(thrown: unknown): Fields {
  if (!(thrown instanceof Error)) return { name: '', message: '', status: 0, codes: [], headers: {} }
  const error: SdkError = thrown
  const cause: SdkError | undefined = error.cause instanceof Error ? error.cause : undefined
  return {
    name: error.name,
    message: error.message,
    status: error.$metadata?.httpStatusCode ?? 0,
    codes: [error.code, cause?.code].filter((code) => typeof code === 'string'),
    headers: error.$response?.headers ?? {},
  }
}

/** Longer words are a page of HTML or an attack on the log. */
const MAX_WORDS = 300

/** A run this long is a key, a token or a signature: secret access keys have 40 characters. */
const LONG_RUN = /[A-Za-z0-9+/=]{40,}/g

function sentence(words: string, advice: string): string {
  const short = words.replace(/\s+/g, ' ').replace(LONG_RUN, '[…]').trim().slice(0, MAX_WORDS).replace(/\.$/, '')
  return short === '' ? advice : `${short}. ${advice}`
}
