import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import { systemClock } from '../../runtime/clock.js'
import { MillraceError } from '../../runtime/errors.js'
import type { HttpEnvironment } from './client.js'

export interface HttpServer {
  /** `http://127.0.0.1:8080`. */
  url: string
  port: number
  /** Answers that are underway get half a second; those that never end, such as live updates, are cut off then. */
  close(): Promise<void>
}

const GRACE_MS = 500

/** Listens; port 0 is any free one. Rejects with `HTTP_ADDRESS` when the address cannot be had. */
export async function startHttpServer(
  app: Hono<HttpEnvironment>,
  { host, port }: { host: string; port: number },
): Promise<HttpServer> {
  const answer = getRequestListener(app.fetch)
  const server = createServer((incoming, outgoing) => void answer(incoming, outgoing))
  server.listen(port, host.replace(/^\[|\]$/g, ''))
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    throw new MillraceError('HTTP_ADDRESS', `service.http: ${mistake(error, host, port)}`, { cause: error })
  })
  // What fails later is a single connection that cannot be taken; the others are served.
  server.on('error', () => undefined)
  const { port: actual } = server.address() as AddressInfo
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
  return { url: `http://${name}:${actual}`, port: actual, close: () => close(server) }
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  const cancel = systemClock.after(GRACE_MS, () => server.closeAllConnections())
  await closed
  cancel()
}

function mistake({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  if (code === 'EADDRINUSE')
    return `port ${port} of ${host} is taken by another program: stop that one, or write another port (0: any free one)`
  if (code === 'EACCES') return `this user may not listen on port ${port}: write a port of 1024 or more`
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `${host} is no address of this machine: write 127.0.0.1, or 0.0.0.0 for all addresses`
  return `cannot listen on ${host}, port ${port}: ${code ?? message}`
}
