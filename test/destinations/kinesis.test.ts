import { afterEach, describe, expect, test } from 'vitest'
import type { KinesisSettings } from '../../src/config/configuration.js'
import type { AwsAccount } from '../../src/destinations/aws-credentials.js'
import type { Failure, RecordPayload, StreamDestination } from '../../src/destinations/destination.js'
import { createKinesisDestination, DEFAULT_KINESIS_LIMITS, type KinesisLimits } from '../../src/destinations/kinesis.js'
import { systemClock } from '../../src/runtime/clock.js'
import { Secret } from '../../src/runtime/secret.js'
import { AwsFaultPeer } from '../support/aws-fault-peer.js'
import { eventually } from '../support/eventually.js'
import { KinesisPeer, shardOf, type KinesisPeerOptions, type RequestRule } from '../support/kinesis-peer.js'
import { selfSigned } from '../support/self-signed.js'
import { describeStream, describeStreamFaults, recordOf, type FaultyStreamSubject } from './stream-conformance.js'

const never = new AbortController().signal
const MIB = 1024 * 1024
const inline = (text: string) => new Secret({ kind: 'inline' }, () => text)
const keysOf = (secret: string) => new Map([['AKIA', { secret }]])
const keyed = (id: string, secret: string, token?: string): AwsAccount => ({
  ...{ type: 'aws', accessKeyId: inline(id), secretAccessKey: inline(secret) },
  ...(token !== undefined && { sessionToken: inline(token) }),
})

function settingsOf(endpoint: string, more: Partial<KinesisSettings> = {}): KinesisSettings {
  const limits = { maxRecordsPerRequest: 500, maxRequestBytes: 5 * MIB, maxRecordBytes: MIB }
  const where = { account: 'acme', stream: 'events', region: 'eu-west-1', endpoint, partitionKey: 'user_id' }
  return { type: 'kinesis', ...where, ...limits, aggregation: 'none', ...more }
}

async function subjectOnPeer(): Promise<FaultyStreamSubject> {
  const peer = await KinesisPeer.start({ keys: keysOf('s'), shards: 3 })
  const refuse = (partitionKey: string) =>
    peer.recordRules.set([{ action: 'fail', code: 'InternalFailure', partitionKey }])
  return {
    destination: createKinesisDestination(settingsOf(peer.endpoint), keyed('AKIA', 's'), { clock: systemClock }),
    readBack: () =>
      Promise.resolve(peer.shards.map((shard) => shard.map(({ data: bytes, ...rest }) => ({ bytes, ...rest })))),
    refuse: (partitionKey) => Promise.resolve(refuse(partitionKey)),
    accept: () => Promise.resolve(peer.recordRules.set([])),
    stop: () => peer.stop(),
  }
}

describeStream('kinesis, against a peer', subjectOnPeer)
describeStreamFaults('kinesis, against a peer', subjectOnPeer)

