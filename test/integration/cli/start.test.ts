import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigResourceTypes } from 'kafkajs'
import { beforeAll, expect, it } from 'vitest'
import { deliveredIds } from '../../support/delivered.js'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { eventually } from '../../support/eventually.js'
import { httpReceiver } from '../../support/http-receiver.js'
import { createTopic, produce, uniqueTopic, withAdmin } from '../../support/kafka-topics.js'
import { workplace } from '../../support/millrace-process.js'
import { Moto, type MotoUser } from '../../support/moto.js'
import { listKeys } from '../../support/s3-buckets.js'

const HOUR_MS = 3_600_000
const event = (id: string) =>
  JSON.stringify({ event_type: 'users.messages.webhook.Send', id, user_id: 'u', time: 1_790_000_000 })

const toFolder = (path = './out') => ({ destination: { type: 'folder', path }, files: { maxAge: '1s' } })

/** Topics of its own for what is not delivered; each connector reads `topic` unless it says another. */
function configurationOf(brokers: string[], topic: string, connectors: Record<string, object>, more: object = {}) {
  const own = uniqueTopic('side')
  const given = Object.entries(connectors).map(([name, connector]) => [name, { topics: [topic], ...connector }])
  return {
    kafka: { brokers, groupPrefix: `${own}.`, topics: { drops: `${own}-drops`, deadLetters: `${own}-dead` } },
    service: { http: false },
    connectors: Object.fromEntries(given) as Record<string, object>,
    ...more,
  }
}

/** A topic with one event. */
async function topicWith(brokers: string[], config: Record<string, string> = {}): Promise<string> {
  const topic = await createTopic(brokers, { config })
  await produce(brokers, topic, [{ value: event('a') }])
  return topic
}

