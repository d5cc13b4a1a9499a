import { describe, expect, it } from 'vitest'
import { errorOf, MUTATING, served, type Asked } from './served.js'

const PAUSE: Asked = { method: 'POST', path: '/api/v1/connectors/connector-0/pause', headers: MUTATING }

const pausing = (headers: Record<string, string | null>): Asked => ({ ...PAUSE, headers: { ...MUTATING, ...headers } })

describe('a mutation', () => {
  it('is done with the headers it needs', async () => {
    const { ask, health } = await served()
    expect((await ask(PAUSE)).status).toBe(202)
    expect((await ask(pausing({ 'content-type': 'application/json; charset=utf-8' }))).status).toBe(202)
    expect(health.asked).toHaveLength(2)
  })

  it('needs the header X-Requested-With', async () => {
    const { ask, health } = await served()
    const answer = await ask(pausing({ 'x-requested-with': null }))
    expect([answer.status, errorOf(answer).code]).toEqual([403, 'HEADER_MISSING'])
    expect(errorOf(answer).message).toContain('X-Requested-With')
    expect(health.asked).toEqual([])
  })

  it.each([null, 'text/plain', 'application/x-www-form-urlencoded', 'text/plain; application/json'])(
    'is refused with the Content-Type %s',
    async (type) => {
      const { ask, health } = await served()
      const answer = await ask(pausing({ 'content-type': type }))
      expect([answer.status, errorOf(answer).code]).toEqual([415, 'NOT_JSON'])
      expect(errorOf(answer).message).toContain('Content-Type')
      expect(health.asked).toEqual([])
    },
  )

  it.each([
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'strange' },
    { origin: 'https://evil.example' },
    { origin: 'http://127.0.0.1:1' },
    { origin: 'null' },
    { origin: '' },
  ])('of a page from elsewhere is refused: %o', async (headers) => {
    const { ask, health } = await served()
    for (const path of [PAUSE.path, '/connectors/connector-0/restart']) {
      const answer = await ask({ ...pausing(headers), path })
      expect([answer.status, errorOf(answer).code]).toEqual([403, 'CROSS_SITE'])
    }
    expect(health.asked).toEqual([])
  })

  it('of a page from here is done', async () => {
    const { ask, server } = await served()
    const origin = `http://127.0.0.1:${server.port}`
    for (const headers of [{ origin }, { 'sec-fetch-site': 'same-origin', origin }, { 'sec-fetch-site': 'none' }])
      expect((await ask(pausing(headers))).status).toBe(202)
    // A proxy in front of us has another name; what the browser says of itself counts.
    const proxied = { 'sec-fetch-site': 'same-origin', origin: 'https://millrace.ops.example' }
    expect((await ask(pausing(proxied))).status).toBe(202)
  })

  it('leaves reading alone', async () => {
    const { ask } = await served()
    const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
    const answer = await ask({ path: '/api/v1/connectors', headers })
    expect(answer.status).toBe(200)
    // The page from elsewhere gets it, and may not look.
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
  })

  it('is never allowed to pages from elsewhere by a preflight', async () => {
    const { ask } = await served()
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' }
    const answer = await ask({ method: 'OPTIONS', path: PAUSE.path, headers })
    expect(answer.status).toBe(405)
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
  })
})
