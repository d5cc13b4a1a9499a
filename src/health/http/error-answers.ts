import { randomUUID } from 'node:crypto'
import type { Hono } from 'hono'
import { methodNotAllowed } from 'hono/method-not-allowed'
import { MillraceError } from '../../runtime/errors.js'
import type { Logger } from '../../runtime/logger.js'
import type { HttpContext, HttpEnvironment } from './client.js'
import { Refusal } from './refusal.js'

/**
 * The JSON of everything that goes wrong: `{ error: { code, message } }`. A refusal says what is wrong with the request; a
 * `MillraceError` what outside keeps it from being done (409 what the connector does not allow, 503 the rest). Anything
 * else is a bug: the client learns only an id that the log has too.
 */
export function answerErrors(app: Hono<HttpEnvironment>, logger: Logger): void {
  app.use(methodNotAllowed({ app, onMethodNotAllowed }))
  app.notFound((c) => answer(c, new Refusal('NOT_FOUND', 'there is nothing at this path: see /api/v1/openapi.json')))
  app.onError((error, c) => {
    if (error instanceof Refusal) return answer(c, error)
    if (error instanceof MillraceError) return answer(c, { ...statusOf(error), message: error.message })
    // What was done for a client that has gone was cut off by that: for the audit log, in the way of nginx.
    if (c.req.raw.signal.aborted) return new Response(null, { status: 499 })
    return answerBug(c, error, logger)
  })
}

function onMethodNotAllowed(c: HttpContext, methods: readonly string[]) {
  c.header('Allow', methods.join(', '))
  return answer(c, new Refusal('METHOD_NOT_ALLOWED', `${c.req.method} is not possible here, but ${methods.join(', ')}`))
}

const statusOf = ({ code }: MillraceError) => ({ code, status: code === 'USAGE' ? (409 as const) : (503 as const) })

function answerBug(c: HttpContext, error: Error, logger: Logger) {
  const id = randomUUID()
  const { method, path } = c.req
  // Fields of an error may hold secrets (those of AWS signature errors do): the stack alone is shown.
  logger.error({ id, method, path, stack: error.stack }, 'HTTP: this is a bug, please report it')
  const message = `this is a bug, and not of the request: the log of Millrace has more under the id ${id}`
  return answer(c, { status: 500, code: 'INTERNAL', message })
}

interface Answered {
  status: Refusal['status'] | 409 | 500 | 503
  code: string
  message: string
}

function answer(c: HttpContext, { status, code, message }: Answered) {
  return c.json({ error: { code, message } }, status)
}
