import { NodeHttpHandler } from '@smithy/node-http-handler'

/** Longest wait for a TCP and TLS connection: several times a round trip around the earth with lost packets. */
const CONNECT_MS = 5_000

export interface HttpLimits {
  /** Sockets to one host at once. */
  sockets: number
  /** Longest silence on a connection, milliseconds. */
  idleMs: number
  /** Longest wait for an answer, milliseconds; absent where the caller has a deadline of its own. */
  answerMs?: number
}

/** HTTP/1.1 with kept-alive connections for an AWS client. Redirects are not followed. `destroy()` closes all sockets. */
export function createAwsHttp({ sockets, idleMs, answerMs }: HttpLimits): NodeHttpHandler {
  const agent = { keepAlive: true, maxSockets: sockets }
  return new NodeHttpHandler({
    httpAgent: agent,
    httpsAgent: agent,
    connectionTimeout: CONNECT_MS,
    socketTimeout: idleMs,
    ...(answerMs !== undefined && { requestTimeout: answerMs, throwOnRequestTimeout: true }),
  })
}
