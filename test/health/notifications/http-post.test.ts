import { createServer } from 'node:https'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { postJson } from '../../../src/health/notifications/http-post.js'
import { eventually } from '../../support/eventually.js'
import { httpReceiver, type Answer } from '../../support/http-receiver.js'
import { selfSigned } from '../../support/self-signed.js'
import { never } from './sample.js'

describe('posting JSON', () => {
  it.each<[Answer, unknown]>([
    [204, 'sent'],
    [500, { reason: 'HTTP 500', isFinal: false, retryAfterMs: 0 }],
    [400, { reason: 'HTTP 400', isFinal: true, retryAfterMs: 0 }],
    [403, { reason: 'HTTP 403', isFinal: false, retryAfterMs: 0 }],
    [
      { status: 429, headers: { 'retry-after': '7' } },
      { reason: 'HTTP 429', isFinal: false, retryAfterMs: 7_000 },
    ],
    [
      { status: 503, headers: { 'retry-after': '86400' } },
      { reason: 'HTTP 503', isFinal: false, retryAfterMs: 900_000 },
    ],
    [
      { status: 503, headers: { 'retry-after': 'Fri, 31 Dec 2027 23:59:59 GMT' } },
      { reason: 'HTTP 503', isFinal: false, retryAfterMs: 0 },
    ],
  ])('answered %j it is %j', async (answer, expected) => {
    const { origin, answers } = await httpReceiver()
    answers.push(answer)
    expect(await postJson(origin, '{}', {}, never)).toEqual(expected)
  })

  it('follows no redirect', async () => {
    const { origin, answers, received } = await httpReceiver()
    const other = await httpReceiver()
    answers.push({ status: 307, headers: { location: `${other.origin}/planted` } })
    const result = await postJson(origin, '{}', {}, never)
    expect(result).toEqual({ reason: 'HTTP 307, a redirect', isFinal: false, retryAfterMs: 0 })
    expect([received.length, other.received.length]).toEqual([1, 0])
  })

  it('ends when it is told to', async () => {
    const { origin, answers, received } = await httpReceiver()
    answers.push('hang')
    const abort = new AbortController()
    const posting = postJson(origin, '{}', {}, abort.signal)
    await eventually(() => received.length === 1)
    abort.abort()
    expect(await posting).toEqual({ reason: 'ABORT_ERR', isFinal: false })
  })

  it.each([
    ['http://example.com/planted', 'its address is plain HTTP to another machine'],
    ['https://169.254.169.254/planted', 'its address is a link-local or metadata address'],
    ['https://[::ffff:169.254.169.254]/planted', 'its address is a link-local or metadata address'],
    ['https://0xa9fea9fe/planted', 'its address is a link-local or metadata address'],
    ['https://u:planted@example.com/', 'its address holds a user or password'],
    ['planted', 'its address is no address'],
  ])('does not even connect to %s', async (url, reason) => {
    expect(await postJson(url, '{}', {}, never)).toEqual({ reason, isFinal: false })
  })

  it('believes no certificate that nobody vouches for', async () => {
    const server = createServer(selfSigned, (_request, response) => response.end())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const result = await postJson(`https://127.0.0.1:${(server.address() as AddressInfo).port}`, '{}', {}, never)
    expect(result).toEqual({ reason: 'DEPTH_ZERO_SELF_SIGNED_CERT', isFinal: false })
  })
})
