import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { S3Settings } from '../../src/config/configuration.js'
import type { AwsAccount } from '../../src/destinations/aws-credentials.js'
import { createS3Destination } from '../../src/destinations/s3.js'
import { regionNamed } from '../../src/destinations/s3-location.js'
import type { CheckResult } from '../../src/runtime/checklist.js'
import { systemClock } from '../../src/runtime/clock.js'
import { MillraceError } from '../../src/runtime/errors.js'
import { Secret } from '../../src/runtime/secret.js'
import { freePorts } from '../../scripts/servers/ports.js'
import { AwsFaultPeer, type PeerOptions } from '../support/aws-fault-peer.js'
import { selfSigned } from '../support/self-signed.js'

const never = new AbortController().signal
const inline = (text: string) => new Secret({ kind: 'inline' }, () => text)
const keys = { AKIA: { secret: 'planted-secret' } }
const account: AwsAccount = { type: 'aws', accessKeyId: inline('AKIA'), secretAccessKey: inline('planted-secret') }
const MARKER = 'currents/dataexport.local.S3.integration.a/.millrace-test'

const ALL = ['secret', 'address', 'tls', 'clock', 'credentials', 'region', 'bucket', 's3:PutObject', 'encryption']

describe('checking a bucket', () => {
  let peer: AwsFaultPeer
  beforeEach(() => startPeer())
  afterEach(() => peer.stop())

  async function startPeer(options: PeerOptions = {}): Promise<void> {
    peer = await AwsFaultPeer.start({ keys, buckets: ['bucket'], ...options })
  }

  async function check(
    settings: Partial<S3Settings> = {},
    given = account,
    clock = systemClock,
  ): Promise<CheckResult[]> {
    return asked(MARKER, settings, given, clock)
  }

  async function asked(
    marker: string | null,
    settings: Partial<S3Settings> = {},
    given = account,
    clock = systemClock,
  ) {
    const where = {
      bucket: 'bucket',
      region: 'eu-west-1',
      folder: 'currents',
      endpoint: peer.endpoint,
      pathStyle: true,
    }
    const whole: S3Settings = { type: 's3', account: 'acme', encryption: 'none', ...where, ...settings }
    const destination = createS3Destination(whole, given, { clock })
    try {
      return await destination.check(marker, never)
    } finally {
      await destination.close()
    }
  }

  const answer = (status: number, code: string, headers: Record<string, string> = {}) => {
    peer.fault = ({ method }) => (method === 'PUT' ? { answer: { status, code, headers } } : undefined)
  }

  /** What failed, and the checks that were looked at and are fine. */
  function outcome(results: CheckResult[]) {
    const named = (status: string) => results.filter((result) => result.status === status).map(({ name }) => name)
    return { failed: named('failed'), ok: named('ok') }
  }

  const failureOf = (results: CheckResult[]) => results.find(({ status }) => status === 'failed')

  test('all is fine: one empty object, and the optional rights that are missing are no failure', async () => {
    const results = await check()
    expect(outcome(results)).toEqual({
      failed: [],
      ok: [...ALL.filter((name) => name !== 'tls' && name !== 'encryption'), 's3:GetObject'],
    })
    expect([...peer.objects]).toEqual([[`bucket/${MARKER}`, Buffer.alloc(0)]])
    expect(results.find(({ name }) => name === 's3:PutObject')?.resource).toBe(`arn:aws:s3:::bucket/${MARKER}`)
    expect(results.find(({ name }) => name === 's3:ListBucket')?.message).toContain('not needed to deliver')
    await check()
    expect(peer.objects.size).toBe(1)
  })

  test.each([
    [403, 'AccessDenied', 's3:PutObject', ['credentials']],
    [404, 'NoSuchBucket', 'bucket', ['credentials']],
    [403, 'InvalidAccessKeyId', 'credentials', []],
    [400, 'ExpiredToken', 'credentials', []],
    [403, 'SignatureDoesNotMatch', 'credentials', []],
    [403, 'RequestTimeTooSkewed', 'credentials', []],
    [403, 'KMS.AccessDeniedException', 's3:PutObject', ['credentials', 'region', 'bucket']],
    [503, 'SlowDown', 's3:PutObject', []],
    [500, 'InternalError', 's3:PutObject', []],
    [418, 'NeverHeardOf', 's3:PutObject', []],
  ])('%i %s fails %s, and nothing is said to be fine that is not known', async (status, code, name, proven) => {
    answer(status, code)
    const { failed, ok } = outcome(await check())
    expect(failed).toEqual([name])
    expect(ok).toEqual(['secret', 'address', 'clock', ...proven])
    expect(peer.objects.size).toBe(0)
  })

  test('only what may be too new is worth waiting for', async () => {
    for (const [code, fresh] of [
      ['AccessDenied', true],
      ['InvalidAccessKeyId', true],
      ['ExpiredToken', undefined],
      ['NoSuchBucket', undefined],
    ] as const) {
      answer(403, code)
      expect([code, failureOf(await check())?.mayPassSoon]).toEqual([code, fresh])
    }
  })

  test('a wrong region is told with the right one', async () => {
    answer(301, 'PermanentRedirect', { 'x-amz-bucket-region': 'ap-south-1' })
    expect(failureOf(await check())).toMatchObject({
      name: 'region',
      resource: 'eu-west-1',
      hint: 'The bucket is in ap-south-1: write that as region.',
    })
  })

  describe('where the bucket is', () => {
    /** What a PUT and the question where the bucket is are answered; nothing: as the peer does. */
    const says = (location: string | undefined, put?: { status: number; code: string }) => {
      const xmlns = 'http://s3.amazonaws.com/doc/2006-03-01/'
      const body = `<LocationConstraint xmlns="${xmlns}">${location}</LocationConstraint>`
      peer.fault = ({ method, key }) => {
        if (method === 'PUT') return put && { answer: put }
        return method === 'GET' && key === '' && location !== undefined ? { answer: { status: 200, body } } : undefined
      }
    }
    const place = (results: CheckResult[]) =>
      Object.fromEntries(
        results.filter(({ name }) => ['region', 'bucket'].includes(name)).map(({ name, status }) => [name, status]),
      )

    test.each([
      ['eu-west-1', 'eu-west-1', 'ok'],
      ['EU', 'eu-west-1', 'ok'],
      ['eu-west-1', 'us-east-1', 'failed'],
      ['EU', 'eu-central-1', 'failed'],
      // Names that other storage has for places say nothing about the region that requests are signed with.
      ['default', 'us-east-1', undefined],
      ['WEUR', 'auto', undefined],
      ['', 'eu-west-1', undefined],
    ])('said to be in %j, configured %s: %s', async (location, region, status) => {
      says(location)
      expect(place(await check({ region }))).toEqual({ region: status ?? 'ok', bucket: 'ok' })
      expect(place(await asked(null, { region }))).toEqual({ region: status ?? 'skipped', bucket: 'ok' })
    })

    test('another region is told with the right one', async () => {
      says('eu-west-1')
      const results = await check({ region: 'us-east-1' })
      expect(failureOf(results)).toMatchObject({
        name: 'region',
        code: 'WRONG_REGION',
        message: 'the bucket is in eu-west-1, not in us-east-1',
        hint: 'The bucket is in eu-west-1: write that as region.',
      })
    })

    test('a denied PUT shows neither; what is said about the place does', async () => {
      const denied = { status: 403, code: 'AccessDenied' }
      says(undefined, denied)
      expect(place(await check())).toEqual({ region: 'skipped', bucket: 'skipped' })
      says('eu-west-1', denied)
      expect(place(await check())).toEqual({ region: 'ok', bucket: 'ok' })
      peer.fault = ({ method }) => {
        return { answer: method === 'PUT' ? denied : { status: 404, code: 'NoSuchBucket' } }
      }
      expect(place(await check())).toEqual({ region: 'skipped', bucket: 'failed' })
    })

    test('nothing means us-east-1 only of AWS', () => {
      expect(regionNamed(null, {})).toBe('us-east-1')
      expect(regionNamed(null, { endpoint: 'https://b.vpce-1.s3.us-east-1.vpce.amazonaws.com' })).toBe('us-east-1')
      expect(regionNamed(null, { endpoint: 'https://amazonaws.com.example.org' })).toBeUndefined()
    })
  })

  test('refused credentials: the optional rights are not asked for', async () => {
    answer(403, 'SignatureDoesNotMatch')
    const results = await check()
    const rights = results.filter(({ name }) => /^s3:(Get|List)/.test(name)).map(({ message }) => message)
    expect(rights).toEqual(Array(3).fill('not looked at: needs credentials'))
    expect(peer.requests.map(({ method }) => method)).toEqual(['HEAD', 'PUT'])
  })

  test('nothing is said to be tried again, and nothing for programmers', async () => {
    for (const code of ['InternalError', 'SlowDown', 'NeverHeardOf', 'BadDigest']) {
      answer(500, code)
      expect([code, failureOf(await check())?.hint]).toEqual([
        code,
        'It may pass by itself; else look at the network and the endpoint.',
      ])
    }
    peer.fault = ({ method }) => (method === 'PUT' ? { answer: { status: 502, body: '<html><p>no XML' } } : undefined)
    expect(failureOf(await check())?.message).toBeDefined()
    expect(JSON.stringify(await check())).not.toMatch(/\$response|Deserialization/)
  })

  test('encryption: refused, ignored, accepted', async () => {
    answer(501, 'NotImplemented')
    const refused = await check({ encryption: 'AES256' })
    expect(outcome(refused)).toEqual({
      failed: ['encryption'],
      ok: ['secret', 'address', 'clock', 'credentials'],
    })
    answer(200, '', { etag: '"x"' })
    expect(failureOf(await check({ encryption: 'AES256' }))?.code).toBe('NOT_ENCRYPTED')
    answer(200, '', { etag: '"x"', 'x-amz-server-side-encryption': 'AES256' })
    expect(outcome(await check({ encryption: 'AES256' })).ok).toContain('encryption')
    expect(peer.requests.at(-4)?.headers['x-amz-server-side-encryption']).toBe('AES256')
  })

  test('a clock that is six minutes off', async () => {
    await peer.stop()
    await startPeer({ nowMs: () => Date.now() + 6 * 60_000 })
    const { failed, ok } = outcome(await check())
    expect(failed).toEqual(['clock'])
    expect(ok).toContain('s3:PutObject')
    expect(failureOf(await check())?.message).toMatch(/6 minutes apart/)
  })

  test('a secret that cannot be read, with the reason; nothing is sent', async () => {
    const unreadable = new Secret({ kind: 'file', path: '/run/key' }, () => {
      throw new MillraceError('CONFIGURATION', 'the secret file /run/key does not exist')
    })
    const results = await check({}, { type: 'aws', accessKeyId: inline('AKIA'), secretAccessKey: unreadable })
    expect(failureOf(results)).toMatchObject({ name: 'secret', code: 'SECRET_UNREADABLE' })
    expect(failureOf(results)?.message).toContain('/run/key does not exist')
    expect(peer.requests.filter(({ method }) => method !== 'HEAD')).toEqual([])
  })

  test('nobody listens; a name that does not resolve; a certificate nobody vouches for', async () => {
    const [port] = await freePorts(1)
    const refused = await check({ endpoint: `http://127.0.0.1:${port}` })
    expect(outcome(refused)).toEqual({ failed: ['address'], ok: ['secret'] })
    expect(failureOf(refused)).toMatchObject({ code: 'ECONNREFUSED', resource: `127.0.0.1:${port}` })
    expect(failureOf(await check({ endpoint: 'http://nowhere.invalid' }))).toMatchObject({ name: 'address' })
    await peer.stop()
    await startPeer({ tls: selfSigned })
    const untrusted = await check()
    expect(outcome(untrusted)).toEqual({ failed: ['tls'], ok: ['secret', 'address'] })
  })

  test('a server that is silent fails in the end', async () => {
    // Everything that is asked before is answered by then.
    const impatient = { ...systemClock, after: (_ms: number, action: () => void) => systemClock.after(3_000, action) }
    peer.fault = ({ method }) => (method === 'PUT' ? { silent: true } : undefined)
    expect(failureOf(await check({}, account, impatient))).toMatchObject({ name: 's3:PutObject', code: 'NO_ANSWER' })
  })

  test('no secret is in any finding', async () => {
    for (const code of ['AccessDenied', 'SignatureDoesNotMatch', 'InvalidAccessKeyId']) {
      answer(403, code)
      expect(JSON.stringify(await check())).not.toContain('planted')
    }
  })

  describe('without leaving anything', () => {
    const LOOKED = ['secret', 'address', 'clock', 'credentials', 'region', 'bucket']
    const onGet = (status: number, code: string, headers: Record<string, string> = {}) => {
      peer.fault = ({ method }) => (method === 'GET' ? { answer: { status, code, headers } } : undefined)
    }

    test('nothing is written, and what only a write can tell is not said', async () => {
      onGet(200, '', {})
      const results = await asked(null)
      expect(outcome(results)).toEqual({ failed: [], ok: LOOKED.filter((name) => name !== 'region') })
      expect(results.map(({ name }) => name)).toEqual([...LOOKED.slice(0, 2), 'tls', ...LOOKED.slice(2)])
      expect(peer.requests.map(({ method }) => method)).toEqual(['HEAD', 'GET'])
      expect(peer.objects.size).toBe(0)
    })

    test.each([
      // Not needed to deliver: a denial shows that the credentials are taken, and no more.
      [403, 'AccessDenied', [], ['credentials']],
      [404, 'NoSuchBucket', ['bucket'], ['credentials']],
      [301, 'PermanentRedirect', ['region'], ['credentials']],
      [400, 'AuthorizationHeaderMalformed', ['region'], ['credentials']],
      [403, 'InvalidAccessKeyId', ['credentials'], []],
      [403, 'SignatureDoesNotMatch', ['credentials'], []],
      [400, 'ExpiredToken', ['credentials'], []],
      [403, 'RequestTimeTooSkewed', ['credentials'], []],
      [503, 'SlowDown', ['bucket'], []],
      [500, 'InternalError', ['bucket'], []],
      // Storage that does not know the question may well take what is written.
      [501, 'NotImplemented', [], []],
      [418, 'NeverHeardOf', [], []],
    ])('%i %s fails %j', async (status, code, wrong, proven) => {
      onGet(status, code)
      const { failed, ok } = outcome(await asked(null))
      expect(failed).toEqual(wrong)
      expect(ok).toEqual([...LOOKED.slice(0, 3), ...proven])
    })

    test('what passes by itself is told from what needs a person', async () => {
      for (const [code, passes] of [
        ['SlowDown', true],
        ['InternalError', true],
        ['NoSuchBucket', undefined],
        ['InvalidAccessKeyId', undefined],
      ] as const) {
        onGet(400, code)
        expect([code, failureOf(await asked(null))?.passesByItself]).toEqual([code, passes])
      }
      const [port] = await freePorts(1)
      const refused = await asked(null, { endpoint: `http://127.0.0.1:${port}` })
      expect(failureOf(refused)).toMatchObject({ code: 'ECONNREFUSED', passesByItself: true })
      await peer.stop()
      await startPeer({ tls: selfSigned })
      expect(failureOf(await asked(null))).toMatchObject({ name: 'tls' })
      expect(failureOf(await asked(null))?.passesByItself).toBeUndefined()
    })
  })
})
