import { MillraceError } from '../runtime/errors.js'
import { MalformedSecret } from './access-key.js'
import { CredentialsUnavailable } from './aws-credentials.js'
import { SIGNATURE_ERRORS, type ServiceErrors } from './aws-errors.js'
import { harmlessWords, type Diagnosis } from './diagnosis.js'
import type { ErrorGroup, ErrorTable } from './error-table.js'
import { NETWORK_BY_NAME } from './network-errors.js'

/** How far the server's clock may be from ours before a refused signature is the clock's fault (delivery.md §2). */
const CLOCK_TOLERANCE_MS = 5 * 60_000

/** Diagnoses an error of the SDK by its name or code, never by its text or its own opinion about retrying. */
export function diagnoseAws(error: unknown, errors: ServiceErrors, nowMs: number): Diagnosis {
  if (error instanceof CredentialsUnavailable) return diagnoseCredentials(error, errors, nowMs)
  return diagnoseAnswer(error, errors.answers, nowMs)
}

/** What a failure means that an answer names for a part of its request, with what it says about it. */
export function diagnoseNamed(name: string, message: string, { answers }: ServiceErrors): Diagnosis {
  const fields: Fields = { name, message, status: 0, codes: [], headers: {} }
  return known(fields, answers) ?? unknown(fields)
}

function diagnoseCredentials({ step, cause }: CredentialsUnavailable, errors: ServiceErrors, nowMs: number): Diagnosis {
  switch (step) {
    case 'secret':
      return diagnoseSecret(cause)
    case 'role': {
      const found = diagnoseAnswer(cause, errors.assumeRole, nowMs)
      return { ...found, code: `AssumeRole.${found.code}`, hitsAll: true }
    }
    case 'machine':
    case 'machine-again':
      return diagnoseMachine(step, cause, nowMs)
  }
}

function diagnoseSecret(cause: unknown): Diagnosis {
  const found = { class: 'configuration', hitsAll: true } as const
  if (cause instanceof MalformedSecret) {
    const advice = 'Put the key alone there, without quotes, spaces and empty lines; a file is read again by itself.'
    return { ...found, code: 'SECRET_MALFORMED', said: cause.message, advice }
  }
  const said = cause instanceof MillraceError ? cause.message : "The account's secret cannot be read"
  return { ...found, code: 'SECRET_UNREADABLE', said, advice: 'Put it back; it is read again by itself.' }
}

/** An empty chain is `credentials`; an outage of what gave an identity before is not (fault 41). */
function diagnoseMachine(step: 'machine' | 'machine-again', cause: unknown, nowMs: number): Diagnosis {
  if (step === 'machine' && fieldsOf(cause).name === 'CredentialsProviderError') {
    const said = 'This machine has no AWS identity'
    const advice = "Give it one, or put access keys into the connector's account."
    return { class: 'credentials', code: 'NO_CREDENTIALS', said, advice, hitsAll: true }
  }
  const found = diagnoseAnswer(cause, NETWORK_BY_NAME, nowMs)
  const said = "The source of this machine's AWS identity gives none"
  return { ...found, class: 'transient', code: 'NO_IDENTITY_NOW', said, advice: 'It is asked again.', hitsAll: true }
}

function diagnoseAnswer(error: unknown, table: ErrorTable, nowMs: number): Diagnosis {
  const fields = fieldsOf(error)
  const found = clockFault(fields, nowMs) ?? known(fields, table) ?? byStatus(fields) ?? unknown(fields)
  const retryAfterMs = retryAfter(fields.headers['retry-after'], nowMs)
  const serverAtMs = Date.parse(fields.headers['date'] ?? '')
  return {
    ...found,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(!Number.isNaN(serverAtMs) && { serverAtMs }),
  }
}

function clockFault({ name, headers }: Fields, nowMs: number): Diagnosis | undefined {
  const serverMs = Date.parse(headers['date'] ?? '')
  if (!SIGNATURE_ERRORS.has(name) || !(Math.abs(serverMs - nowMs) > CLOCK_TOLERANCE_MS)) return undefined
  const minutes = Math.round(Math.abs(serverMs - nowMs) / 60_000)
  const said = `This machine's clock and the server's are ${minutes} minutes apart`
  return { class: 'clock', code: name, said, advice: 'Set the clock (NTP).', hitsAll: true }
}

function known(fields: Fields, table: ErrorTable): Diagnosis | undefined {
  const row = table.get(fields.name)
  if (row) return fromRow(row, fields.name, SIGNATURE_ERRORS.has(fields.name) ? '' : fields.message)
  const code = fields.codes.find((each) => NETWORK_BY_NAME.has(each))
  const network = code === undefined ? undefined : NETWORK_BY_NAME.get(code)
  if (network && code !== undefined) return fromRow(network, code, fields.message)
  if (fields.name !== 'TimeoutError') return undefined
  const advice = 'It is tried again; check the network and the endpoint if it persists.'
  return { class: 'transient', code: 'TIMEOUT', said: harmless(fields.message), advice, hitsAll: true }
}

function fromRow(row: ErrorGroup, code: string, message: string): Diagnosis {
  return { class: row.class, code, said: harmless(message), advice: row.advice, hitsAll: row.perObject !== true }
}

/** Only for answers without a name we know, such as those of a proxy in between. */
function byStatus({ name, status, message }: Fields): Diagnosis | undefined {
  const answer = { code: `HTTP_${status}`, said: harmless(`${name}: ${message}`) }
  if (status === 429) return { class: 'throttled', ...answer, advice: 'It is tried again, more slowly.', hitsAll: true }
  if (status >= 500) return { class: 'transient', ...answer, advice: 'It is tried again.', hitsAll: false }
  if (status < 300 || status >= 400) return undefined
  const advice = 'Configure the endpoint that it redirects to; redirects are not followed.'
  return { class: 'configuration', ...answer, advice, hitsAll: true }
}

function unknown({ name, status, codes, message }: Fields): Diagnosis {
  const what = [name, ...codes, status ? `HTTP ${status}` : ''].filter(Boolean).join(', ')
  const advice = 'This error is not known; it is tried again.'
  return { class: 'transient', code: 'UNKNOWN', said: harmless(`${what}: ${message}`), advice, hitsAll: false }
}

/** `Retry-After` is seconds or a date (RFC 9110, section 10.2.3). */
function retryAfter(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - nowMs
  return ms > 0 ? ms : undefined
}

/** The fields of an SDK error that are safe to look at; the others can hold the canonical request with its token. */
export interface Fields {
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

export function fieldsOf(thrown: unknown): Fields {
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

/** What the SDK tells its programmers about an answer that it cannot read. */
const FOR_PROGRAMMERS = / ?Deserialization error: to see the raw response.*$/s

const harmless = (words: string) => harmlessWords(words.replace(FOR_PROGRAMMERS, ''))
