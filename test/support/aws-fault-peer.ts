import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { crc32 } from 'node:zlib'
import { isSignedWith, parseAuthorization, sha256, signedAtMs, type SignedRequest } from './sigv4.js'

/** Who may sign requests. */
export interface PeerKey {
  secret: string
  /** Requests must carry it, too. */
  sessionToken?: string
  /** From when on it is refused as expired, Unix milliseconds; never unless told. */
  endsMs?: number
}

/** Who may assume a role, and what must be told. */
export interface PeerRole {
  externalId?: string
  /** The session's lifetime; an hour unless told. */
  livesMs?: number
}

export interface PeerRequest extends SignedRequest {
  /** Of S3, unescaped; empty for STS. */
  bucket: string
  key: string
}

/** What the peer does instead of, or around, what was asked. */
export type PeerFault =
  | { answer: PeerAnswer }
  /** Takes the request and is silent. */
  | { silent: true }
  /** Answers one header line at a time, for ever. */
  | { trickleEveryMs: number }
  /** Closes the connection before, or after, it has done what was asked; the answer never leaves. */
  | { cut: 'before' | 'after' }
  /** Resets the connection in the middle of the request's body. */
  | { reset: true }

export interface PeerAnswer {
  status: number
  /** An S3 error document with this code is the body, unless there is a `body`. */
  code?: string
  body?: string
  headers?: Record<string, string>
}

export interface PeerOptions {
  keys?: Record<string, PeerKey>
  buckets?: string[]
  roles?: Record<string, PeerRole>
  /** The peer's clock; also its `Date` header. */
  nowMs?: () => number
  /** PEM; speaks https then. */
  tls?: { key: string; cert: string }
}

/** AWS refuses requests signed more than 15 minutes away (S3 API Reference, RequestTimeTooSkewed). */
export const SKEW_MS = 15 * 60_000

class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
  ) {
    super(code)
  }
}

/**
 * S3 (path style) and STS in this process, for what no real server here does: throttling, expired tokens, external ids,
 * hanging, cut connections. Checks signatures, session tokens, skew and checksums as AWS does.
 */
export class AwsFaultPeer {
  readonly objects = new Map<string, Buffer>()
  /** Every request that arrived whole, in order. */
  readonly requests: PeerRequest[] = []
  readonly keys: Map<string, PeerKey>
  readonly roles: Map<string, PeerRole>
  /** Looked at for every request. */
  fault: (request: Omit<PeerRequest, 'body'>) => PeerFault | undefined = () => undefined
  openSockets = 0
  /** Stays when the peer has stopped. */
  endpoint = ''

  readonly #buckets: Set<string>
  readonly #nowMs: () => number
  readonly #server: Server
  #sessions = 0

  private constructor({ keys = {}, buckets = [], roles = {}, nowMs = Date.now, tls }: PeerOptions) {
    this.keys = new Map(Object.entries(keys))
    this.roles = new Map(Object.entries(roles))
    this.#buckets = new Set(buckets)
    this.#nowMs = nowMs
    const listener = (incoming: IncomingMessage, response: ServerResponse) => void this.#serve(incoming, response)
    this.#server = tls ? createTlsServer(tls, listener) : createServer(listener)
    this.#server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => this.#count(socket))
  }

