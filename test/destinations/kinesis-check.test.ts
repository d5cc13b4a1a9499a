import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { KinesisSettings } from '../../src/config/configuration.js'
import type { AwsAccount } from '../../src/destinations/aws-credentials.js'
import { createKinesisDestination } from '../../src/destinations/kinesis.js'
import type { CheckResult } from '../../src/runtime/checklist.js'
import { systemClock } from '../../src/runtime/clock.js'
import { MillraceError } from '../../src/runtime/errors.js'
import { Secret } from '../../src/runtime/secret.js'
import { freePorts } from '../../scripts/servers/ports.js'
import { KinesisPeer, type KinesisPeerOptions, type RequestRule } from '../support/kinesis-peer.js'
import { selfSigned } from '../support/self-signed.js'

const never = new AbortController().signal
const inline = (text: string) => new Secret({ kind: 'inline' }, () => text)
const account: AwsAccount = { type: 'aws', accessKeyId: inline('AKIA'), secretAccessKey: inline('planted-secret') }

const WAY = ['secret', 'address', 'tls', 'clock']
const ASKED = ['credentials', 'kinesis:PutRecords', 'stream', 'encryption']

describe('checking a stream', () => {
  let peer: KinesisPeer
  beforeEach(() => startPeer())
  afterEach(() => peer.stop())

  async function startPeer(options: Partial<KinesisPeerOptions> = {}): Promise<void> {
    peer = await KinesisPeer.start({ keys: new Map([['AKIA', { secret: 'planted-secret' }]]), ...options })
  }

  interface Given {
    settings?: Partial<KinesisSettings>
    account?: AwsAccount
    clock?: typeof systemClock
    marker?: string | null
  }

  async function check(given: Given = {}): Promise<CheckResult[]> {
    const limits = { maxRecordsPerRequest: 500, maxRequestBytes: 5_242_880, maxRecordBytes: 1_048_576 }
    const where = { account: 'acme', stream: 'events', region: 'eu-west-1', partitionKey: 'user_id' }
    const whole: KinesisSettings = {
      ...{ type: 'kinesis', ...where, ...limits, aggregation: 'none', endpoint: peer.endpoint },
      ...given.settings,
    }
    const clock = given.clock ?? systemClock
    const destination = createKinesisDestination(whole, given.account ?? account, { clock })
    try {
      return await destination.check(given.marker ?? null, never)
    } finally {
      await destination.close()
    }
  }

  const answer = (code: string, more: Partial<Extract<RequestRule, { action: 'refuse' }>> = {}) => {
    peer.requestRules.set([{ action: 'refuse', code, ...more }])
  }

  function outcome(results: CheckResult[]) {
    const named = (status: string) => results.filter((result) => result.status === status).map(({ name }) => name)
    return { failed: named('failed'), ok: named('ok').filter((name) => ASKED.includes(name)) }
  }

  const failureOf = (results: CheckResult[]) => results.find(({ status }) => status === 'failed')

  test('all is fine: one question that writes nothing, and every check by its name', async () => {
    answer('DryRunOperationException')
    for (const marker of [null, 'a/marker']) {
      const results = await check({ marker })
      expect(results.map(({ name }) => name)).toEqual([...WAY, ...ASKED])
      expect(outcome(results)).toEqual({ failed: [], ok: ['credentials', 'kinesis:PutRecords', 'stream'] })
    }
    expect(peer.requests.map(({ records, isRehearsal }) => [records, isRehearsal])).toEqual(Array(2).fill([[], true]))
    expect(peer.shards.flat()).toEqual([])
  })

  test('the right and the stream are named by their ARN; that of a role has the number of its account', async () => {
    const arns = async (given: Given) => (await check(given)).slice(-3).map(({ resource }) => resource)
    expect(await arns({})).toEqual(Array(3).fill('arn:aws:kinesis:eu-west-1:*:stream/events'))
    const roleArn = 'arn:aws-cn:iam::123456789012:role/currents'
    const role: AwsAccount = { type: 'aws', roleArn, stsEndpoint: peer.endpoint }
    expect(await arns({ account: role, settings: { region: 'cn-north-1' } })).toEqual(
      Array(3).fill('arn:aws-cn:kinesis:cn-north-1:123456789012:stream/events'),
    )
  })

  test.each([
    ['AccessDeniedException', 'kinesis:PutRecords', ['credentials']],
    ['ResourceNotFoundException', 'stream', ['credentials']],
    ['UnrecognizedClientException', 'credentials', []],
    ['ExpiredTokenException', 'credentials', []],
    ['InvalidSignatureException', 'credentials', []],
    ['RequestExpired', 'credentials', []],
    ['KMSAccessDeniedException', 'encryption', ['credentials', 'kinesis:PutRecords', 'stream']],
    ['KMSDisabledException', 'encryption', ['credentials', 'kinesis:PutRecords', 'stream']],
    ['KMSThrottlingException', 'encryption', []],
    ['LimitExceededException', 'kinesis:PutRecords', []],
    ['InternalFailure', 'kinesis:PutRecords', []],
    ['NeverHeardOf', 'kinesis:PutRecords', []],
    ['UnknownOperationException', 'kinesis:PutRecords', ['credentials']],
  ])('%s fails %s, and nothing is said to be fine that is not known', async (code, name, proven) => {
    answer(code)
    expect(outcome(await check())).toEqual({ failed: [name], ok: proven })
  })

  test('a refusal in XML is understood', async () => {
    answer('AccessDenied', { status: 403, xml: true })
    expect(outcome(await check())).toEqual({ failed: ['kinesis:PutRecords'], ok: ['credentials'] })
  })

  test('a server that refuses to be asked for nothing tells only whom it knows', async () => {
    const results = await check()
    expect(outcome(results)).toEqual({ failed: [], ok: ['credentials'] })
    expect(results.at(-2)?.message).toBe('not known: only a record that is written would tell, and none is')
  })

  test('only what may be too new is worth waiting for; only an outage passes by itself', async () => {
    for (const [code, fresh, passes] of [
      ['AccessDeniedException', true, undefined],
      ['UnrecognizedClientException', true, undefined],
      ['ExpiredTokenException', undefined, undefined],
      ['ResourceNotFoundException', undefined, undefined],
      ['InternalFailure', undefined, true],
    ] as const) {
      answer(code)
      const failure = failureOf(await check())
      expect([code, failure?.mayPassSoon, failure?.passesByItself]).toEqual([code, fresh, passes])
    }
  })

  test('a clock that is six minutes off', async () => {
    await peer.stop()
    await startPeer({ nowMs: () => Date.now() + 6 * 60_000 })
    const failure = failureOf(await check())
    expect(failure?.name).toBe('clock')
    expect(failure?.message).toMatch(/6 minutes apart/)
  })

  test('a secret that cannot be read, with the reason; nothing is sent', async () => {
    const unreadable = new Secret({ kind: 'file', path: '/run/key' }, () => {
      throw new MillraceError('CONFIGURATION', 'the secret file /run/key does not exist')
    })
    const results = await check({ account: { ...account, secretAccessKey: unreadable } as AwsAccount })
    expect(failureOf(results)).toMatchObject({ name: 'secret', code: 'SECRET_UNREADABLE' })
    expect(results.slice(-4).map(({ message }) => message)).toEqual(Array(4).fill('not looked at: needs secret'))
    expect(peer.requests).toEqual([])
  })

  test('nobody listens; a certificate nobody vouches for', async () => {
    const [port] = await freePorts(1)
    const refused = await check({ settings: { endpoint: `http://127.0.0.1:${port}` } })
    expect(failureOf(refused)).toMatchObject({ name: 'address', code: 'ECONNREFUSED', passesByItself: true })
    await peer.stop()
    await startPeer({ tls: selfSigned })
    expect(failureOf(await check())).toMatchObject({ name: 'tls' })
  })

  test('a server that is silent fails in the end', async () => {
    // Everything that is asked before is answered by then.
    const impatient = { ...systemClock, after: (_ms: number, action: () => void) => systemClock.after(3_000, action) }
    peer.requestRules.set([{ action: 'hang' }])
    expect(failureOf(await check({ clock: impatient }))).toMatchObject({
      name: 'kinesis:PutRecords',
      code: 'NO_ANSWER',
    })
  })

  test('no secret is in any finding', async () => {
    for (const code of ['AccessDeniedException', 'InvalidSignatureException', 'UnrecognizedClientException']) {
      answer(code)
      expect(JSON.stringify(await check())).not.toContain('planted')
    }
  })
})
