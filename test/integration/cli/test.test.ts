import { readdir } from 'node:fs/promises'
import { expect, it } from 'vitest'
import type { ConnectorReport } from '../../../src/cli/test-report.js'
import { AwsFaultPeer, type PeerFault } from '../../support/aws-fault-peer.js'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { createTopic, produce, uniqueTopic } from '../../support/kafka-topics.js'
import { workplace } from '../../support/millrace-process.js'
import { createBucket, listKeys } from '../../support/s3-buckets.js'

const TYPE = 'users.messages.webhook.Send'
const event = (more: object = {}) =>
  JSON.stringify({ event_type: TYPE, id: 'e', user_id: 'u', time: 1_790_000_000, ...more })

interface Report {
  ok: boolean
  connectors: ConnectorReport[]
}

/** `name status`, in order. */
const brief = ({ checks }: ConnectorReport) =>
  checks.map(({ name, status, message }) => `${name} ${status}${status === 'failed' ? message : ''}`)

describeWithServers('millrace test', ['kafka', 's3'], ({ kafka: { brokers }, s3 }) => {
  const env = { ID: s3.accessKeyId, SECRET: s3.secretAccessKey }
  const keys = { type: 'aws', accessKeyId: 'env:ID', secretAccessKey: 'env:SECRET' }

  async function configuration(connectors: Record<string, object>, more: object = {}) {
    const [topic, own] = [await createTopic(brokers, { partitions: 2 }), uniqueTopic('side')]
    const given = Object.entries(connectors).map(([name, connector]) => [name, { topics: [topic], ...connector }])
    const topics = { drops: `${own}-drops`, deadLetters: `${own}-dead` }
    return {
      topic,
      config: {
        kafka: { brokers, topics },
        accounts: { keys },
        connectors: Object.fromEntries(given) as object,
        ...more,
      },
    }
  }

  async function report(config: object, args: string[] = [], environment: Record<string, string> = env) {
    const place = await workplace(config, environment)
    const { code, stdout, stderr } = await place.run('test', '--json', '--wait', '0s', ...args)
    if (code !== 0 && code !== 3) throw new Error(stderr)
    return { code, ...(JSON.parse(stdout) as Report), output: stdout + stderr, place }
  }

  const toFolder = { destination: { type: 'folder', path: './out' } }

  it('a folder and a bucket that are fine; one marker stays in the bucket, nothing in the folder', async () => {
    const bucket = await createBucket(s3)
    const toBucket = { destination: { type: 's3', account: 'keys', bucket, endpoint: s3.endpoint } }
    const { config, topic } = await configuration({ folder: toFolder, bucket: toBucket })
    await produce(brokers, topic, [{ value: event() }, { value: event() }])
    const { code, connectors, place } = await report(config)
    expect(connectors.map(brief)).toEqual([
      [
        'destination ok',
        'write ok',
        'kafka ok',
        'kafka:Describe ok',
        'kafka:Read ok',
        'retention ok',
        'kafka:Read group ok',
        'kafka:Write ok',
        'kafka:Write ok',
        'schemas ok',
      ],
      [
        'secret ok',
        'address ok',
        'tls skipped',
        'clock ok',
        'credentials ok',
        'region ok',
        'bucket ok',
        's3:PutObject ok',
        'encryption skipped',
        's3:GetObject ok',
        's3:ListBucket ok',
        's3:GetBucketLocation ok',
        'kafka ok',
        'kafka:Describe ok',
        'kafka:Read ok',
        'retention ok',
        'kafka:Read group ok',
        'kafka:Write ok',
        'kafka:Write ok',
        'schemas ok',
      ],
    ])
    expect(code).toBe(0)
    expect(await readdir(place.folder)).toEqual(['millrace.yaml'])
    expect(await listKeys(s3, bucket)).toEqual(['currents/dataexport.local.S3.integration.bucket/.millrace-test'])
  })

  it('every failure by its name, none stops another connector; exit 3; no secret anywhere', async () => {
    const bucket = await createBucket(s3)
    const s3At = (more: object) => ({
      destination: { type: 's3', account: 'keys', bucket, endpoint: s3.endpoint, ...more },
    })
    const { config } = await configuration(
      {
        fine: s3At({ folder: 'fine' }),
        nokey: s3At({ folder: 'nokey', account: 'wrong' }),
        nobucket: s3At({ bucket: 'no-such-bucket-here' }),
        encrypted: s3At({ folder: 'encrypted', encryption: 'AES256' }),
        nowhere: s3At({ folder: 'nowhere', endpoint: 'http://127.0.0.1:1' }),
        notopic: { ...toFolder, topics: ['no-such-topic'] },
      },
      { accounts: { keys, wrong: { ...keys, secretAccessKey: 'env:WRONG' } } },
    )
    const planted = 'planted-wrong-secret'
    const { code, connectors, ok, output } = await report(config, [], { ...env, WRONG: planted })
    const failed = connectors.map(({ name, checks }) => {
      return [name, ...checks.filter(({ status }) => status === 'failed').map((check) => `${check.name} ${check.code}`)]
    })
    expect(failed).toEqual([
      ['fine'],
      ['nokey', 'credentials SignatureDoesNotMatch'],
      ['nobucket', 'bucket NoSuchBucket'],
      ['encrypted', 'encryption NotImplemented'],
      ['nowhere', 'address ECONNREFUSED'],
      ['notopic', 'kafka:Describe TOPIC_MISSING'],
    ])
    expect([code, ok, connectors.map((connector) => connector.ok)]).toEqual([
      3,
      false,
      [true, ...Array<boolean>(5).fill(false)],
    ])
    expect(output).not.toContain(planted)
    expect(output).not.toContain(env.SECRET)
  })

  it('a secret file that is missing fails the check secret of the connectors that use it, and no other', async () => {
    const bucket = await createBucket(s3)
    const s3At = (account: string) => ({
      destination: { type: 's3', account, bucket, folder: account, endpoint: s3.endpoint },
    })
    const lost = { ...keys, secretAccessKey: 'file:lost' }
    const { config } = await configuration({ fine: s3At('keys'), lost: s3At('lost') }, { accounts: { keys, lost } })
    const { code, connectors, place } = await report(config)
    const failures = connectors.map(({ checks }) => checks.filter(({ status }) => status === 'failed'))
    expect(failures).toMatchObject([
      [],
      [
        {
          name: 'secret',
          resource: 'account lost',
          code: 'SECRET_UNREADABLE',
          message: `SECRET_UNREADABLE: the secret file ${place.folder}/lost does not exist`,
        },
      ],
    ])
    expect(code).toBe(3)
    expect((await place.run('test', 'fine')).code).toBe(0)
    expect((await place.run('validate')).code).toBe(2)
  })

  it('for people: a line per check, what to do below, a sum; one connector alone; an unknown one', async () => {
    const { config } = await configuration({
      one: toFolder,
      two: { ...toFolder, enabled: false, topics: ['no-such-topic'], destination: { type: 'folder', path: './two' } },
    })
    const { run } = await workplace(config, env)
    const one = await run('test', 'one')
    expect(one).toMatchObject({ code: 0, stderr: '' })
    expect(one.stdout).toMatch(/^one \(folder\)\n {2}ok {7}destination +\S+\/out: does not exist yet/)
    expect(one.stdout).toContain('10 checks: 10 ok, 0 warning, 0 failed, 0 skipped')
    const two = await run('test', 'two')
    expect(two.code).toBe(3)
    expect(two.stdout).toContain('two (folder, not enabled)')
    expect(two.stdout).toMatch(
      /failed {3}kafka:Describe +no-such-topic: topic no-such-topic does not exist \(\d+ ms\)\n +Create it, or correct connectors\.two\.topics\./,
    )
    expect(await run('test', 'three')).toMatchObject({ code: 2, stdout: '' })
    expect((await run('test', '--wait', 'long')).code).toBe(2)
  })

  it('schemas: what lies in the topic is looked at, and no event is shown', async () => {
    const other = await createTopic(brokers)
    const { config, topic } = await configuration({
      mixed: toFolder,
      strange: { topics: [other], destination: { type: 'folder', path: './strange' } },
    })
    const secret = 'planted-person@example.com'
    await produce(brokers, topic, [
      { value: event() },
      { value: event({ email_address: secret, no_such_field: secret }) },
      { value: '{broken' },
      { value: JSON.stringify({ event_type: 'no.such.Type', id: secret }) },
      { value: null, key: 'tombstone' },
    ])
    await produce(brokers, other, [{ value: `not an event of ${secret}` }])
    const { code, connectors, output } = await report(config)
    const schemas = connectors.map(({ checks }) => checks.at(-1))
    expect(schemas).toMatchObject([
      {
        name: 'schemas',
        resource: topic,
        status: 'warning',
        message:
          'of the newest 5 records 2 can be delivered, 1 are left out, 2 would become dead letters (NOT_JSON 1, UNKNOWN_EVENT_TYPE 1)',
      },
      { name: 'schemas', resource: other, status: 'failed', code: 'DEAD_LETTERS_AHEAD' },
    ])
    expect(code).toBe(3)
    expect(output).not.toContain('planted')
  })

  it('schemas: only the newest thousand records are read', async () => {
    const { config, topic } = await configuration({ long: toFolder })
    await produce(
      brokers,
      topic,
      Array.from({ length: 600 }, () => ({ value: '{broken', partition: 0 })),
    )
    const events = (partition: number) => Array.from({ length: 600 }, () => ({ value: event(), partition }))
    await produce(brokers, topic, [...events(0), ...events(1)])
    const { connectors } = await report(config)
    expect(connectors[0]?.checks.at(-1)?.message).toBe(
      'of the newest 1000 records 1000 can be delivered, 0 are left out',
    )
  })

  it('a role made a moment ago is waited for, and that is said; a wrong external id is not enough', async () => {
    const roleArn = 'arn:aws:iam::123456789012:role/currents'
    const machine = { AWS_ACCESS_KEY_ID: 'MACHINE', AWS_SECRET_ACCESS_KEY: 'planted-machine' }
    const peer = await AwsFaultPeer.start({ keys: { MACHINE: { secret: 'planted-machine' } }, buckets: ['bucket'] })
    try {
      let asked = 0
      const denied: PeerFault = {
        answer: { status: 403, body: '<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>' },
      }
      peer.fault = ({ method, bucket }) => (method === 'POST' && bucket === '' && asked++ === 0 ? denied : undefined)
      peer.roles.set(roleArn, { externalId: 'the-right-one' })
      const destination = { type: 's3', account: 'role', bucket: 'bucket', endpoint: peer.endpoint }
      const role = (externalId: string) => ({
        role: { type: 'aws', roleArn, externalId, stsEndpoint: peer.endpoint },
      })
      const { config } = await configuration({ a: { destination } })
      const right = await report({ ...config, accounts: role('the-right-one') }, ['--wait', '120s'], machine)
      expect(right.code).toBe(0)
      expect(right.output).toContain(
        `a: sts:AssumeRole on ${roleArn} is refused; what was made a moment ago may need a while`,
      )
      const wrong = await report({ ...config, accounts: role('another') }, ['--wait', '20s'], machine)
      const [failure] = wrong.connectors[0]!.checks.filter(({ status }) => status === 'failed')
      expect(failure).toMatchObject({ name: 'sts:AssumeRole', code: 'AssumeRole.AccessDenied' })
      expect(failure?.message).toMatch(/still so after \d+ s$/)
      expect(right.output + wrong.output).not.toContain('planted')
    } finally {
      await peer.stop()
    }
  })
})