  /** Listens on a free port of 127.0.0.1. */
  static async start(options: PeerOptions): Promise<AwsFaultPeer> {
    const peer = new AwsFaultPeer(options)
    await new Promise<void>((resolve) => peer.#server.listen(0, '127.0.0.1', resolve))
    peer.endpoint = `${options.tls ? 'https' : 'http'}://127.0.0.1:${(peer.#server.address() as AddressInfo).port}`
    return peer
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  #count(socket: Socket): void {
    this.openSockets++
    socket.once('close', () => this.openSockets--)
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    response.sendDate = false
    response.setHeader('date', new Date(this.#nowMs()).toUTCString())
    const { method = '', url = '', headers } = incoming
    const [, bucket = '', ...rest] = (url.split('?')[0] ?? '').split('/')
    const head = { method, url, headers, bucket, key: decodeURIComponent(rest.join('/')) }
    const fault = this.fault(head)
    if (fault && 'reset' in fault) return void incoming.once('data', () => incoming.socket.resetAndDestroy())
    const body = await bodyOf(incoming)
    if (!body) return
    const request = { ...head, body }
    this.requests.push(request)
    if (fault) this.#spoil(fault, request, response)
    else send(response, this.#answer(request))
  }

  #spoil(fault: PeerFault, request: PeerRequest, response: ServerResponse): void {
    if ('answer' in fault) return send(response, fault.answer)
    if ('silent' in fault) return
    if ('trickleEveryMs' in fault) return trickle(response, fault.trickleEveryMs)
    if ('cut' in fault && fault.cut === 'after') this.#answer(request)
    response.socket?.resetAndDestroy()
  }

  #answer(request: PeerRequest): PeerAnswer {
    try {
      const service = this.#authenticate(request)
      return service === 'sts' ? this.#assumeRole(request) : this.#object(request)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const { status, code } = error
      // The two services word their errors differently.
      return request.bucket === ''
        ? { status, body: `<ErrorResponse>${errorXml(code)}</ErrorResponse>` }
        : { status, code }
    }
  }

  /** The service the request was signed for. */
  #authenticate(request: PeerRequest): string {
    const signature = parseAuthorization(request)
    if (!signature) throw new Refusal(403, 'AccessDenied')
    const sts = signature.service === 'sts'
    const key = this.keys.get(signature.accessKeyId)
    if (!key) throw new Refusal(403, sts ? 'InvalidClientTokenId' : 'InvalidAccessKeyId')
    if (!isSignedWith(key.secret, request, signature)) throw new Refusal(403, 'SignatureDoesNotMatch')
    if (key.sessionToken !== request.headers['x-amz-security-token']) throw new Refusal(403, 'InvalidToken')
    if (this.#nowMs() >= (key.endsMs ?? Infinity)) throw new Refusal(sts ? 403 : 400, 'ExpiredToken')
    if (Math.abs(signedAtMs(request) - this.#nowMs()) > SKEW_MS) {
      throw new Refusal(403, sts ? 'SignatureDoesNotMatch' : 'RequestTimeTooSkewed')
    }
    return signature.service
  }

  #object(request: PeerRequest): PeerAnswer {
    const { method, bucket, key, body, headers } = request
    if (!this.#buckets.has(bucket)) throw new Refusal(404, 'NoSuchBucket')
    const name = `${bucket}/${key}`
    if (method === 'GET') return { status: 200, ...this.#stored(name) }
    if (method !== 'PUT') throw new Refusal(405, 'MethodNotAllowed')
    const sum = crc32Of(body)
    if (![undefined, sum].includes(headers['x-amz-checksum-crc32'] as string)) throw new Refusal(400, 'BadDigest')
    const hash = headers['x-amz-content-sha256']
    if (hash !== 'UNSIGNED-PAYLOAD' && hash !== sha256(body)) throw new Refusal(400, 'XAmzContentSHA256Mismatch')
    this.objects.set(name, body)
    const etag = `"${createHash('md5').update(body).digest('hex')}"`
    return { status: 200, headers: { etag, 'x-amz-checksum-crc32': sum } }
  }

  #stored(name: string): Pick<PeerAnswer, 'body'> {
    const body = this.objects.get(name)
    if (!body) throw new Refusal(404, 'NoSuchKey')
    return { body: body.toString('latin1') }
  }

  #assumeRole({ body }: PeerRequest): PeerAnswer {
    const form = new URLSearchParams(body.toString())
    const role = this.roles.get(form.get('RoleArn') ?? '')
    if (!role || role.externalId !== (form.get('ExternalId') ?? undefined)) throw new Refusal(403, 'AccessDenied')
    const [id, secret, token] = ['ASIA', 'secret', 'token'].map((part) => `${part}${this.#sessions}`) as [string, string, string] // prettier-ignore
    this.#sessions++
    const endsMs = this.#nowMs() + (role.livesMs ?? 3_600_000)
    this.keys.set(id, { secret, sessionToken: token, endsMs })
    const expiration = new Date(endsMs).toISOString()
    const credentials = `<AccessKeyId>${id}</AccessKeyId><SecretAccessKey>${secret}</SecretAccessKey><SessionToken>${token}</SessionToken><Expiration>${expiration}</Expiration>` // prettier-ignore
    const result = `<AssumeRoleResult><Credentials>${credentials}</Credentials></AssumeRoleResult>`
    const namespace = 'https://sts.amazonaws.com/doc/2011-06-15/'
    const document = `<AssumeRoleResponse xmlns="${namespace}">${result}</AssumeRoleResponse>`
    return { status: 200, body: document, headers: { 'content-type': 'text/xml' } }
  }
}

/** Undefined when the client went away before it had sent everything. */
export async function bodyOf(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
  } catch {
    return undefined
  }
  return Buffer.concat(chunks)
}

function send(response: ServerResponse, { status, code, body, headers }: PeerAnswer): void {
  const type = code ? { 'content-type': 'application/xml' } : {}
  response.writeHead(status, { ...type, ...headers })
  response.end(Buffer.from(body ?? (code ? errorXml(code) : ''), 'latin1'))
}

function errorXml(code: string): string {
  return `<Error><Code>${code}</Code><Message>told by the peer</Message></Error>`
}

function trickle(response: ServerResponse, everyMs: number): void {
  response.socket?.write('HTTP/1.1 200 OK\r\n')
  const timer = setInterval(() => response.socket?.write('x-more: to-come\r\n'), everyMs)
  response.socket?.once('close', () => clearInterval(timer))
}

/** As the `x-amz-checksum-crc32` header has it. */
export function crc32Of(body: Buffer): string {
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(body))
  return sum.toString('base64')
}
