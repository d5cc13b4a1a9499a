import { describe, expect, it } from 'vitest'
import { Secret } from '../../../src/runtime/secret.js'
import { errorOf, MUTATING, served } from './served.js'

const inline = (read: () => string) => new Secret({ kind: 'inline' }, read)
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

/** As `curl` sends it: the bytes of UTF-8, which Node's client takes as Latin-1. */
const asBytes = (text: string) => Buffer.from(text).toString('latin1')

describe('the token', () => {
  it.each([
    ['Bearer s3cret', 200],
    ['bearer s3cret', 200],
    [basic('anyone:s3cret'), 200],
    [basic(':s3cret'), 200],
    ['Bearer wrong!', 401],
    ['Bearer s3cre', 401],
    ['Bearer s3crett', 401],
    ['Bearer ', 401],
    ['Bearer', 401],
    ['s3cret', 401],
    ['Digest s3cret', 401],
    [basic('s3cret:'), 401],
    [basic('anyone:wrong'), 401],
    [basic('anyone:s3cret:'), 401],
    ['Basic !!!', 401],
    ['', 401],
  ])('%s is answered %i', async (authorization, status) => {
    const { ask } = await served({ http: { token: inline(() => 's3cret') } })
    expect((await ask({ path: '/api/v1/connectors', headers: { authorization } })).status).toBe(status)
  })

  it('may have characters of several bytes, and a colon', async () => {
    const token = 'schlüssel:🔑'
    const { ask } = await served({ http: { token: inline(() => token) } })
    for (const authorization of [`Bearer ${asBytes(token)}`, basic(`anyone:${token}`)])
      expect((await ask({ path: '/api/v1/connectors', headers: { authorization } })).status).toBe(200)
    const cut = { authorization: basic('anyone:schlüssel:') }
    expect((await ask({ path: '/api/v1/connectors', headers: cut })).status).toBe(401)
  })

  it('is asked for everywhere but at the probes, in a way that browsers understand', async () => {
    const { ask, health } = await served({ http: { token: inline(() => 's3cret') } })
    for (const path of ['/', '/metrics', '/api/v1/openapi.json', '/api/v1/instances', '/connectors', '/nowhere']) {
      const answer = await ask({ path })
      expect([path, answer.status, errorOf(answer).code]).toEqual([path, 401, 'UNAUTHORIZED'])
      expect(answer.headers['www-authenticate']).toBe('Basic realm="Millrace", charset="UTF-8"')
    }
    const pause = { method: 'POST', path: '/api/v1/connectors/connector-0/pause', headers: MUTATING }
    expect((await ask(pause)).status).toBe(401)
    expect(health.asked).toEqual([])
    for (const path of ['/livez', '/readyz']) expect((await ask({ path })).status).toBe(200)
  })

  it('is read at each request: a rotated one holds at once', async () => {
    let current = 'old'
    const { ask } = await served({ http: { token: inline(() => current) } })
    const statusOf = async (token: string) =>
      (await ask({ path: '/api/v1/instances', headers: { authorization: `Bearer ${token}` } })).status
    expect([await statusOf('old'), await statusOf('new')]).toEqual([200, 401])
    current = 'new'
    expect([await statusOf('old'), await statusOf('new')]).toEqual([401, 200])
  })

  it('is in no answer and no log line', async () => {
    const { ask, lines } = await served({ http: { token: inline(() => 'planted-token') } })
    const headers = { ...MUTATING, authorization: 'Bearer planted-token' }
    const wrong = await ask({ method: 'POST', path: '/api/v1/connectors/nobody/pause', headers })
    const refused = await ask({ path: '/', headers: { authorization: 'Bearer planted-tokem' } })
    expect([wrong.status, refused.status]).toEqual([404, 401])
    expect(JSON.stringify([wrong, refused, lines])).not.toContain('planted-toke')
  })
})
