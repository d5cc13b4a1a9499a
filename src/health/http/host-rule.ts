import { isIP } from 'node:net'
import type { MiddlewareHandler } from 'hono'
import { bare, isLoopback } from '../../config/addresses.js'
import type { HttpEnvironment } from './client.js'
import { Refusal } from './refusal.js'

export interface HostSettings {
  /** What is listened on: an address or a name. */
  host: string
  /** Further names that people reach it by: of a service, a proxy, an ingress. */
  allowedHosts?: readonly string[]
}

/**
 * Against DNS rebinding: a page from elsewhere whose name suddenly leads here brings its own name along as `Host`. On
 * loopback the names of loopback with the very port are served. On other addresses also every IP address, since only names
 * can be made to lead elsewhere, and ports may be mapped on the way; of names only the configured ones.
 */
export function hostRule(settings: HostSettings): MiddlewareHandler<HttpEnvironment> {
  const isAllowed = allowing(settings)
  return async (c, next) => {
    const host = c.req.header('host') ?? ''
    if (isAllowed(host, c.env.incoming.socket.localPort)) return next()
    throw new Refusal(
      'HOST_REFUSED',
      `the Host header "${host}" names another server: ask for it by the address it listens on, or add the name to service.http.allowedHosts`,
    )
  }
}

function allowing({ host: configured, allowedHosts = [] }: HostSettings) {
  const isLocal = isLoopback(configured)
  const names = new Set([...allowedHosts, ...(isLocal ? [] : [configured])].map(bare))
  return (header: string, localPort: number | undefined): boolean => {
    const [, host = '', port = '80'] = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/i.exec(header) ?? []
    const name = bare(host)
    if (names.has(name)) return true
    if (isLocal) return isLoopback(name) && Number(port) === localPort
    return isLoopback(name) || isIP(name) !== 0
  }
}
