import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { errorOf, MUTATING, served, type Asked } from './served.js'

const flush = (body: string, headers = {}): Asked => ({
  ...{ method: 'POST', path: '/api/v1/connectors/connector-0/flush', body },
  headers: { ...MUTATING, ...headers },
})

const LIMIT_BYTES = 64 * 1024

describe('a body', () => {
  it('of a mebibyte is refused before any of it has come', async () => {
    const { server, health } = await served()
    const headers = { ...MUTATING, 'content-length': 1024 * 1024 }
    const { path } = flush('')
    const asking = request({ host: '127.0.0.1', port: server.port, method: 'POST', path, headers })
    asking.on('error', () => undefined).flushHeaders()
    const [response] = (await once(asking, 'response')) as [IncomingMessage]
    expect(response.statusCode).toBe(413)
    asking.destroy()
    expect(health.asked).toEqual([])
  })

  it('that does not say how long it is, is refused when it is longer than the limit', async () => {
    const { ask, health } = await served()
    const chunked = { 'transfer-encoding': 'chunked' }
    const longer = await ask(flush('x'.repeat(LIMIT_BYTES + 1), chunked))
    expect([longer.status, errorOf(longer).code]).toEqual([413, 'BODY_TOO_LARGE'])
    const longest = await ask(flush('x'.repeat(LIMIT_BYTES), chunked))
    expect([longest.status, errorOf(longest).code]).toEqual([400, 'BAD_REQUEST'])
    expect(health.asked).toEqual([])
  })

  it('may be an empty object, or nothing, in pieces or not', async () => {
    const { ask } = await served()
    for (const body of ['', '{}', ' { } \n'])
      for (const headers of [{ 'content-length': String(body.length) }, { 'transfer-encoding': 'chunked' }])
        expect((await ask(flush(body, headers))).status).toBe(202)
  })

  it.each(['{', '[]', '{"a":1}', 'null', '{"__proto__":{"a":1}}', '['.repeat(60_000)])(
    'that says something is refused: %.20s',
    async (body) => {
      const { ask, health } = await served()
      const answer = await ask(flush(body))
      expect([answer.status, errorOf(answer).code]).toEqual([400, 'BAD_REQUEST'])
      expect(health.asked).toEqual([])
    },
  )
})
