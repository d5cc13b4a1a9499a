import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  createAwsCredentials,
  CredentialsUnavailable,
  type AwsAccount,
  type AwsCredentials,
} from '../../src/destinations/aws-credentials.js'
import { createS3Destination } from '../../src/destinations/s3.js'
import { systemClock } from '../../src/runtime/clock.js'
import { Secret } from '../../src/runtime/secret.js'
import { AwsFaultPeer } from '../support/aws-fault-peer.js'
import { eventually } from '../support/eventually.js'
import { FakeClock } from '../support/fake-clock.js'
import { payloadOf } from './conformance.js'

const never = new AbortController().signal
const role = 'arn:aws:iam::123456789012:role/currents'
const inline = (text: string) => new Secret({ kind: 'inline' }, () => text)

describe('credentials', () => {
  let peer: AwsFaultPeer

  beforeEach(async () => {
    peer = await AwsFaultPeer.start({
      keys: { MACHINE: { secret: 'machine-secret' } },
      buckets: ['bucket'],
      roles: { [role]: { externalId: 'ext-1' } },
    })
    useMachine('MACHINE', 'machine-secret')
    // What the machine of the tests has of its own must not be found.
    for (const name of ['AWS_PROFILE', 'AWS_SESSION_TOKEN', 'AWS_WEB_IDENTITY_TOKEN_FILE']) vi.stubEnv(name, undefined)
    vi.stubEnv('AWS_CONFIG_FILE', '/nowhere/config')
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere/credentials')
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
  })

  afterEach(async () => {
    vi.unstubAllEnvs()
    await peer.stop()
  })

  function useMachine(id: string | undefined, secret?: string): void {
    vi.stubEnv('AWS_ACCESS_KEY_ID', id)
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', secret)
  }

  const roleAccount = (externalId?: string): AwsAccount => ({
    ...{ type: 'aws', roleArn: role, stsEndpoint: peer.endpoint, region: 'us-east-1' },
    ...(externalId !== undefined && { externalId }),
  })

  const assumptions = () =>
    peer.requests.filter(({ bucket }) => bucket === '').map(({ body }) => new URLSearchParams(body.toString()))

  function destinationOf(account: AwsAccount) {
    const settings = {
      ...{ type: 's3' as const, account: 'acme', bucket: 'bucket', region: 'eu-west-1', folder: 'f' },
      ...{ encryption: 'none' as const, endpoint: peer.endpoint, pathStyle: true },
    }
    return createS3Destination(settings, account, { clock: systemClock })
  }

  async function outcome(account: AwsAccount): Promise<string> {
    const destination = destinationOf(account)
    const [failure] = await destination.write([payloadOf('x', 10)], never)
    await destination.close()
    return failure ? `${failure.class} ${failure.code}` : 'written'
  }

  describe('a role', () => {
    test('is assumed once, with the external id, by the machine; its session signs the PUTs', async () => {
      const destination = destinationOf(roleAccount('ext-1'))
      expect(await destination.write([payloadOf('a', 1), payloadOf('b', 1)], never)).toEqual([])
      await destination.close()
      expect(assumptions().map((form) => [form.get('RoleArn'), form.get('ExternalId')])).toEqual([[role, 'ext-1']])
      expect(
        peer.requests.map(({ headers }) =>
          /Credential=(\w+)\/\d+\/([\w-]+)/.exec(headers.authorization ?? '')?.slice(1),
        ),
      ).toEqual([
        // prettier-ignore
        ['MACHINE', 'us-east-1'],
        ['ASIA0', 'eu-west-1'],
        ['ASIA0', 'eu-west-1'],
      ])
    })

    test('that denies us is told from a bucket that does', async () => {
      expect(await outcome(roleAccount())).toBe('credentials AssumeRole.AccessDenied')
      expect(await outcome(roleAccount('wrong'))).toBe('credentials AssumeRole.AccessDenied')
      peer.fault = ({ bucket }) => (bucket ? { answer: { status: 403, code: 'AccessDenied' } } : undefined)
      expect(await outcome(roleAccount('ext-1'))).toBe('credentials AccessDenied')
    })

    test('is assumed anew when its session was refused', async () => {
      const destination = destinationOf(roleAccount('ext-1'))
      expect(await destination.write([payloadOf('a', 1)], never)).toEqual([])
      peer.keys.set('ASIA0', { secret: 'secret0', sessionToken: 'token0', endsMs: 0 })
      const failures = await destination.write([payloadOf('a', 1)], never)
      expect(failures.map(({ code }) => code)).toEqual(['ExpiredToken'])
      expect(await destination.write([payloadOf('a', 1)], never)).toEqual([])
      expect(assumptions()).toHaveLength(2)
      await destination.close()
    })

    test.each([
      ['InvalidClientTokenId', 403, 'credentials AssumeRole.InvalidClientTokenId'],
      ['Throttling', 400, 'throttled AssumeRole.Throttling'],
      ['RegionDisabledException', 403, 'configuration AssumeRole.RegionDisabledException'],
      ['Odd', 400, 'transient AssumeRole.UNKNOWN'],
    ])('STS says %s', async (code, status, expected) => {
      const body = `<ErrorResponse><Error><Code>${code}</Code><Message>m</Message></Error></ErrorResponse>`
      peer.fault = ({ bucket }) => (bucket ? undefined : { answer: { status, body } })
      expect(await outcome(roleAccount('ext-1'))).toBe(expected)
    })

    test('fault 41: STS cannot be reached', async () => {
      const unreachable = { ...roleAccount('ext-1'), stsEndpoint: 'http://127.0.0.1:1' }
      expect(await outcome(unreachable)).toBe('transient AssumeRole.ECONNREFUSED')
      peer.fault = ({ bucket }) => (bucket ? undefined : { cut: 'before' })
      expect(await outcome(roleAccount('ext-1'))).toBe('transient AssumeRole.ECONNRESET')
    })

    test('without an identity of the machine', async () => {
      useMachine(undefined)
      expect(await outcome(roleAccount('ext-1'))).toBe('credentials NO_CREDENTIALS')
    })

    test('an abort ends an attempt at once although STS is silent', async () => {
      peer.fault = ({ bucket }) => (bucket ? undefined : { silent: true })
      const abort = new AbortController()
      const destination = destinationOf(roleAccount('ext-1'))
      const writing = destination.write([payloadOf('x', 1)], abort.signal)
      await eventually(() => assumptions().length === 1)
      const abortedMs = Date.now()
      abort.abort()
      expect((await writing).map(({ code }) => code)).toEqual(['ABORTED'])
      // By itself it would have waited 10 s for STS.
      expect(Date.now() - abortedMs).toBeLessThan(9_000)
      await destination.close()
    })
  })

  describe("the machine's identity", () => {
    const stepOf = async (credentials: AwsCredentials) => {
      const error: unknown = await credentials.resolve().catch((thrown: unknown) => thrown)
      return error instanceof CredentialsUnavailable ? error.step : 'had one'
    }

    test('signs, and is looked up again within seconds', async () => {
      const clock = new FakeClock()
      const credentials = createAwsCredentials({ type: 'aws' }, { clock, region: 'eu-west-1' })
      expect((await credentials.resolve()).accessKeyId).toBe('MACHINE')
      useMachine('OTHER', 's')
      await clock.advance(10_000)
      expect((await credentials.resolve()).accessKeyId).toBe('OTHER')
      expect(await outcome({ type: 'aws' })).toBe('credentials InvalidAccessKeyId')
    })

    test('that is missing is a matter of credentials; one that goes missing is an outage', async () => {
      const clock = new FakeClock()
      const credentials = createAwsCredentials({ type: 'aws' }, { clock, region: 'eu-west-1' })
      useMachine(undefined)
      expect(await stepOf(credentials)).toBe('machine')
      expect(await outcome({ type: 'aws' })).toBe('credentials NO_CREDENTIALS')
      useMachine('MACHINE', 'machine-secret')
      expect(await stepOf(credentials)).toBe('had one')
      useMachine(undefined)
      credentials.forget()
      expect(await stepOf(credentials)).toBe('machine-again')
    })
  })

  test.each([
    ['accessKeyId', 'AKIA\n'],
    ['accessKeyId', '\uFEFFAKIA'],
    ['accessKeyId', 'AKIA\u0000'],
    ['accessKeyId', ' AKIA'],
    ['accessKeyId', 'AKIÄ'],
    ['secretAccessKey', 'planted\n'],
    ['secretAccessKey', 'plan\tted'],
    ['secretAccessKey', 'planted '],
    ['sessionToken', 'planted\r\n\r'],
    ['sessionToken', 'planted–token'],
  ])('%s %j is told as malformed before anything is sent, and never shown', async (part, text) => {
    const bad = new Secret({ kind: 'file', path: '/run/key' }, () => text)
    const keys = { accessKeyId: inline('AKIA'), secretAccessKey: inline('secret'), [part]: bad }
    const destination = destinationOf({ type: 'aws', ...keys })
    const before = peer.requests.length
    const [failure] = await destination.write([payloadOf('x', 10)], never)
    await destination.close()
    expect(failure).toMatchObject({ class: 'configuration', code: 'SECRET_MALFORMED' })
    expect(failure?.message).toContain(`The account's ${part}, the secret file /run/key, holds a line break`)
    expect(failure?.message).not.toContain('planted')
    expect(peer.requests.length).toBe(before)
  })

  test('what storage other than AWS takes as a secret key is well-formed', async () => {
    const account = {
      type: 'aws' as const,
      accessKeyId: inline('minio_admin-1'),
      secretAccessKey: inline('sésame ouvre'),
    }
    const credentials = createAwsCredentials(account, { clock: systemClock, region: 'eu-west-1' })
    expect((await credentials.resolve()).secretAccessKey).toBe('sésame ouvre')
  })

  test('access keys are read for every request', async () => {
    let secret = 'one'
    const account = { type: 'aws' as const, accessKeyId: inline('A'), secretAccessKey: new Secret({ kind: 'inline' }, () => secret) } // prettier-ignore
    const credentials = createAwsCredentials(account, { clock: systemClock, region: 'eu-west-1' })
    expect(await credentials.resolve()).toEqual({ accessKeyId: 'A', secretAccessKey: 'one' })
    secret = 'two'
    expect(await credentials.resolve()).toEqual({ accessKeyId: 'A', secretAccessKey: 'two' })
  })
})
