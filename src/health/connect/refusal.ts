import type { Context } from 'hono'
import { MillraceError } from '../../runtime/errors.js'
import type { ErrorMessage } from './entities.js'

/** Why something is not answered or done, with the HTTP status that a worker of Kafka Connect has for it. */
export class ConnectRefusal extends Error {
  constructor(
    readonly status: 400 | 403 | 404 | 405 | 409 | 415 | 500,
    message: string,
  ) {
    super(message)
  }
}

/** Refusals, and what Kafka or a connector's state do not allow, as Kafka Connect tells them; anything else is thrown on. */
export function answerError(error: Error, c: Context): Response {
  const refusal = error instanceof MillraceError ? refusalOf(error) : error
  if (!(refusal instanceof ConnectRefusal)) throw error
  return answerRefusal(refusal, c)
}

export function answerRefusal({ status, message }: ConnectRefusal, c: Context): Response {
  return c.json({ error_code: status, message } satisfies ErrorMessage, status)
}

/** 409: not in the state that the connector is in. */
function refusalOf({ code, message }: MillraceError): ConnectRefusal {
  return new ConnectRefusal(code === 'USAGE' ? 409 : 500, message)
}
