import { describe, expect, it } from 'vitest'
import { errorOf, MUTATING, served, type Asked } from './served.js'

const flush = (body: string, headers = {}): Asked => ({
  ...{ method: 'POST', path: '/api/v1/connectors/connector-0/flush', body },
  headers: { ...MUTATING, ...headers },
})

describe('a body', () => {
  it.each([{ 'content-length': String(1024 * 1024) }, { 'transfer-encoding': 'chunked' }])(
    'of a mebibyte is refused: %o',
    async (headers) => {
      const { ask, health } = await served()
      const answer = await ask(flush('x'.repeat(1024 * 1024), headers))
      expect([answer.status, errorOf(answer).code]).toEqual([413, 'BODY_TOO_LARGE'])
      expect(health.asked).toEqual([])
    },
  )

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
