import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import type { ConnectorReport } from '../../../src/cli/test-report.js'
import type { PolicyDocument } from '../../../src/destinations/aws-policy.js'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { createTopic, produce, uniqueTopic } from '../../support/kafka-topics.js'
import { workplace } from '../../support/millrace-process.js'
import { Moto, type MotoUser } from '../../support/moto.js'

interface S3PolicyDocument {
  destination: {
    policy: PolicyDocument
    optional: PolicyDocument
    role?: { trustPolicy: PolicyDocument; machinePolicy: PolicyDocument }
  }
}

const EVENT = { event_type: 'users.messages.webhook.Send', id: 'e', user_id: 'u', time: 1_790_000_000 }
const RIGHTS = ['s3:PutObject', 's3:GetObject', 's3:ListBucket', 's3:GetBucketLocation'] as const

const merged = (...policies: PolicyDocument[]): PolicyDocument => {
  return { Version: '2012-10-17', Statement: policies.flatMap(({ Statement }) => Statement) }
}

const without = (action: string, { Version, Statement }: PolicyDocument): PolicyDocument => {
  return { Version, Statement: Statement.filter(({ Action }) => !Action.includes(action)) }
}

describeWithServers('what millrace policy prints, on a server that enforces it', ['kafka', 'moto'], (servers) => {
  const { brokers } = servers.kafka
  const moto = Moto.at(servers.moto)

  async function place(user: MotoUser, account: object) {
    const [topic, own, bucket] = [await createTopic(brokers), uniqueTopic('side'), `bucket-${randomUUID()}`]
    await moto.createBucket(bucket)
    await produce(brokers, topic, [{ value: JSON.stringify(EVENT) }])
    const destination = { type: 's3', account: 'acme', bucket, endpoint: moto.endpoint, encryption: 'AES256' }
    const configuration = {
      kafka: { brokers, groupPrefix: `${own}.`, topics: { drops: `${own}-drops`, deadLetters: `${own}-dead` } },
      service: { http: false },
      accounts: { acme: account },
      connectors: { a: { topics: [topic], destination, files: { maxAge: '1s' } } },
    }
    const { accessKeyId: ID, secretAccessKey: SECRET } = user
    const machine = { AWS_ACCESS_KEY_ID: ID, AWS_SECRET_ACCESS_KEY: SECRET }
    const { run } = await workplace(configuration, { ID, SECRET, ...machine, AWS_REGION: 'us-east-1' })
    return {
      run,
      policy: async (...args: string[]) => {
        return (JSON.parse((await run('policy', 'a', '--json', ...args)).stdout) as S3PolicyDocument).destination
      },
      /** By name: the checks of S3 that are not ok, and the exit code. */
      test: async () => {
        const { code, stdout, stderr } = await run('test', 'a', '--json', '--wait', '0s')
        expect(stdout + stderr).not.toContain(SECRET)
        const [report] = (JSON.parse(stdout) as { connectors: ConnectorReport[] }).connectors
        const wrong = report!.checks.filter(({ status, name }) => status !== 'ok' && name !== 'tls')
        return [code, ...wrong.map(({ name, status }) => `${name} ${status}`)]
      },
    }
  }

  const keys = { type: 'aws', accessKeyId: 'env:ID', secretAccessKey: 'env:SECRET' }
  const NOT_GRANTED = ['s3:GetObject skipped', 's3:ListBucket skipped', 's3:GetBucketLocation skipped']

  it('suffices for testing and delivering; without s3:PutObject the check of that name fails', async () => {
    const user = await moto.createUser(`u-${randomUUID()}`)
    const { run, policy, test } = await place(user, keys)
    await moto.allowUser(user.name, (await policy()).policy)
    expect(await test()).toEqual([0, ...NOT_GRANTED])
    const delivery = await run('run', '--once')
    expect(delivery.stderr).toContain('1 events delivered in 1 objects')
    expect(delivery.code).toBe(0)
    await moto.allowUser(user.name, (await policy()).optional)
    const without = ['region skipped', 's3:PutObject failed', 'encryption skipped']
    expect(await test()).toEqual([3, ...without, 's3:GetObject skipped', 's3:ListBucket skipped'])
  })

  it('every action that is taken away shows in the check of its name', async () => {
    const user = await moto.createUser(`u-${randomUUID()}`)
    const { policy, test } = await place(user, keys)
    const printed = await policy()
    const all = merged(printed.policy, printed.optional)
    await moto.allowUser(user.name, all)
    expect(await test()).toEqual([0])
    for (const action of RIGHTS.slice(1)) {
      await moto.allowUser(user.name, without(action, all))
      expect(await test()).toEqual([0, `${action} skipped`])
    }
    expect(all.Statement.flatMap(({ Action }) => Action).sort()).toEqual([...RIGHTS].sort())
  })

  it('a role: trust policy with the external id, rights of the machine and of the role', async () => {
    const user = await moto.createUser(`u-${randomUUID()}`)
    const name = `r-${randomUUID()}`
    const roleArn = `arn:aws:iam::123456789012:role/${name}`
    const account = { type: 'aws', roleArn, externalId: 'the-right-one', stsEndpoint: moto.endpoint }
    const { run, policy, test } = await place(user, account)
    const printed = await policy('--principal', user.arn)
    expect(await moto.createRole(name, printed.role!.trustPolicy)).toBe(roleArn)
    await moto.allowRole(name, printed.policy)
    expect((await test()).slice(0, 3)).toEqual([3, 'secret skipped', 'sts:AssumeRole failed'])
    await moto.allowUser(user.name, printed.role!.machinePolicy)
    expect(await test()).toEqual([0, 'secret skipped', ...NOT_GRANTED])
    expect((await run('run', '--once')).stderr).toContain('1 events delivered in 1 objects')
    const stranger = await place(user, { ...account, externalId: 'another-one' })
    expect(await stranger.test()).toEqual([
      3,
      'secret skipped',
      'sts:AssumeRole failed',
      'credentials skipped',
      'region skipped',
      'bucket skipped',
      's3:PutObject skipped',
      'encryption skipped',
      ...NOT_GRANTED,
    ])
  })
})
