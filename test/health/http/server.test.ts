import { once } from 'node:events'
import { createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { HttpEnvironment } from '../../../src/health/http/client.js'
import { startHttpServer } from '../../../src/health/http/server.js'
import { eventually } from '../../support/eventually.js'

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'))

const app = () => new Hono<HttpEnvironment>().get('/', (c) => c.text('served'))

describe('the HTTP server', () => {
  it('takes any free port for 0, and says where it is', async () => {
    const server = await startHttpServer(app(), { host: '127.0.0.1', port: 0 })
    onTestFinished(() => server.close())
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`)
    expect(await (await fetch(server.url)).text()).toBe('served')
  })

  it.runIf(hasIpv6)('listens on an address of IPv6, with brackets or without', async () => {
    for (const host of ['::1', '[::1]']) {
      const server = await startHttpServer(app(), { host, port: 0 })
      onTestFinished(() => server.close())
      expect(server.url).toBe(`http://[::1]:${server.port}`)
      expect(await (await fetch(server.url)).text()).toBe('served')
    }
  })

  it('says what to do when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    await expect(startHttpServer(app(), { host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'HTTP_ADDRESS',
      message:
        `service.http: port ${port} of 127.0.0.1 is taken by another program: stop that one, ` +
        'or write another port (0: any free one)',
    })
  })

  it('says what to do when the address is not of this machine', async () => {
    await expect(startHttpServer(app(), { host: '192.0.2.1', port: 0 })).rejects.toMatchObject({
      code: 'HTTP_ADDRESS',
      message: 'service.http: 192.0.2.1 is no address of this machine: write 127.0.0.1, or 0.0.0.0 for all addresses',
    })
  })

  it('ends idle connections and answers that never end when it closes', async () => {
    let isGone = false
    const live = app().get('/events', (c) =>
      streamSSE(c, async (stream) => {
        await stream.writeSSE({ data: 'first' })
        await new Promise<void>((resolve) => stream.onAbort(() => resolve()))
        isGone = true
      }),
    )
    const server = await startHttpServer(live, { host: '127.0.0.1', port: 0 })
    const [events] = (await once(get(`${server.url}/events`), 'response')) as [IncomingMessage]
    await once(events, 'data')
    const idle = await fetch(server.url)
    await idle.text()
    const cut = once(events, 'error')
    await server.close()
    await cut
    await eventually(() => isGone)
    await expect(fetch(server.url)).rejects.toThrow()
  })
})
