import { MillraceError } from '../runtime/errors.js'
import type { Secret } from '../runtime/secret.js'
import { printable } from './table.js'

/** An instance answers within milliseconds, also when it has to write to Kafka first; a person is waiting. */
const TIMEOUT_MS = 10_000

export interface Instance {
  /** Ends with `/`; what is asked for stands behind it. */
  url: URL
  token?: Secret
}

interface Answer {
  status: number
  /** The JSON document; undefined where it is none. */
  body: unknown
}

type Method = 'GET' | 'POST'

/** The API of a running instance, as the command line asks it. Everything it throws is a `MillraceError`. */
export class ApiClient {
  constructor(
    private readonly instance: Instance,
    private readonly stop: AbortSignal,
    private readonly timeoutMs = TIMEOUT_MS,
  ) {}

  /** As messages name it: `http://127.0.0.1:8080`. */
  get place(): string {
    return this.instance.url.href.replace(/\/$/, '')
  }

  /**
   * Resolves to the answer, of which `isExpected` tells whether it is one of Millrace. Throws `NO_INSTANCE` when nothing, or
   * something else than Millrace, answers there; `CONFIGURATION` when it refuses the token; `USAGE` for what it does not
   * have, or cannot do now; else `INSTANCE_FAILED`.
   */
  get<T>(path: string, isExpected: (body: unknown) => body is T): Promise<T> {
    return this.#ask('GET', path, isExpected)
  }

  /** As `get`, of what changes something. */
  post<T>(path: string, isExpected: (body: unknown) => body is T): Promise<T> {
    return this.#ask('POST', path, isExpected)
  }

  async #ask<T>(method: Method, path: string, isExpected: (body: unknown) => body is T): Promise<T> {
    const { status, body } = await this.#fetch(method, path)
    const isGood = status >= 200 && status < 300
    if (isGood && isExpected(body)) return body
    const { code, message } = errorOf(body)
    if (isGood || typeof message !== 'string') throw this.#isOther(status, body)
    if (status === 401) throw this.#refusesToken()
    if (status === 404 || code === 'USAGE') throw new MillraceError('USAGE', printable(message))
    throw new MillraceError('INSTANCE_FAILED', printable(`the instance at ${this.place}: ${message} (HTTP ${status})`))
  }

  async #fetch(method: Method, path: string): Promise<Answer> {
    const { url, token } = this.instance
    const signal = AbortSignal.any([this.stop, AbortSignal.timeout(this.timeoutMs)])
    const headers = { accept: 'application/json', ...(method === 'POST' && MUTATION), ...(token && loginOf(token)) }
    const body = method === 'POST' ? { body: '{}' } : {}
    try {
      // A token must not follow a redirect to wherever it leads.
      const answer = await fetch(new URL(path, url), { method, headers, signal, redirect: 'manual', ...body })
      return { status: answer.status, body: parsed(await answer.text()) }
    } catch (error) {
      throw this.#isSilent(method, error as Error)
    }
  }

  #isSilent(method: Method, error: Error): MillraceError {
    const isHanging = error.name === 'TimeoutError'
    const reason = isHanging ? `nothing within ${this.timeoutMs / 1000} s` : reasonOf(error)
    if (!isHanging || method === 'GET')
      return new MillraceError('NO_INSTANCE', `no running instance answers at ${this.place} (${reason})`)
    const unknown = 'whether it does what was asked is not known: look with millrace status'
    return new MillraceError('INSTANCE_FAILED', `the instance at ${this.place} says ${reason}: ${unknown}`)
  }

  #isOther(status: number, body: unknown): MillraceError {
    const what = body === undefined ? 'no JSON' : 'other JSON'
    return new MillraceError('NO_INSTANCE', `what answers at ${this.place} is not Millrace (HTTP ${status}, ${what})`)
  }

  #refusesToken(): MillraceError {
    const why = this.instance.token ? 'is not the one it runs with' : 'is not set here, and it asks for one'
    return new MillraceError(
      'CONFIGURATION',
      `the instance at ${this.place} refuses the token: service.http.token ${why}: use the configuration it runs with`,
    )
  }
}

/** What the API asks of everything that changes something, so that no page of another host can do it. */
const MUTATION = { 'content-type': 'application/json', 'x-requested-with': 'millrace' }

/** Basic rather than Bearer: in base64 a token may hold any character. The user's name is not looked at. */
function loginOf(token: Secret): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`millrace:${token.read()}`).toString('base64')}` }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `{ error: { code, message } }` is what Millrace answers when it refuses. */
function errorOf(body: unknown): { code?: unknown; message?: unknown } {
  return hasMembers(body, 'error') && hasMembers(body.error, 'code', 'message') ? body.error : {}
}

/** Whether that is an object with these members. */
export function hasMembers<Name extends string>(value: unknown, ...names: Name[]): value is Record<Name, unknown> {
  return typeof value === 'object' && value !== null && names.every((name) => name in value)
}

/** The code of what `fetch` met on the network; else its words, which hold no more than a reason. */
function reasonOf({ message, cause }: Error): string {
  const { code, message: reason = message } = (cause ?? {}) as { code?: string; message?: string }
  return code ?? reason
}
