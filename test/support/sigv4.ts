import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** A request as it came over the wire. */
export interface SignedRequest {
  method: string
  /** Path and query, still escaped. */
  url: string
  headers: IncomingHttpHeaders
  body: Buffer
}

/** What the `Authorization` header says. */
export interface Signature {
  accessKeyId: string
  date: string
  region: string
  service: string
  signedHeaders: string[]
  signature: string
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/

/** Reads the `Authorization` header; undefined when it is not one of Signature Version 4. */
export function parseAuthorization({ headers }: SignedRequest): Signature | undefined {
  const match = AUTHORIZATION.exec(headers.authorization ?? '')
  if (!match) return undefined
  const [, accessKeyId = '', date = '', region = '', service = '', names = '', signature = ''] = match
  return { accessKeyId, date, region, service, signedHeaders: names.split(';'), signature }
}

/** The instant the request says it was signed at, Unix milliseconds. */
export function signedAtMs({ headers }: SignedRequest): number {
  const [, y, m, d, h, min, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(headers['x-amz-date'])) ?? []
  return Date.UTC(Number(y), Number(m) - 1, Number(d), Number(h), Number(min), Number(s))
}

/** True when the request was signed with this secret, as "Create a signed AWS API request" (IAM User Guide) demands. */
export function isSignedWith(secret: string, request: SignedRequest, signature: Signature): boolean {
  return timingSafeEqual(signatureOf(secret, request, signature), Buffer.from(signature.signature, 'hex'))
}

/** The `Authorization` header for a request that has all of `headers` already, `x-amz-date` among them. */
export function authorizationOf(
  { accessKeyId, secretAccessKey }: { accessKeyId: string; secretAccessKey: string },
  request: SignedRequest,
  { region, service }: { region: string; service: string },
): string {
  const date = String(request.headers['x-amz-date']).slice(0, 8)
  const signedHeaders = Object.keys(request.headers).sort()
  const signature = signatureOf(secretAccessKey, request, { date, region, service, signedHeaders }).toString('hex')
  const credential = [accessKeyId, date, region, service, 'aws4_request'].join('/')
  return `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`
}

type Scope = Pick<Signature, 'date' | 'region' | 'service' | 'signedHeaders'>

function signatureOf(secret: string, request: SignedRequest, signature: Scope): Buffer {
  const { date, region, service } = signature
  const scope = `${date}/${region}/${service}/aws4_request`
  const text = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], scope, sha256(canonical(request, signature))].join(
    '\n',
  )
  const key = [date, region, service, 'aws4_request'].reduce<Buffer | string>(hmac, `AWS4${secret}`)
  return hmac(key, text)
}

function canonical({ method, url, headers, body }: SignedRequest, { signedHeaders }: Scope): string {
  const [path = '', query = ''] = url.split('?')
  const sortedQuery = query.split('&').filter(Boolean).sort().join('&')
  const lines = signedHeaders.map((name) => `${name}:${String(headers[name]).trim().replace(/ +/g, ' ')}`)
  const hash = headers['x-amz-content-sha256'] ?? sha256(body)
  return [method, path, sortedQuery, ...lines, '', signedHeaders.join(';'), hash].join('\n')
}

export function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
