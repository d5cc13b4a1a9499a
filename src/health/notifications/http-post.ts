import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { receiverMistake } from '../../config/receiver-url.js'
import type { SendResult } from './channel.js'
import { guardedLookup } from './guarded-lookup.js'

/** What cannot get better by sending the same again; 401, 403, 404 and 410 a person may mend (RFC 9110). */
const FINAL_STATUSES = [400, 405, 406, 411, 413, 414, 415, 422, 431]

/** A receiver that asks for more is asked again after this. */
const MAX_RETRY_AFTER_MS = 15 * 60_000

/**
 * Posts JSON. Follows no redirect, reads nothing of the answer but its head, and talks neither in the clear to other
 * machines nor to link-local or metadata addresses, whatever names they hide behind.
 */
export function postJson(
  url: string,
  body: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<SendResult> {
  const mistake = receiverMistake(url)
  if (mistake) return Promise.resolve({ reason: `its address ${mistake[0]}`, isFinal: false })
  const request = new URL(url).protocol === 'https:' ? httpsRequest : httpRequest
  const length = Buffer.byteLength(body)
  const all = { ...headers, 'content-type': 'application/json', 'content-length': length, 'user-agent': 'millrace' }
  return new Promise((resolve) => {
    const post = request(url, { method: 'POST', headers: all, agent: false, lookup: guardedLookup, signal })
    post.on('response', (answer) => {
      resolve(resultOf(answer))
      post.destroy()
    })
    post.on('error', (error) => resolve({ reason: reasonOf(error), isFinal: false }))
    post.end(body)
  })
}

function resultOf({ statusCode = 0, headers }: IncomingMessage): SendResult {
  if (statusCode >= 200 && statusCode < 300) return 'sent'
  const reason = statusCode >= 300 && statusCode < 400 ? `HTTP ${statusCode}, a redirect` : `HTTP ${statusCode}`
  const seconds = Number(headers['retry-after'])
  const retryAfterMs = seconds > 0 ? Math.min(seconds * 1000, MAX_RETRY_AFTER_MS) : 0
  return { reason, isFinal: FINAL_STATUSES.includes(statusCode), retryAfterMs }
}

/** The code of an error of the network; its message may hold the address. */
export function reasonOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown }
  return String(code ?? name)
}
