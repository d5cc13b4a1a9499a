import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { crc32 } from 'node:zlib'

/** An answer other than the one the request deserves; anything that no real server here can be made to say. */
export interface PeerFault {
  status: number
  code: string
  message?: string
  /** Further headers, such as a `date` that is an hour off, or `retry-after`. */
  headers?: Record<string, string>
}

interface PeerKey {
  secretAccessKey: string
  /** When set, requests must carry it. */
  sessionToken?: string
  /** From then on requests are answered with ExpiredToken; Unix milliseconds. */
  expiresAtMs?: number
}

export interface PeerRequest {
  method: string
  bucket: string
  key: string
  headers: IncomingHttpHeaders
  body: Buffer
}

export interface PeerOptions {
  buckets: string[]
  /** By access key id. */
  keys: Record<string, PeerKey>
  nowMs?: () => number
}

class Refused extends Error {
  constructor(readonly fault: PeerFault) {
    super(fault.code)
  }
}

const refuse = (status: number, code: string, message = code) => new Refused({ status, code, message })

/** What S3 allows between its clock and the client's [S3 API reference, RequestTimeTooSkewed]. */
const maxSkewMs = 15 * 60_000

/**
 * The part of S3 that a writer of objects needs, path style, in this process: signatures (version 4), session tokens,
 * checksums and preconditions are really checked, and any answer can be put in the place of the true one. Real servers
 * are preferred; this one is for the errors that none of them produces, and for looking at requests.
 */
export class AwsPeer {
  /** By bucket, then by key. */
  readonly objects: Map<string, Map<string, Buffer>>
  /** Every request as it came, in order. */
  readonly requests: PeerRequest[] = []
  /** Asked for every request; what it returns is answered instead of the truth. Undefined: nothing goes wrong. */
  fault: ((request: PeerRequest) => PeerFault | undefined) | undefined

  private constructor(
    private readonly server: Server,
    private readonly options: PeerOptions,
  ) {
    this.objects = new Map(options.buckets.map((name) => [name, new Map<string, Buffer>()]))
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void this.answer(request, response))
  }

  static async start(options: PeerOptions): Promise<AwsPeer> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new AwsPeer(server, options)
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close')
    this.server.close()
    this.server.closeAllConnections()
    await closed
  }

  private async answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const raw = await bytesOf(message)
    const [, bucket = '', ...key] = new URL(message.url ?? '', this.endpoint).pathname.split('/')
    const { method = '', headers } = message
    const request = {
      method,
      bucket,
      key: decodeURIComponent(key.join('/')),
      headers,
      body: withoutChunkFrames(headers, raw),
    }
    this.requests.push(request)
    try {
      const fault = this.fault?.(request)
      if (fault) throw new Refused(fault)
      verifySignature({ message, raw, keys: this.options.keys, nowMs: (this.options.nowMs ?? Date.now)() })
      this.serve(request, response)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      sendFault(response, method, error.fault)
    }
  }

  private serve({ method, bucket, key, headers, body }: PeerRequest, response: ServerResponse): void {
    const objects = this.objects.get(bucket)
    if (!objects) throw refuse(404, 'NoSuchBucket', 'The specified bucket does not exist')
    if (method === 'PUT') {
      verifyChecksums(headers, body)
      if (headers['if-none-match'] === '*' && objects.has(key)) throw refuse(412, 'PreconditionFailed')
      objects.set(key, body)
      const crc = headers['x-amz-checksum-crc32']
      return void response.writeHead(200, { etag: etag(body), ...(crc && { 'x-amz-checksum-crc32': crc }) }).end()
    }
    if (method === 'DELETE') {
      objects.delete(key)
      return void response.writeHead(204).end()
    }
    const object = key === '' ? Buffer.alloc(0) : objects.get(key)
    if (!object) throw refuse(404, 'NoSuchKey', 'The specified key does not exist.')
    response.writeHead(200, { etag: etag(object), 'content-length': object.length }).end(object)
  }
}