describeWithServers('before a connector starts', ['kafka', 'moto'], (servers) => {
  const { brokers } = servers.kafka
  const moto = Moto.at(servers.moto)
  let user: MotoUser
  beforeAll(async () => {
    user = await moto.createUser(`u-${randomUUID()}`)
    const Statement = [
      { Effect: 'Allow', Action: ['s3:PutObject', 's3:ListBucket', 's3:GetBucketLocation'], Resource: '*' },
    ]
    await moto.allowUser(user.name, { Version: '2012-10-17', Statement })
  })

  const accounts = { keys: { type: 'aws', accessKeyId: 'env:ID', secretAccessKey: 'file:secret' } }
  const toBucket = (bucket: string) => ({
    destination: { type: 's3', account: 'keys', bucket, endpoint: moto.endpoint },
    files: { maxAge: '1s' },
  })

  /** Connectors `bucket` and `folder`, and the secret key of the user in a file. */
  async function place(bucket: string, secret: string) {
    const topic = await topicWith(brokers)
    const connectors = { bucket: toBucket(bucket), folder: toFolder() }
    const there = await workplace(configurationOf(brokers, topic, connectors, { accounts }), { ID: user.accessKeyId })
    const rotate = (text: string) => writeFile(join(there.folder, 'secret'), text)
    await rotate(secret)
    const keys = () => listKeys({ ...user, endpoint: moto.endpoint }, bucket)
    return { ...there, topic, rotate, keys, ids: () => deliveredIds(join(there.folder, 'out')) }
  }

  it('a wrong key: it is not started and says so, the other delivers; with the right key it starts by itself', async () => {
    const bucket = `bucket-${randomUUID()}`
    await moto.createBucket(bucket)
    const { start, rotate, keys, ids } = await place(bucket, 'planted-wrong')
    const millrace = start('run')
    await millrace.says(/"connector":"bucket","state":"blocked","code":"SignatureDoesNotMatch"/)
    expect(millrace.stderr).toMatch(/not started: credentials \(account keys\): .* Renew the account's secret/)
    await eventually(async () => (await ids()).length === 1)
    expect(await keys()).toEqual([])
    await rotate(user.secretAccessKey)
    // No object but those of events: nothing was left behind by looking.
    await eventually(async () => (await keys()).length === 1)
    expect(await keys()).toEqual([expect.stringMatching(/\+0\+0\.avro$/)])
    millrace.signal('SIGTERM')
    expect(await millrace.exited).toBe(0)
    expect(millrace.stderr).not.toContain('planted')
  })

  it('a secret file that is missing: the other delivers; with the file it starts by itself', async () => {
    const bucket = `bucket-${randomUUID()}`
    await moto.createBucket(bucket)
    const { start, rotate, keys, ids, folder } = await place(bucket, '')
    const millrace = start('run')
    await millrace.says(/"connector":"bucket","state":"blocked","code":"SECRET_UNREADABLE"/)
    expect(millrace.stderr).toContain(
      `not started: secret (account keys): SECRET_UNREADABLE: the secret file ${folder}`,
    )
    await eventually(async () => (await ids()).length === 1)
    await rotate(user.secretAccessKey)
    await eventually(async () => (await keys()).length === 1)
    millrace.signal('SIGTERM')
    expect(await millrace.exited).toBe(0)
  })

  it('one that has run before is started without its secret file, waits for it, and heals by itself', async () => {
    const bucket = `bucket-${randomUUID()}`
    await moto.createBucket(bucket)
    const { run, start, rotate, keys, topic } = await place(bucket, user.secretAccessKey)
    expect((await run('run', '--once')).code).toBe(0)
    await produce(brokers, topic, [{ value: event('b') }])
    await rotate('')
    const millrace = start('run')
    await millrace.says(/"connector":"bucket","state":"blocked","code":"SECRET_UNREADABLE"/)
    expect(millrace.stderr).not.toContain('not started')
    await rotate(user.secretAccessKey)
    await eventually(async () => (await keys()).length === 2)
    expect(millrace.stderr).not.toContain('credentials-failing')
    millrace.signal('SIGTERM')
    expect(await millrace.exited).toBe(0)
  })

  it('--once: what cannot be started is said, the others deliver, and the exit code is 1', async () => {
    const { run, ids } = await place(`no-such-bucket-${randomUUID()}`, user.secretAccessKey)
    const { code, stderr } = await run('run', '--once')
    expect(stderr).toMatch(/NoSuchBucket.*not started: bucket \(arn:aws:s3:::no-such-bucket-/)
    expect(await ids()).toEqual(['a'])
    expect(code).toBe(1)
  })

  it('a missing bucket: it starts by itself when there is one', async () => {
    const bucket = `late-${randomUUID()}`
    const { start, keys } = await place(bucket, user.secretAccessKey)
    const millrace = start('run')
    await millrace.says(/"connector":"bucket","state":"blocked","code":"NoSuchBucket"/)
    await moto.createBucket(bucket)
    await eventually(async () => (await keys()).length === 1)
    millrace.signal('SIGTERM')
    expect(await millrace.exited).toBe(0)
  })

  it('a connector that has run before starts whatever its credentials say', async () => {
    const bucket = `bucket-${randomUUID()}`
    await moto.createBucket(bucket)
    const { run, start, rotate, topic } = await place(bucket, user.secretAccessKey)
    expect((await run('run', '--once')).code).toBe(0)
    await produce(brokers, topic, [{ value: event('b') }])
    await rotate('planted-wrong')
    const millrace = start('run')
    await millrace.says(/"connector":"bucket",.*SignatureDoesNotMatch/)
    expect(millrace.stderr).not.toContain('not started')
    millrace.signal('SIGTERM')
    expect(await millrace.exited).toBe(0)
  })
})

describeWithServers('Kafka before a connector starts', ['kafka'], ({ kafka: { brokers } }) => {
  const short = () => topicWith(brokers, { 'retention.ms': String(HOUR_MS) })
  const rule = (credentialFailure: object) => ({ ...toFolder(), credentialFailure })

  it('retention below the period: not started, exit 1; the other delivers', async () => {
    const [topic, other] = [await short(), await topicWith(brokers)]
    const connectors = { short: toFolder('./short'), fine: { ...toFolder(), topics: [other] } }
    const { folder, run } = await workplace(configurationOf(brokers, topic, connectors))
    const { code, stderr } = await run('run', '--once')
    expect(stderr).toMatch(/"connector":"short","state":"blocked","code":"RETENTION_TOO_SHORT"/)
    expect(stderr).toMatch(/events are kept for 1 h, less than .*, 48 h.*allowShortRetention: true/)
    expect(await deliveredIds(join(folder, 'out'))).toEqual(['a'])
    expect(await deliveredIds(join(folder, 'short'))).toEqual([])
    expect(code).toBe(1)
  })

  it.each([{ allowShortRetention: true }, { onExpiry: 'hold' }])('with %j it starts with a warning', async (given) => {
    const { folder, run } = await workplace(configurationOf(brokers, await short(), { a: rule(given) }))
    const { code, stderr } = await run('run', '--once')
    expect(stderr).toMatch(/"level":40,.*"code":"RETENTION_TOO_SHORT","msg":"retention of topic .*kept for 1 h/)
    expect(await deliveredIds(join(folder, 'out'))).toEqual(['a'])
    expect(code).toBe(0)
  })

  it('retention of less than a day above the period: started, and people are told', async () => {
    const topic = await topicWith(brokers, { 'retention.ms': String(71 * HOUR_MS) })
    const hook = await httpReceiver()
    const notifications = { webhooks: [{ url: hook.origin, secret: 'env:HOOK' }] }
    const configuration = configurationOf(brokers, topic, { a: toFolder() }, { notifications })
    const { run } = await workplace(configuration, { HOOK: 'planted-key' })
    const { code, stderr } = await run('run', '--once')
    expect(code, stderr).toBe(0)
    expect(stderr).toMatch(/"level":40,"connector":"a",.*"code":"RETENTION_NEAR_PERIOD"|"code":"RETENTION_NEAR_PERIOD"/)
    const told = hook.received.map(({ body }) => JSON.parse(body) as { kind: string; id: string })
    expect(told).toMatchObject([{ kind: 'retention-risk', connector: 'a', code: 'RETENTION_NEAR_PERIOD' }])
    expect(told[0]?.id).toMatch(new RegExp(`^a/retention-risk/\\d{4}-\\d\\d-\\d\\dT00:00:00.000Z/${topic}$`))
  })

  it('the drop ledger and the dead letters are made, and keep what they hold for ever', async () => {
    const configuration = configurationOf(brokers, await topicWith(brokers), { a: toFolder() })
    const { start } = await workplace(configuration)
    const millrace = start('run')
    const { drops, deadLetters } = configuration.kafka.topics
    for (const name of [drops, deadLetters]) {
      const resources = [{ type: ConfigResourceTypes.TOPIC, name }]
      const settings = await eventually(async () => {
        const { resources: found } = await withAdmin(brokers, (admin) => {
          return admin.describeConfigs({ resources, includeSynonyms: false })
        })
        return found[0]?.errorCode === 0 && found[0].configEntries
      })
      const value = (wanted: string) => settings.find(({ configName }) => configName === wanted)?.configValue
      const asked = ['cleanup.policy', 'retention.ms', 'retention.bytes'].map(value)
      expect(asked).toEqual(['delete', '-1', '-1'])
    }
    millrace.signal('SIGTERM')
    expect(await millrace.exited).toBe(0)
  })

  it('a drop ledger that forgets is warned of, and delivery goes on', async () => {
    const configuration = configurationOf(brokers, await topicWith(brokers), { a: toFolder() })
    await createTopic(brokers, { topic: configuration.kafka.topics.drops, config: { 'retention.ms': String(HOUR_MS) } })
    const { folder, start, run } = await workplace(configuration)
    const millrace = start('run')
    await millrace.says('LEDGER_FORGETS')
    await eventually(async () => (await deliveredIds(join(folder, 'out'))).length === 1)
    millrace.signal('SIGTERM')
    expect(await millrace.exited).toBe(0)
    const { code, stdout } = await run('test', 'a')
    expect(stdout).toMatch(/warning {2}retention +\S+-drops: the drop ledger forgets after 1 h/)
    expect(code).toBe(0)
  })

  it('Kafka that cannot be reached holds nothing back: the connector itself waits for it and says so', async () => {
    const { start } = await workplace(configurationOf(['127.0.0.1:1'], 'events', { a: toFolder() }))
    const millrace = start('run')
    await millrace.says(/"connector":"a","state":"retrying","code":"KAFKA_UNREACHABLE"/)
    expect(millrace.stderr).not.toContain('not started')
    millrace.signal('SIGTERM')
    expect(await millrace.exited).toBe(0)
  })
})
