import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'

/** What a request brings along: Node's own side of it. */
export interface HttpEnvironment {
  Bindings: HttpBindings
}

export type HttpContext = Context<HttpEnvironment>

/** Where a request comes from, for timeline and audit log; empty when the client has gone already. */
export function clientAddress(c: HttpContext): string {
  return c.env.incoming.socket.remoteAddress ?? ''
}

/** Methods that change nothing (RFC 9110, 9.2.1). Everything else is a mutation. */
export function isMutation({ req }: HttpContext): boolean {
  return !['GET', 'HEAD', 'OPTIONS'].includes(req.method)
}
