import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { S3Settings } from '../../src/config/configuration.js'
import type { AwsAccount } from '../../src/destinations/aws-credentials.js'
import type { Destination, Failure, ObjectPayload } from '../../src/destinations/destination.js'
import { createS3Destination, DEFAULT_S3_LIMITS, type S3Limits } from '../../src/destinations/s3.js'
import { systemClock } from '../../src/runtime/clock.js'
import { Secret } from '../../src/runtime/secret.js'
import { AwsFaultPeer, crc32Of, type PeerFault, type PeerOptions } from '../support/aws-fault-peer.js'
import { eventually } from '../support/eventually.js'
import { selfSigned } from '../support/self-signed.js'
import { describeDestination, payloadOf } from './conformance.js'

const never = new AbortController().signal
const inline = (text: string) => new Secret({ kind: 'inline' }, () => text)
const keys = { AKIA: { secret: 'the-secret' } }
const account: AwsAccount = { type: 'aws', accessKeyId: inline('AKIA'), secretAccessKey: inline('the-secret') }

function settingsOf(endpoint: string, more: Partial<S3Settings> = {}): S3Settings {
  const where = { bucket: 'bucket', region: 'eu-west-1', folder: 'currents', endpoint, pathStyle: true }
  return { type: 's3', account: 'acme', encryption: 'none', ...where, ...more }
}

describeDestination('s3, against a peer', async () => {
  const peer = await AwsFaultPeer.start({ keys, buckets: ['bucket'] })
  const refused = new Set<string>()
  peer.fault = ({ key }) => (refused.has(key) ? { answer: { status: 500, code: 'InternalError' } } : undefined)
  const stored = (key: string) => peer.objects.get(`bucket/${key}`) ?? Buffer.from('nothing there')
  return {
    destination: createS3Destination(settingsOf(peer.endpoint), account, { clock: systemClock }),
    readBack: (key) => Promise.resolve(stored(key)),
    listKeys: () => Promise.resolve([...peer.objects.keys()].map((name) => name.slice('bucket/'.length)).sort()),
    refuse: (key) => Promise.resolve(void refused.add(key)),
    accept: (key) => Promise.resolve(void refused.delete(key)),
    stop: () => peer.stop(),
  }
})

