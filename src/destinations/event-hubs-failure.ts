import { MillraceError } from '../runtime/errors.js'
import { harmlessWords, type Diagnosis } from './diagnosis.js'
import { byName, type ErrorGroup, type ErrorTable } from './error-table.js'
import { MalformedConnectionString } from './event-hubs-connection-string.js'
import { OpeningTimedOut } from './event-hubs-current-link.js'
import { EntraUnavailable } from './event-hubs-entra.js'
import { CONDITIONS, ENTRA_ERRORS, EVENT_HUBS_CLIENT_ERRORS, EVENT_HUBS_ERRORS } from './event-hubs-errors.js'
import { LinkLost, NoCredit } from './event-hubs-link.js'
import { NETWORK_ERRORS } from './network-errors.js'

const HUB_BY_NAME = byName([...EVENT_HUBS_ERRORS, ...EVENT_HUBS_CLIENT_ERRORS, ...NETWORK_ERRORS])
const ENTRA_BY_NAME = byName([...ENTRA_ERRORS, ...NETWORK_ERRORS])

/** What a busy server asks for (Microsoft Learn, "Azure Event Hubs exceptions", ServerBusyException; fault 24). */
const BUSY_MS = 10_000

/** Diagnoses what sending, or opening a link, rejects with: by condition, name or code, never by the SDK's own opinion about retrying. */
export function diagnose(error: unknown): Diagnosis {
  if (error instanceof LinkLost) return diagnoseLoss(error)
  if (error instanceof EntraUnavailable) return diagnoseEntra(error)
  return diagnoseOurs(error) ?? diagnoseAnswer(error)
}

/** What was found before anything was asked of Event Hubs. */
function diagnoseOurs(error: unknown): Diagnosis | undefined {
  if (error instanceof MillraceError) {
    return configuration('SECRET_UNREADABLE', error.message, 'Put it back; it is read again by itself.')
  }
  if (error instanceof MalformedConnectionString) {
    return configuration('SECRET_MALFORMED', error.message, 'Mend it; it is read again by itself.')
  }
  if (error instanceof NoCredit) return fromRow(HUB_BY_NAME, 'client.sender:not-enough-link-credit', '')
  if (!(error instanceof OpeningTimedOut)) return undefined
  const advice = 'It is tried again; check network and firewall if it persists.'
  return { class: 'transient', code: 'NO_ANSWER', said: 'The event hub is silent', advice, hitsAll: true }
}

const configuration = (code: string, said: string, advice: string): Diagnosis => ({
  ...{ class: 'configuration', code, said, advice, hitsAll: true },
})

/** Whatever the reason, the event hub may have what was underway. */
function diagnoseLoss({ reason }: LinkLost): Diagnosis {
  const found = reason === undefined || reason === null ? undefined : diagnoseAnswer(reason)
  if (found && found.code !== 'UNKNOWN') return { ...found, hitsAll: true }
  const said = found?.said ?? 'The link was lost while the events were underway'
  return { class: 'transient', code: 'LINK_LOST', said, advice: 'They are sent again.', hitsAll: true }
}

function diagnoseEntra({ step, answer }: EntraUnavailable): Diagnosis {
  if (step === 'machine-again') {
    const said = "The source of this machine's Azure identity gives none"
    return { class: 'transient', code: 'NO_IDENTITY_NOW', said, advice: 'It is asked again.', hitsAll: true }
  }
  const name = answer?.names.find((each) => ENTRA_BY_NAME.has(each))
  const row = name === undefined ? undefined : ENTRA_BY_NAME.get(name)
  const rest = { hitsAll: true, ...(answer?.retryAfterMs !== undefined && { retryAfterMs: answer.retryAfterMs }) }
  if (row && name !== undefined && (step === 'application' || row.class !== 'transient')) {
    return { class: row.class, code: name, said: 'Entra ID gives no token', advice: row.advice, ...rest }
  }
  return step === 'machine' ? NO_IDENTITY : { ...unknownAnswerOfEntra(answer), ...rest }
}

const NO_IDENTITY: Diagnosis = {
  class: 'credentials',
  code: 'NO_CREDENTIALS',
  said: 'This machine has no Azure identity',
  advice: "Give it one, or put tenantId, clientId and clientSecret into the connector's account.",
  hitsAll: true,
}

function unknownAnswerOfEntra(answer: EntraUnavailable['answer']): Omit<Diagnosis, 'hitsAll'> {
  const { status = 0, names = [] } = answer ?? {}
  if (status === 429) {
    const said = 'Entra ID is asked too often'
    return { class: 'throttled', code: 'HTTP_429', said, advice: 'It is asked again, more slowly.' }
  }
  const what = [...names, status > 0 ? `HTTP ${status}` : 'no answer'].join(', ')
  const said = harmlessWords(`Entra ID gives no token: ${what}`)
  return { class: 'transient', code: 'NO_TOKEN', said, advice: 'It is asked again; check the network if it persists.' }
}

function diagnoseAnswer(error: unknown): Diagnosis {
  const { names, message } = fieldsOf(error)
  const name = names.find((each) => HUB_BY_NAME.has(each))
  return name === undefined ? unknown(names, message) : fromRow(HUB_BY_NAME, name, message)
}

function fromRow(table: ErrorTable, code: string, message: string): Diagnosis {
  const row = table.get(code) as ErrorGroup
  const found = { class: row.class, code, said: harmlessWords(message), advice: row.advice }
  const retryAfterMs = code === 'com.microsoft:server-busy' ? { retryAfterMs: BUSY_MS } : {}
  return { ...found, hitsAll: row.perObject !== true, ...retryAfterMs }
}

function unknown(names: readonly string[], message: string): Diagnosis {
  const said = harmlessWords([names.join(', '), message].filter(Boolean).join(': '))
  const advice = 'This error is not known; it is tried again.'
  return { class: 'transient', code: 'UNKNOWN', said, advice, hitsAll: false }
}

interface SdkError {
  /** Of a batch that was refused: what the other side said. */
  innerError?: unknown
  name?: unknown
  code?: unknown
  condition?: unknown
  message?: unknown
  description?: unknown
  cause?: unknown
}

/** What it may be called, the most telling first: AMQP's condition, the SDK's name for it, Node's code, its own or its cause's. */
function fieldsOf(thrown: unknown): { names: string[]; message: string } {
  const outer: SdkError = typeof thrown === 'object' && thrown !== null ? thrown : {}
  const error = (outer.innerError ?? outer) as SdkError
  const cause = (error.cause ?? {}) as SdkError
  const names = [error.condition, conditionOf(error.code), error.code, cause.code, error.name]
  const message = error.description ?? error.message
  return {
    names: [...new Set(names.filter((name) => typeof name === 'string'))],
    message: typeof message === 'string' ? message : '',
  }
}

const conditionOf = (code: unknown) => (typeof code === 'string' ? CONDITIONS[code] : undefined)
