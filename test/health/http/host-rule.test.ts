import { describe, expect, it } from 'vitest'
import { Hono } from 'hono'
import { answerErrors } from '../../../src/health/http/error-answers.js'
import type { HttpEnvironment } from '../../../src/health/http/client.js'
import { hostRule, type HostSettings } from '../../../src/health/http/host-rule.js'
import { silentLogger } from '../../support/source-log.js'
import { errorOf, served } from './served.js'

/** The status that a request with this Host gets where port 8080 is listened on. */
async function statusOf(settings: HostSettings, host: string): Promise<number> {
  const app = new Hono<HttpEnvironment>()
  answerErrors(app, silentLogger)
  app.use(hostRule(settings)).get('/', (c) => c.text('served'))
  const env = { incoming: { socket: { localPort: 8080 } } }
  return (await app.request('/', { headers: { host } }, env)).status
}

describe('the Host header', () => {
  it.each([
    ['127.0.0.1:8080', 200],
    ['localhost:8080', 200],
    ['LOCALHOST:8080', 200],
    ['localhost.:8080', 200],
    ['[::1]:8080', 200],
    ['localhost:8081', 421],
    ['localhost', 421],
    ['evil.example', 421],
    ['evil.example:8080', 421],
    ['localhost.evil.example:8080', 421],
    ['127.0.0.1.evil.example:8080', 421],
    ['evil.example@localhost:8080', 421],
    ['localhost:8080@evil.example', 421],
    ['192.0.2.7:8080', 421],
    ['[2001:db8::1]:8080', 421],
    ['', 421],
  ])('%s is answered %i where loopback is listened on', async (host, status) => {
    for (const configured of ['127.0.0.1', '::1', 'localhost'])
      expect(await statusOf({ host: configured }, host)).toBe(status)
  })

  it.each([
    ['127.0.0.1:8080', 200],
    ['192.0.2.7:8080', 200],
    ['192.0.2.7:30080', 200],
    ['[2001:db8::1]:8080', 200],
    ['localhost:9999', 200],
    ['millrace.ops.example', 200],
    ['Millrace.ops.example:443', 200],
    ['evil.example:8080', 421],
  ])('%s is answered %i where all addresses are listened on', async (host, status) => {
    expect(await statusOf({ host: '0.0.0.0', allowedHosts: ['millrace.ops.example'] }, host)).toBe(status)
  })

  it('may be the configured name, which is the only one then', async () => {
    expect(await statusOf({ host: 'millrace.internal' }, 'millrace.internal:8080')).toBe(200)
    expect(await statusOf({ host: 'millrace.internal' }, 'other.internal:8080')).toBe(421)
  })

  it('guards every path of the server, and says what is wrong', async () => {
    const { ask, server } = await served()
    for (const path of ['/', '/livez', '/readyz', '/metrics', '/api/v1/connectors', '/connectors', '/nowhere']) {
      const answer = await ask({ path, headers: { host: `evil.example:${server.port}` } })
      expect([path, answer.status, errorOf(answer).code]).toEqual([path, 421, 'HOST_REFUSED'])
      expect(errorOf(answer).message).toContain(`"evil.example:${server.port}"`)
    }
    expect((await ask({ path: '/livez', headers: { host: `localhost:${server.port}` } })).status).toBe(200)
  })

  it('may not be missing', async () => {
    const { ask } = await served()
    expect((await ask({ path: '/livez', headers: { host: null } })).status).toBe(400)
  })
})
