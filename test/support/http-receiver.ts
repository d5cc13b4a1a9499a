import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Received {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: string
}

/** What the receiver does with a request: a status, a status with headers, or nothing at all. */
export type Answer = number | { status: number; headers: Record<string, string> } | 'hang'

export interface HttpReceiver {
  /** `http://127.0.0.1:PORT`. */
  origin: string
  /** Everything that arrived, oldest first. */
  received: Received[]
  /** What the next requests are answered, in order; after that 200. */
  answers: Answer[]
}

/** An HTTP server on this machine that keeps what it gets; stops with the test. */
export async function httpReceiver(): Promise<HttpReceiver> {
  const received: Received[] = []
  const answers: Answer[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request
      received.push({ method, path, headers, body: Buffer.concat(chunks).toString() })
      answer(response, answers.shift() ?? 200)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received, answers }
}

function answer(response: ServerResponse, answer: Answer): void {
  if (answer === 'hang') return
  const { status, headers } = typeof answer === 'number' ? { status: answer, headers: {} } : answer
  response.writeHead(status, headers).end('planted-answer')
}