function sendFault(
  response: ServerResponse,
  method: string,
  { status, code, message = code, headers }: PeerFault,
): void {
  response.writeHead(status, { 'content-type': 'application/xml', 'x-amz-request-id': 'PEER', ...headers })
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`
  response.end(method === 'HEAD' ? undefined : xml)
}

interface Signed {
  message: IncomingMessage
  raw: Buffer
  keys: Record<string, PeerKey>
  nowMs: number
}

/** Refuses what AWS would refuse [AWS Signature Version 4; S3 error codes]. */
function verifySignature({ message, raw, keys, nowMs }: Signed): void {
  const { headers } = message
  const pattern = /Credential=([^/]+)\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/
  const parts = pattern.exec(headers.authorization ?? '')
  if (!parts) throw refuse(403, 'AccessDenied', 'Access Denied')
  const [, accessKeyId = '', scope = '', signedHeaders = '', signature = ''] = parts
  const key = keys[accessKeyId]
  if (!key) throw refuse(403, 'InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.')

  const hash = String(headers['x-amz-content-sha256'] ?? sha256(raw))
  if (/^[0-9a-f]{64}$/.test(hash) && hash !== sha256(raw)) throw refuse(400, 'XAmzContentSHA256Mismatch')
  const canonical = canonicalRequest(message, signedHeaders, hash)
  const timestamp = String(headers['x-amz-date'])
  const text = ['AWS4-HMAC-SHA256', timestamp, scope, sha256(canonical)].join('\n')
  const expected = hmac(signingKey(key.secretAccessKey, scope), text)
  if (!timingSafeEqual(expected, Buffer.from(signature, 'hex'))) throw refuse(403, 'SignatureDoesNotMatch')

  if (key.sessionToken && headers['x-amz-security-token'] !== key.sessionToken) throw refuse(400, 'InvalidToken')
  if (key.expiresAtMs !== undefined && key.expiresAtMs <= nowMs)
    throw refuse(400, 'ExpiredToken', 'The provided token has expired.')
  if (Math.abs(nowMs - parseTimestamp(timestamp)) > maxSkewMs) throw refuse(403, 'RequestTimeTooSkewed')
}

function canonicalRequest({ method, url = '', headers }: IncomingMessage, signedHeaders: string, hash: string): string {
  const [path = '', query = ''] = url.split('?')
  const encode = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
  const parameters = [...new URLSearchParams(query)].map(([name, value]) => `${encode(name)}=${encode(value)}`).sort()
  const lines = signedHeaders.split(';').map(
    (name) =>
      `${name}:${String(headers[name] ?? '')
        .trim()
        .replace(/ +/g, ' ')}`,
  )
  return [method, path, parameters.join('&'), ...lines, '', signedHeaders, hash].join('\n')
}

/** `scope` is `date/region/service/aws4_request`; each part is hashed into the key in turn. */
function signingKey(secret: string, scope: string): Buffer {
  return scope.split('/').reduce((key, part) => hmac(key, part), Buffer.from(`AWS4${secret}`))
}

/** `20261101T000000Z`. */
function parseTimestamp(text: string): number {
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
}

function verifyChecksums(headers: IncomingHttpHeaders, body: Buffer): void {
  const crc = Buffer.alloc(4)
  crc.writeUInt32BE(crc32(body))
  const actual = {
    'x-amz-checksum-crc32': crc.toString('base64'),
    'x-amz-checksum-sha256': createHash('sha256').update(body).digest('base64'),
    'content-md5': createHash('md5').update(body).digest('base64'),
    'x-amz-decoded-content-length': String(body.length),
  }
  for (const [name, value] of Object.entries(actual)) {
    const claimed = headers[name]
    if (claimed !== undefined && claimed !== value) throw refuse(400, 'BadDigest', `${name} is not that of the body`)
  }
}

/** The SDK may send a body in chunks, `size;…\r\nbytes\r\n` up to one of size 0 [aws-chunked]. */
function withoutChunkFrames(headers: IncomingHttpHeaders, raw: Buffer): Buffer {
  if (!headers['content-encoding']?.includes('aws-chunked')) return raw
  const chunks: Buffer[] = []
  for (let start = 0; ;) {
    const lineEnd = raw.indexOf('\r\n', start)
    const size = parseInt(raw.toString('latin1', start, lineEnd), 16)
    if (!size) return Buffer.concat(chunks)
    start = lineEnd + 2
    chunks.push(raw.subarray(start, start + size))
    start += size + 2
  }
}

const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex')
const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest()
const etag = (body: Buffer) => `"${createHash('md5').update(body).digest('hex')}"`

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}
