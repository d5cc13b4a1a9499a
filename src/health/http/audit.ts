import type { MiddlewareHandler } from 'hono'
import type { Logger } from '../../runtime/logger.js'
import { clientAddress, isMutation, type HttpEnvironment } from './client.js'

/** The longest path that means anything, and far from what could fill a log. */
const MAX_SHOWN_PATH = 200

/** A line in the log for every request that would change something: who, what, and what became of it, refused ones too. */
export function audit(logger: Logger): MiddlewareHandler<HttpEnvironment> {
  return async (c, next) => {
    await next()
    if (!isMutation(c)) return
    const { method } = c.req
    const path = c.req.path.slice(0, MAX_SHOWN_PATH)
    const line = { method, path, client: clientAddress(c), status: c.res.status }
    logger.info(line, `HTTP: ${c.res.ok ? 'done' : 'not done'}: ${method} ${path}`)
  }
}