describe('kinesis', () => {
  const toClose: (() => Promise<void>)[] = []
  let peer: KinesisPeer

  afterEach(async () => {
    for (const close of toClose.splice(0).reverse()) await close()
  })

  interface Given {
    peer?: Partial<KinesisPeerOptions>
    settings?: Partial<KinesisSettings>
    account?: AwsAccount
    limits?: Partial<KinesisLimits>
  }

  async function start({ peer: options, settings, account, limits }: Given = {}): Promise<StreamDestination> {
    peer = await KinesisPeer.start({ keys: keysOf('the-secret'), ...options })
    const destination = createKinesisDestination(
      settingsOf(peer.endpoint, settings),
      account ?? keyed('AKIA', 'the-secret'),
      { clock: systemClock, limits: { ...DEFAULT_KINESIS_LIMITS, ...limits } },
    )
    toClose.push(
      () => peer.stop(),
      () => destination.close(),
    )
    return destination
  }

  const brief = ({ class: failureClass, code }: Failure) => `${failureClass} ${code}`
  const sizes = () => peer.requests.map(({ records }) => records.length)
  const users = (count: number, size = 10) =>
    Array.from({ length: count }, (_, index) => recordOf(`u${index}`, 0, size))
  const stored = () => peer.shards.flat().map(({ data }) => data.toString())

  async function failuresOf(given: Given, rules: RequestRule[], records = users(3)): Promise<Failure[]> {
    const destination = await start(given)
    peer.requestRules.set(rules)
    return destination.write(records, never)
  }

  test('one request of JSON over HTTP/1.1 for a call, and what it may hold', async () => {
    const destination = await start()
    expect(destination.most).toEqual({ records: 500, bytes: 5 * MIB, perKey: 1 })
    expect(await destination.write(users(500), never)).toEqual([])
    expect(sizes()).toEqual([500])
    expect(peer.requests[0]?.headers['content-type']).toBe('application/x-amz-json-1.1')
    expect(peer.shards.every((shard) => shard.length > 200)).toBe(true)
  })

  describe('limits, to the byte', () => {
    test('records of a request', async () => {
      const destination = await start({ settings: { maxRecordsPerRequest: 100 } })
      expect(await destination.write(users(201), never)).toEqual([])
      expect(sizes()).toEqual([100, 100, 1])
    })

    test('bytes of a request, keys included', async () => {
      const destination = await start()
      const fitting = ['k1', 'k2', 'k3', 'k4', 'k5'].map((key) => recordOf(key, 0, MIB - 2))
      expect(await destination.write(fitting, never)).toEqual([])
      expect(sizes()).toEqual([5])
      expect(await destination.write([...fitting, recordOf('k6', 0, 1)], never)).toEqual([])
      expect(sizes()).toEqual([5, 5, 1])
    })

    test('bytes of a record, key included: the one beyond is rejected unasked', async () => {
      const destination = await start()
      const most = recordOf('é', 0, MIB - 2)
      const beyond = recordOf('é', 1, MIB - 1)
      const failures = await destination.write([beyond, most], never)
      expect(failures.map(brief)).toEqual(['rejected RECORD_TOO_LARGE'])
      expect(failures[0]?.message).toContain(`${MIB + 1} bytes with its partition key, and may have ${MIB}`)
      expect([sizes(), stored().length]).toEqual([[1], 1])
    })

    test('bytes of a record, aggregated: what is packed together is not too large for it', async () => {
      const settings = { aggregation: 'kpl', maxRecordBytes: 1024 } as const
      const destination = await start({ peer: { maxRecordBytes: 1024 }, settings })
      const ofOneKey = Array.from({ length: 9 }, (_, index) => recordOf('k', index, 300))
      expect(await destination.write(ofOneKey, never)).toEqual([])
      expect(sizes()).toEqual([1, 1, 1])
    })

    test('a record never exceeds its request', async () => {
      const destination = await start({ settings: { maxRequestBytes: 64 * 1024 } })
      const failures = await destination.write([recordOf('k', 0, 64 * 1024)], never)
      expect(failures.map(brief)).toEqual(['rejected RECORD_TOO_LARGE'])
    })

    test('characters of a key', async () => {
      const destination = await start()
      const [most, beyond] = ['é'.repeat(256), 'é'.repeat(257)] as const
      expect(await destination.write([recordOf(most, 0), recordOf(beyond, 0)], never)).toEqual([])
      const keys = peer.shards.flat().map(({ partitionKey }) => partitionKey)
      expect(keys.filter((key) => key !== most)).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)])
    })
  })

  test('two records of a key never travel together: the second goes when the first is taken', async () => {
    const destination = await start()
    const records = [recordOf('a', 0), recordOf('b', 0), recordOf('a', 1), recordOf('a', 2), recordOf('b', 1)]
    expect(await destination.write(records, never)).toEqual([])
    expect(peer.requests.map((request) => request.records.map(({ partitionKey }) => partitionKey))).toEqual([
      ['a', 'b'],
      ['a', 'b'],
      ['a'],
    ])
  })

  test('fault 22: three of 500 fail, each as what it is; the rest is not sent again', async () => {
    const destination = await start()
    peer.recordRules.set([
      { action: 'fail', code: 'ProvisionedThroughputExceededException', partitionKey: 'u3' },
      { action: 'fail', code: 'InternalFailure', partitionKey: 'u77' },
      { action: 'fail', code: 'NeverHeardOf', partitionKey: 'u499' },
    ])
    const records = users(500)
    const failures = await destination.write(records, never)
    expect(failures.map((failure) => [failure.payload, brief(failure), failure.hitsAll])).toEqual([
      [records[3], 'throttled ProvisionedThroughputExceededException', undefined],
      [records[77], 'transient InternalFailure', undefined],
      [records[499], 'transient UNKNOWN', undefined],
    ])
    expect([sizes(), stored().length]).toEqual([[500], 497])
    peer.recordRules.set([])
    expect(
      await destination.write(
        failures.map(({ payload }) => payload as RecordPayload),
        never,
      ),
    ).toEqual([])
    expect(sizes()).toEqual([500, 3])
  })

  test('a hot shard does not fail the others', async () => {
    const destination = await start({ peer: { shards: 2, recordsPerSecond: 10 } })
    const hot = users(200).filter(({ partitionKey }) => shardOf({ partitionKey: String(partitionKey) }, 2) === 0)
    const calm = users(200).filter(({ partitionKey }) => shardOf({ partitionKey: String(partitionKey) }, 2) === 1)
    const failures = await destination.write([...hot, ...calm.slice(0, 5)], never)
    expect(new Set(failures.map(brief))).toEqual(new Set(['throttled ProvisionedThroughputExceededException']))
    expect(failures.every(({ payload, hitsAll }) => hot.includes(payload as RecordPayload) && !hitsAll)).toBe(true)
    expect(peer.shards.map((shard) => shard.length)).toEqual([hot.length - failures.length, 5])
    expect(failures.length).toBeGreaterThan(hot.length / 2)
  })

  /** What a whole request is answered with, and what that means. */
  const answers: [RequestRule, string][] = [
    [refusal('ProvisionedThroughputExceededException'), 'throttled ProvisionedThroughputExceededException'],
    [refusal('LimitExceededException'), 'throttled LimitExceededException'],
    [refusal('ThrottlingException'), 'throttled ThrottlingException'],
    [refusal('KMSThrottlingException'), 'throttled KMSThrottlingException'],
    [refusal('KMSAccessDeniedException'), 'credentials KMSAccessDeniedException'],
    [refusal('KMSDisabledException'), 'configuration KMSDisabledException'],
    [refusal('KMSInvalidStateException'), 'configuration KMSInvalidStateException'],
    [refusal('KMSNotFoundException'), 'configuration KMSNotFoundException'],
    [refusal('KMSOptInRequired'), 'configuration KMSOptInRequired'],
    [refusal('ResourceNotFoundException'), 'configuration ResourceNotFoundException'],
    [refusal('AccessDeniedException'), 'credentials AccessDeniedException'],
    [refusal('UnrecognizedClientException'), 'credentials UnrecognizedClientException'],
    [refusal('ExpiredTokenException'), 'credentials ExpiredTokenException'],
    [refusal('InvalidSignatureException'), 'credentials InvalidSignatureException'],
    [refusal('IncompleteSignature'), 'configuration IncompleteSignature'],
    [refusal('MissingAuthenticationToken'), 'credentials MissingAuthenticationToken'],
    [refusal('OptInRequired'), 'credentials OptInRequired'],
    [refusal('RequestExpired'), 'clock RequestExpired'],
    [refusal('InternalFailure', 500), 'transient InternalFailure'],
    [refusal('ServiceUnavailable', 503), 'transient ServiceUnavailable'],
    [refusal('NeverHeardOf', 418), 'transient UNKNOWN'],
    [{ ...refusal('AccessDenied', 403), xml: true }, 'credentials AccessDenied'],
    [{ ...refusal('InvalidClientTokenId', 403), xml: true }, 'credentials InvalidClientTokenId'],
    [{ ...refusal('NeverHeardOf', 403), xml: true }, 'transient UNKNOWN'],
    [{ action: 'cut before' }, 'transient ECONNRESET'],
    [{ action: 'cut after' }, 'transient ECONNRESET'],
  ]

  test.each(answers)(
    '%j: every record fails alike, nothing more is sent, and a retry heals it',
    async (rule, expected) => {
      const given = { settings: { maxRecordsPerRequest: 2 } }
      const records = users(5)
      const failures = await failuresOf(given, [rule], records)
      expect(failures.map(({ payload }) => payload)).toEqual(records)
      expect([...new Set(failures.map((failure) => `${brief(failure)} ${failure.hitsAll}`))]).toEqual([
        `${expected} true`,
      ])
      expect(failures[4]?.message).toMatch(/^\w+: stream events \(http:.*\) did not take events\/0\/\d+\. .*\.$/)
      expect(sizes()).toEqual([2])
      peer.requestRules.set([])
      const again = createKinesisDestination(settingsOf(peer.endpoint), keyed('AKIA', 'the-secret'), {
        clock: systemClock,
      })
      expect(await again.write(records, never)).toEqual([])
      await again.close()
    },
  )

  test('fault 15: a server that is silent', async () => {
    const failures = await failuresOf({ limits: { idleMs: 200, minBytesPerSecond: 1 } }, [{ action: 'hang' }])
    expect(failures.map(brief)).toEqual(Array(3).fill('transient TIMEOUT'))
  })

  test('fault 16: a server that trickles', async () => {
    // Silence for so long would be another failure, and a busy machine makes some.
    const failures = await failuresOf({ limits: { idleMs: 5_000, minBytesPerSecond: 1000 } }, [{ action: 'trickle' }])
    expect(failures.map(brief)).toEqual(Array(3).fill('transient TOO_SLOW'))
  })

  test('an abort cuts a request that hangs, and close closes every socket', async () => {
    const destination = await start()
    peer.requestRules.set([{ action: 'hang' }])
    const abort = new AbortController()
    const writing = destination.write(users(2), abort.signal)
    await eventually(() => peer.requests.length === 1)
    abort.abort()
    expect((await writing).map(brief)).toEqual(['transient ABORTED', 'transient ABORTED'])
    peer.requestRules.set([])
    expect(await destination.write(users(2), never)).toEqual([])
    await destination.close()
    await eventually(() => peer.openSockets === 0)
  })

  test('nobody listens', async () => {
    const destination = await start()
    await peer.stop()
    const failures = await destination.write(users(1), never)
    expect(failures.map(brief)).toEqual(['transient ECONNREFUSED'])
    toClose.splice(0, 1)
  })

  test('fault 45: a certificate of an unknown authority; nothing is sent', async () => {
    const failures = await failuresOf({ peer: { tls: selfSigned } }, [])
    expect(failures.map(brief)).toEqual(Array(3).fill('configuration DEPTH_ZERO_SELF_SIGNED_CERT'))
    expect(peer.requests).toEqual([])
  })

  describe('a request refused for what one of its records holds', () => {
    const isPoison = ({ data }: { data: Buffer }) => data.toString().includes('#poison')
    const poisoned: RequestRule = { ...refusal('InvalidArgumentException'), holding: isPoison }

    test('the one is found and rejected, alone; the others are written, each once, in the order of their keys', async () => {
      const destination = await start()
      peer.requestRules.set([poisoned])
      const poison = recordOf('poison', 0)
      const after = recordOf('poison', 1, 3)
      const others = users(60, 200)
      const failures = await destination.write([...others.slice(0, 41), poison, ...others.slice(41), after], never)
      expect(failures.map((failure) => [failure.payload, brief(failure), failure.hitsAll])).toEqual([
        [poison, 'rejected InvalidArgumentException', undefined],
      ])
      expect(stored().sort()).toEqual([...others, after].map(({ bytes }) => bytes.toString()).sort())
    })

    test('a stream that takes smaller records than we are told', async () => {
      const destination = await start({ peer: { maxRecordBytes: 1000 } })
      const large = recordOf('large', 0, 2000)
      const failures = await destination.write([large, recordOf('small', 0)], never)
      expect(failures.map((failure) => [failure.payload, brief(failure)])).toEqual([
        [large, 'rejected InvalidArgumentException'],
      ])
    })

    test('nothing is given up while every request is refused', async () => {
      const failures = await failuresOf({}, [refusal('ValidationException')])
      expect(failures.map(brief)).toEqual(Array(3).fill('configuration ValidationException'))
      expect(await (await start()).write(users(1), never)).toEqual([])
    })

    test('an outage while it is looked for is an outage', async () => {
      const destination = await start()
      peer.requestRules.set([{ ...poisoned, times: 1 }, { action: 'cut before' }])
      const failures = await destination.write([recordOf('poison', 0), ...users(3)], never)
      expect([...new Set(failures.map(brief))]).toEqual(['transient ECONNRESET'])
      expect(failures).toHaveLength(4)
    })
  })

  describe('credentials', () => {
    test('wrong ones', async () => {
      const refused = async (account: AwsAccount) =>
        (await (await start({ account })).write(users(1), never)).map(brief)
      expect(await refused(keyed('NOBODY', 'x'))).toEqual(['credentials UnrecognizedClientException'])
      expect(await refused(keyed('AKIA', 'x'))).toEqual(['credentials InvalidSignatureException'])
      expect(await refused(keyed('AKIA', 'the-secret', 'x'))).toEqual(['credentials UnrecognizedClientException'])
    })

    test('a token that has ended', async () => {
      const keys = new Map([['ASIA', { secret: 's', sessionToken: 't', endsMs: 0 }]])
      const destination = await start({ peer: { keys }, account: keyed('ASIA', 's', 't') })
      expect((await destination.write(users(1), never)).map(brief)).toEqual(['credentials ExpiredTokenException'])
    })

    test('a role: its session signs', async () => {
      const roleArn = 'arn:aws:iam::123456789012:role/currents'
      const sts = await AwsFaultPeer.start({ keys: { M: { secret: 's' } }, roles: { [roleArn]: { externalId: 'x' } } })
      toClose.push(() => sts.stop())
      const before = { ...process.env }
      Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'M', AWS_SECRET_ACCESS_KEY: 's' })
      const role = (externalId: string): AwsAccount => ({ type: 'aws', roleArn, externalId, stsEndpoint: sts.endpoint })
      try {
        const granted = await start({ peer: { keys: sts.keys }, account: role('x') })
        expect(await granted.write(users(1), never)).toEqual([])
        const denied = await start({ peer: { keys: sts.keys }, account: role('y') })
        expect((await denied.write(users(1), never)).map(brief)).toEqual(['credentials AssumeRole.AccessDenied'])
      } finally {
        process.env = before
      }
    })

    test('fault 43: a clock 20 minutes slow is the clock, not the credentials', async () => {
      const destination = await start({ peer: { nowMs: () => Date.now() + 20 * 60_000 } })
      expect((await destination.write(users(1), never)).map(brief)).toEqual(['clock InvalidSignatureException'])
    })

    test('no message holds a secret', async () => {
      const account = keyed('AKIA', 'canary-secret-wJalrXUtnFEMI', 'canary-token-FwoGZXIvYXdzEBY')
      const failures = await failuresOf({ account }, [])
      expect(failures).toHaveLength(3)
      expect(JSON.stringify(failures.map((failure) => ({ ...failure, payload: '' })))).not.toContain('canary')
    })
  })
})

function refusal(code: string, status = 400): Extract<RequestRule, { action: 'refuse' }> {
  return { action: 'refuse', code, status }
}
