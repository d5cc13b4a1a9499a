import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'

/** A request as Node's server hands it over. */
export type HttpContext = Context<{ Bindings: HttpBindings }>

/** Where a request comes from, for timeline and audit log; empty when the client has gone already. */
export function clientAddress(c: HttpContext): string {
  return c.env.incoming.socket.remoteAddress ?? ''
}