describe('s3', () => {
  let peer: AwsFaultPeer
  const opened: Destination[] = []

  beforeEach(async () => {
    await startPeer()
  })

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((destination) => destination.close()))
    await peer.stop()
  })

  async function startPeer(options: PeerOptions = {}): Promise<void> {
    peer = await AwsFaultPeer.start({ keys, buckets: ['bucket'], ...options })
  }

  interface Given {
    settings?: Partial<S3Settings>
    account?: AwsAccount
    limits?: Partial<S3Limits>
  }

  function destinationWith(given: Given = {}): Destination {
    const limits = { ...DEFAULT_S3_LIMITS, ...given.limits }
    const settings = settingsOf(peer.endpoint, given.settings)
    const destination = createS3Destination(settings, given.account ?? account, { clock: systemClock, limits })
    opened.push(destination)
    return destination
  }

  async function failureOf(given: Given = {}, payload: ObjectPayload = payloadOf('a/x.avro', 1000)): Promise<Failure> {
    const [failure] = await destinationWith(given).write([payload], never)
    if (!failure) throw new Error('it was written')
    return failure
  }

  const brief = ({ class: failureClass, code }: Failure) => `${failureClass} ${code}`

  test('one PUT per object: size, type and a checksum of the bytes, no encryption, no waiting for 100', async () => {
    const payload = payloadOf('a/x.avro', 3_000_000)
    expect(await destinationWith().write([payload], never)).toEqual([])
    expect(peer.requests.map(({ method, url }) => `${method} ${url}`)).toEqual(['PUT /bucket/a/x.avro?x-id=PutObject'])
    const { headers = {} } = peer.requests[0] ?? {}
    expect(headers).toMatchObject({
      'content-length': '3000000',
      'content-type': 'application/avro',
      'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
      'x-amz-checksum-crc32': crc32Of(await payload.body()),
    })
    const names = Object.keys(headers)
    expect(names.filter((name) => /encryption|expect|content-encoding|trailer|transfer/.test(name))).toEqual([])
  })

  test('one connection serves one PUT after the other', async () => {
    const destination = destinationWith()
    let sockets = 0
    peer.fault = () => ((sockets = Math.max(sockets, peer.openSockets)), undefined)
    for (let i = 0; i < 5; i++) expect(await destination.write([payloadOf(`x${i}`, 3_000_000)], never)).toEqual([])
    expect([sockets, peer.openSockets]).toEqual([1, 1])
  })

  test('AES256 is asked for on every write, exactly when it is switched on', async () => {
    const destination = destinationWith({ settings: { encryption: 'AES256' } })
    expect(await destination.write([payloadOf('a', 1), payloadOf('b', 1)], never)).toEqual([])
    expect(peer.requests.map(({ headers }) => headers['x-amz-server-side-encryption'])).toEqual(['AES256', 'AES256'])
  })

  /** What the peer answers to a PUT, and what that means. */
  const answers: [string, PeerFault, string][] = [
    ['503 SlowDown', { answer: { status: 503, code: 'SlowDown' } }, 'throttled SlowDown'],
    ['429 without a name', { answer: { status: 429 } }, 'throttled HTTP_429'],
    ['500 InternalError', { answer: { status: 500, code: 'InternalError' } }, 'transient InternalError'],
    ['503 without a name', { answer: { status: 503, body: '<html>oops</html>' } }, 'transient HTTP_503'],
    ['502 of a proxy', { answer: { status: 502, body: 'Bad gateway' } }, 'transient HTTP_502'],
    ['409 OperationAborted', { answer: { status: 409, code: 'OperationAborted' } }, 'transient OperationAborted'],
    ['an unknown name', { answer: { status: 418, code: 'Teapot' } }, 'transient UNKNOWN'],
    ['403 without a name', { answer: { status: 403, body: '' } }, 'transient UNKNOWN'],
    ['200 with an error document', { answer: { status: 200, code: 'InternalError' } }, 'transient InternalError'],
    [
      '200 with an error document that ends in a new line',
      { answer: { status: 200, body: '<?xml version="1.0"?><Error><Code>InternalError</Code></Error>\n' } },
      'transient UNCONFIRMED',
    ],
    ['200 with a page', { answer: { status: 200, body: '<html>Log in</html>' } }, 'transient UNCONFIRMED'],
    ['another checksum than ours', { answer: { status: 200, headers: { etag: '"x"', 'x-amz-checksum-crc32': 'AAAAAA==' } } }, 'transient BadDigest'], // prettier-ignore
    ['400 BadDigest', { answer: { status: 400, code: 'BadDigest' } }, 'transient BadDigest'],
    [
      '301 PermanentRedirect',
      { answer: { status: 301, code: 'PermanentRedirect' } },
      'configuration PermanentRedirect',
    ],
    [
      '307 to elsewhere',
      { answer: { status: 307, headers: { location: 'http://127.0.0.1:1/' } } },
      'configuration HTTP_307',
    ],
    ['404 NoSuchBucket', { answer: { status: 404, code: 'NoSuchBucket' } }, 'configuration NoSuchBucket'],
    ['403 AccessDenied', { answer: { status: 403, code: 'AccessDenied' } }, 'credentials AccessDenied'],
    ['400 ExpiredToken', { answer: { status: 400, code: 'ExpiredToken' } }, 'credentials ExpiredToken'],
    [
      '403 RequestTimeTooSkewed',
      { answer: { status: 403, code: 'RequestTimeTooSkewed' } },
      'clock RequestTimeTooSkewed',
    ],
    ['400 EntityTooLarge', { answer: { status: 400, code: 'EntityTooLarge' } }, 'rejected EntityTooLarge'],
    ['connection cut before it is stored', { cut: 'before' }, 'transient ECONNRESET'],
    ['connection cut after it is stored', { cut: 'after' }, 'transient ECONNRESET'],
  ]

  test.each(answers)('%s', async (_name, fault, expected) => {
    peer.fault = () => fault
    const failure = await failureOf()
    expect(brief(failure)).toBe(expected)
    expect(failure.message).toMatch(/^\w+: bucket bucket \(http:.*\) did not take a\/x\.avro\. .*\.$/)
    expect(peer.requests.length).toBe(1)
    peer.fault = () => undefined
    expect(await destinationWith().write([failure.payload], never)).toEqual([])
  })

  test('fault 17: the connection is reset in the middle of the body', async () => {
    peer.fault = () => ({ reset: true })
    const failure = await failureOf({}, payloadOf('x', 8_000_000))
    expect(failure.class).toBe('transient')
    expect(['ECONNRESET', 'EPIPE']).toContain(failure.code)
  })

  test('the least delay the server asks for is handed on', async () => {
    peer.fault = () => ({ answer: { status: 503, code: 'SlowDown', headers: { 'retry-after': '7' } } })
    expect((await failureOf()).retryAfterMs).toBe(7000)
  })

  test('fault 15: a server that is silent', async () => {
    peer.fault = () => ({ silent: true })
    const startedMs = Date.now()
    expect(brief(await failureOf({ limits: { idleMs: 300, minBytesPerSecond: 1 } }))).toBe('transient TIMEOUT')
    expect(Date.now() - startedMs).toBeLessThan(25_000)
  })

  test('fault 16: a server that trickles', async () => {
    peer.fault = () => ({ trickleEveryMs: 50 })
    const startedMs = Date.now()
    // Silence for so long would be another failure, and a busy machine makes some.
    const failure = await failureOf({ limits: { idleMs: 5_000, minBytesPerSecond: 10_000 } }, payloadOf('x', 5000))
    expect(brief(failure)).toBe('transient TOO_SLOW')
    const tookMs = Date.now() - startedMs
    expect(tookMs).toBeGreaterThanOrEqual(5_490)
    expect(tookMs).toBeLessThan(25_000)
  })

  test('an abort cuts a request that hangs, and close closes every socket', async () => {
    peer.fault = () => ({ silent: true })
    const abort = new AbortController()
    const destination = destinationWith()
    const writing = destination.write([payloadOf('x', 10), payloadOf('y', 10)], abort.signal)
    await eventually(() => peer.requests.length === 2)
    abort.abort()
    expect((await writing).map(brief)).toEqual(['transient ABORTED', 'transient ABORTED'])
    peer.fault = () => undefined
    expect(await destination.write([payloadOf('x', 10)], never)).toEqual([])
    await eventually(() => peer.openSockets === 1)
    await destination.close()
    await eventually(() => peer.openSockets === 0)
  })

  test('no more connections than allowed, over several writes', async () => {
    const destination = destinationWith({ limits: { concurrency: 3 } })
    let most = 0
    peer.fault = () => ((most = Math.max(most, peer.openSockets)), undefined)
    const ranges = Array.from({ length: 6 }, (_, r) => Array.from({ length: 5 }, (_, i) => payloadOf(`${r}/${i}`, 10)))
    const failures = await Promise.all(ranges.map((range) => destination.write(range, never)))
    expect(failures.flat()).toEqual([])
    expect(most).toBe(3)
  })

  test('refused keys stop the rest of the range; a folder that is denied does not', async () => {
    const payloads = Array.from({ length: 30 }, (_, index) => payloadOf(`type=${index % 2}/${index}`, 10))
    const limits = { concurrency: 2 }
    peer.fault = () => ({ answer: { status: 403, code: 'InvalidAccessKeyId' } })
    const failures = await destinationWith({ limits }).write(payloads, never)
    expect([failures.length, new Set(failures.map(brief))]).toEqual([30, new Set(['credentials InvalidAccessKeyId'])])
    expect(peer.requests.length).toBeLessThanOrEqual(2)

    peer.fault = ({ key }) => (key.startsWith('type=1') ? { answer: { status: 403, code: 'AccessDenied' } } : undefined)
    const denied = await destinationWith({ limits }).write(payloads, never)
    expect(denied.map(({ payload }) => payload.key).every((key) => key.startsWith('type=1'))).toBe(true)
    expect([denied.length, peer.objects.size]).toEqual([15, 15])
  })

  test('nobody listens', async () => {
    const { endpoint } = peer
    await peer.stop()
    expect(brief(await failureOf({ settings: { endpoint } }))).toBe('transient ECONNREFUSED')
    await startPeer()
  })

  test('fault 44: a name that does not exist', async () => {
    const failure = await failureOf({ settings: { endpoint: 'http://millrace-test.invalid' } })
    expect(failure.class).toBe('transient')
    expect(['ENOTFOUND', 'EAI_AGAIN']).toContain(failure.code)
  })

  test('fault 45: a certificate of an unknown authority; nothing is sent', async () => {
    await peer.stop()
    await startPeer({ tls: selfSigned })
    expect(brief(await failureOf())).toBe('configuration DEPTH_ZERO_SELF_SIGNED_CERT')
    expect(peer.requests).toEqual([])
  })

  describe('the clock', () => {
    test('fault 43: 20 minutes slow is the clock, not the credentials', async () => {
      await peer.stop()
      await startPeer({ nowMs: () => Date.now() + 20 * 60_000 })
      expect(brief(await failureOf())).toBe('clock RequestTimeTooSkewed')
    })

    test.each([
      [6, 'clock SignatureDoesNotMatch'],
      [4, 'credentials SignatureDoesNotMatch'],
    ])('a refused signature with clocks %i minutes apart is %s', async (minutes, expected) => {
      await peer.stop()
      await startPeer({ nowMs: () => Date.now() - minutes * 60_000 })
      peer.fault = () => ({ answer: { status: 403, code: 'SignatureDoesNotMatch' } })
      expect(brief(await failureOf())).toBe(expected)
    })
  })

  describe('access keys', () => {
    const keyed = (id: string, secret: string, token?: string): AwsAccount => ({
      ...{ type: 'aws', accessKeyId: inline(id), secretAccessKey: inline(secret) },
      ...(token !== undefined && { sessionToken: inline(token) }),
    })

    test('wrong ones', async () => {
      expect(brief(await failureOf({ account: keyed('NOBODY', 'x') }))).toBe('credentials InvalidAccessKeyId')
      expect(brief(await failureOf({ account: keyed('AKIA', 'x') }))).toBe('credentials SignatureDoesNotMatch')
      expect(brief(await failureOf({ account: keyed('AKIA', 'the-secret', 'x') }))).toBe('credentials InvalidToken')
    })

    test('a session token is sent, and its end noticed', async () => {
      peer.keys.set('ASIA', { secret: 's', sessionToken: 't' })
      const destination = destinationWith({ account: keyed('ASIA', 's', 't') })
      expect(await destination.write([payloadOf('x', 1)], never)).toEqual([])
      peer.keys.set('ASIA', { secret: 's', sessionToken: 't', endsMs: 0 })
      expect((await destination.write([payloadOf('x', 1)], never)).map(brief)).toEqual(['credentials ExpiredToken'])
    })

    test('a secret that changes is used by the next request', async () => {
      const folder = await mkdtemp(path.join(tmpdir(), 'millrace-secret-'))
      const file = path.join(folder, 'secret')
      await writeFile(file, 'the-secret')
      const secret = new Secret({ kind: 'file', path: file }, () => readFileSync(file, 'utf8'))
      const destination = destinationWith({ account: { ...keyed('AKIA', ''), secretAccessKey: secret } as AwsAccount })
      expect(await destination.write([payloadOf('x', 1)], never)).toEqual([])
      peer.keys.set('AKIA', { secret: 'rotated' })
      expect((await destination.write([payloadOf('x', 1)], never)).map(({ class: c }) => c)).toEqual(['credentials'])
      await writeFile(file, 'rotated')
      expect(await destination.write([payloadOf('x', 1)], never)).toEqual([])
      await rm(folder, { recursive: true })
    })

    test('a secret that cannot be read blocks the connector, and never drops', async () => {
      const missing = new Secret({ kind: 'file', path: '/run/secret' }, () => {
        throw new Error('ENOENT')
      })
      const unreadable = { ...keyed('AKIA', ''), secretAccessKey: missing } as AwsAccount
      expect(brief(await failureOf({ account: unreadable }))).toBe('configuration SECRET_UNREADABLE')
      expect(peer.requests).toEqual([])
    })

    test('no message holds a secret, a token or the canonical request', async () => {
      const secrets = { secret: 'canary-secret-wJalrXUtnFEMI', token: 'canary-token-FwoGZXIvYXdzEBY' }
      const document = `<Error><Code>SignatureDoesNotMatch</Code><Message>m</Message><StringToSign>${secrets.token}</StringToSign><CanonicalRequest>x-amz-security-token:${secrets.token}</CanonicalRequest></Error>` // prettier-ignore
      for (const status of [403, 500]) {
        peer.fault = () => ({ answer: { status, body: document } })
        const failure = await failureOf({ account: keyed('AKIA', secrets.secret, secrets.token) })
        expect(JSON.stringify({ ...failure, payload: undefined })).not.toContain('canary')
      }
    })
  })
})
