import { once } from 'node:events'
import {
  createServer,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { FaultRules, type Occasion } from './fault-rules.js'

/** What happens to a request; without `method` or `path` to every one. */
export interface S3Fault extends Occasion {
  /**
   * - `slow down`, `internal error`: answered as S3 does when it throttles (503) or stumbles (500); not forwarded
   * - `hang`: no answer, ever; not forwarded
   * - `cut before`: the connection is reset, the server never sees the request
   * - `cut body`: the server gets half of the body, then both connections are reset
   * - `cut after`: the server has carried it out (the object is stored), then the connection is reset instead of an answer
   * - `delay`: forwarded after `delayMs`
   * - `trickle`: the body is taken at `bytesPerSecond`, then forwarded
   */
  action: 'slow down' | 'internal error' | 'hang' | 'cut before' | 'cut body' | 'cut after' | 'delay' | 'trickle'
  method?: string
  /** Tested against the path and query of the request, such as `/bucket/key?partNumber=1`. */
  path?: RegExp
  delayMs?: number
  bytesPerSecond?: number
}

/** An HTTP proxy in front of an S3 server that, by rules, answers in its place or breaks connections. */
export class S3FaultProxy {
  /** Set what goes wrong with `rules.set`; see `rules.done` for what has. */
  readonly rules: FaultRules<S3Fault, IncomingMessage>
  /** Told every object that the server has taken, also when the client is never told. */
  onStored: (path: string, body: Buffer) => void = () => undefined

  private port = 0

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
    seed: number,
  ) {
    this.rules = new FaultRules(applies, seed)
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      // Whatever breaks on one side breaks on the other; that is what a proxy can do about it.
      this.handle(request, response).catch(() => reset(request))
    })
  }

  /** In front of the S3 server at `endpoint`; the same seed and requests make the same faults. */
  static async start(endpoint: string, { seed = 1 } = {}): Promise<S3FaultProxy> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new S3FaultProxy(server, new URL(endpoint), seed)
  }

  /** What S3 clients use in place of the server's own. Signatures stay valid: the Host header is passed on as it came. */
  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** From now on connections are refused; those that are open end. */
  async refuseConnections(): Promise<void> {
    this.port = (this.server.address() as AddressInfo).port
    await this.close()
  }

  /** After `refuseConnections`: listens again where it did. */
  async acceptConnections(): Promise<void> {
    this.server.listen(this.port, '127.0.0.1')
    await once(this.server, 'listening')
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close')
    this.server.close()
    this.server.closeAllConnections()
    await closed
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const fault = this.rules.decide(request)
    switch (fault?.action) {
      case 'hang':
        return void request.resume()
      case 'cut before':
        return reset(request)
      case 'slow down':
        return refuse(request, response, slowDown)
      case 'internal error':
        return refuse(request, response, internalError)
      case 'cut body':
        return this.forwardHalf(request)
      case 'delay':
        await sleep(fault.delayMs)
        return this.forward(request, response)
      case 'trickle':
        return this.forward(request, response, await slowBody(request, fault.bytesPerSecond ?? 1))
      case 'cut after':
        await this.exchange(request, await wholeBody(request))
        return reset(request)
      case undefined:
        return this.forward(request, response)
    }
  }

  private async forward(request: IncomingMessage, response: ServerResponse, body?: Buffer): Promise<void> {
    const answer = await this.exchange(request, body ?? (await wholeBody(request)))
    response.writeHead(answer.status, answer.headers).end(answer.body)
  }

  /** Sends the request with this body to the server; resolves to its whole answer. */
  private async exchange(request: IncomingMessage, body: Buffer) {
    const upstream = this.open(request)
    upstream.end(body)
    const [answer] = (await once(upstream, 'response')) as [IncomingMessage]
    if (request.method === 'PUT' && answer.statusCode === 200) this.onStored(request.url ?? '', body)
    return { status: answer.statusCode ?? 0, headers: answer.rawHeaders, body: await wholeBody(answer) }
  }

  private async forwardHalf(request: IncomingMessage): Promise<void> {
    const body = await wholeBody(request)
    const upstream = this.open(request)
    upstream.on('error', () => undefined)
    await new Promise<void>((resolve) => upstream.write(body.subarray(0, Math.floor(body.length / 2)), () => resolve()))
    upstream.destroy()
    reset(request)
  }

  private open({ method = '', url = '', headers }: IncomingMessage): ClientRequest {
    const { hostname, port } = this.target
    const upstream = httpRequest({ hostname, port, method, path: url, headers, agent: false })
    // The body is at hand: nobody has to be asked whether to send it.
    upstream.removeHeader('expect')
    return upstream
  }
}

function applies({ method, path }: S3Fault, request: IncomingMessage): boolean {
  return (method === undefined || method === request.method) && (path === undefined || path.test(request.url ?? ''))
}

/** A reset, as a crashed machine or a firewall makes it: the client gets ECONNRESET. */
function reset(request: IncomingMessage): void {
  request.socket.resetAndDestroy()
}

interface Refusal {
  status: number
  code: string
  message: string
}

/** Both as S3 documents them [S3 API reference, error responses]. */
const slowDown: Refusal = { status: 503, code: 'SlowDown', message: 'Please reduce your request rate.' }
const internalError: Refusal = {
  status: 500,
  code: 'InternalError',
  message: 'We encountered an internal error. Please try again.',
}

async function refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): Promise<void> {
  await wholeBody(request)
  const { status, code, message } = refusal
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`
  response.writeHead(status, { 'content-type': 'application/xml' }).end(xml)
}

async function wholeBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function slowBody(message: IncomingMessage, bytesPerSecond: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    await sleep((chunk.length / bytesPerSecond) * 1000)
  }
  return Buffer.concat(chunks)
}
