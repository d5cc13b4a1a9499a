import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startKafka, type LocalKafka } from '../../../scripts/servers/local-kafka.js'
import { systemClock } from '../../../src/runtime/clock.js'
import { Secret } from '../../../src/runtime/secret.js'
import { aclsOf, type KafkaAcl } from '../../../src/source/kafka-acls.js'
import { checkKafka, checkOwnTopics, checkRetention, type KafkaCheckRequest } from '../../../src/source/kafka-checks.js'
import type { KafkaSettings } from '../../../src/source/kafka-settings.js'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { eventually } from '../../support/eventually.js'
import { createTopic, uniqueTopic, withAdmin } from '../../support/kafka-topics.js'

const HOUR_MS = 3_600_000
const inline = (text: string) => new Secret({ kind: 'inline' }, () => text)
const plain = (brokers: string[]): KafkaSettings => ({ brokers, clientId: 'test', ssl: false })

function requestFor(topic: string, more: Partial<KafkaCheckRequest> = {}): KafkaCheckRequest {
  const sideTopics = [uniqueTopic('drops'), uniqueTopic('dead')]
  const waiting = { periodMs: 48 * HOUR_MS, tooShortIs: 'failed' as const }
  return { topics: [topic], group: uniqueTopic('group'), sideTopics, ledger: sideTopics[0]!, waiting, ...more }
}

const check = (kafka: KafkaSettings, request: KafkaCheckRequest) => checkKafka(kafka, request, systemClock)

describeWithServers('checks of Kafka', ['kafka'], ({ kafka: { brokers } }) => {
  async function retentionOf(config: Record<string, string>): Promise<string> {
    const topic = await createTopic(brokers, { config })
    const results = await check(plain(brokers), requestFor(topic))
    const found = results.find(({ name }) => name === 'retention')
    return `${found?.status} ${found?.code ?? ''}`.trim()
  }

  it('creates no topic, no group, writes nothing', async () => {
    const topic = await createTopic(brokers)
    const request = requestFor(topic)
    const results = await check(plain(brokers), request)
    expect(results.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'kafka ok',
      'kafka:Describe ok',
      'kafka:Read ok',
      'retention ok',
      'kafka:Read group ok',
      'kafka:Write ok',
      'kafka:Write ok',
    ])
    const [topics, groups, ends] = await withAdmin(brokers, async (admin) => {
      return [await admin.listTopics(), await admin.listGroups(), await admin.fetchTopicOffsets(topic)] as const
    })
    expect(topics.filter((name) => request.sideTopics.includes(name))).toEqual([])
    expect(groups.groups.map(({ groupId }) => groupId)).not.toContain(request.group)
    expect(ends.map(({ high }) => high)).toEqual(['0'])
  })

  it('a topic that exists is written to by no check', async () => {
    const [topic, drops, dead] = [await createTopic(brokers), await createTopic(brokers), await createTopic(brokers)]
    const results = await check(plain(brokers), requestFor(topic, { sideTopics: [drops, dead] }))
    const writes = results.filter(({ name }) => name === 'kafka:Write')
    expect(writes.map(({ status, message }) => `${status} ${message}`)).toEqual(['ok granted', 'ok granted'])
    const ends = await withAdmin(brokers, (admin) => admin.fetchTopicOffsets(drops))
    expect(ends.map(({ high }) => high)).toEqual(['0'])
  })

  it('a missing topic, and nothing further about it', async () => {
    const results = await check(plain(brokers), requestFor('no-such-topic'))
    expect(results.map(({ name, status }) => `${name} ${status}`).slice(0, 5)).toEqual([
      'kafka ok',
      'kafka:Describe failed',
      'kafka:Read skipped',
      'retention skipped',
      'kafka:Read group ok',
    ])
    expect(results[1]).toMatchObject({ code: 'TOPIC_MISSING', resource: 'no-such-topic' })
  })

  it('nobody listens: one failure, the rest skipped', async () => {
    const results = await check(plain(['127.0.0.1:1']), requestFor('any'))
    expect(results.map(({ status }) => status)).toEqual(['failed', ...Array<string>(6).fill('skipped')])
    expect(results[0]?.code).toBe('KAFKA_UNREACHABLE')
  })

  it('retention against the period', async () => {
    expect(await retentionOf({ 'retention.ms': '-1' })).toBe('ok')
    expect(await retentionOf({ 'retention.ms': String(72 * HOUR_MS) })).toBe('ok')
    expect(await retentionOf({ 'retention.ms': String(72 * HOUR_MS - 1) })).toBe('warning RETENTION_NEAR_PERIOD')
    expect(await retentionOf({ 'retention.ms': String(48 * HOUR_MS - 1) })).toBe('failed RETENTION_TOO_SHORT')
    expect(await retentionOf({ 'retention.bytes': '1000000' })).toBe('warning RETENTION_BY_SIZE')
    expect(await retentionOf({ 'cleanup.policy': 'compact' })).toBe('warning RETENTION_COMPACTED')
  })

  it('retention alone: nothing else is asked; what is not known is no failure of it', async () => {
    const topic = await createTopic(brokers, { config: { 'retention.ms': '3600000' } })
    const waiting = { periodMs: 48 * HOUR_MS, tooShortIs: 'warning' as const }
    const parts = { clock: systemClock, signal: new AbortController().signal }
    const brief = async (topics: string[], at = brokers) => {
      const results = await checkRetention(plain(at), { topics, waiting }, parts)
      return results.map(({ name, status, code }) => [name, status, code].filter(Boolean).join(' '))
    }
    expect(await brief([topic, 'no-such-topic'])).toEqual([
      'kafka ok',
      'kafka:Describe ok',
      'retention warning RETENTION_TOO_SHORT',
      'kafka:Describe failed TOPIC_MISSING',
      'retention skipped',
    ])
    expect(await brief([topic], ['127.0.0.1:1'])).toEqual([
      'kafka failed KAFKA_UNREACHABLE',
      'kafka:Describe skipped',
      'retention skipped',
    ])
  })

  it.each([
    [{ 'retention.ms': '-1' }, 'ok'],
    [{ 'retention.ms': String(30 * 24 * HOUR_MS) }, 'ok'],
    [{ 'retention.ms': String(30 * 24 * HOUR_MS - 1) }, 'warning LEDGER_FORGETS'],
    [{ 'retention.ms': String(HOUR_MS), 'cleanup.policy': 'compact' }, 'ok'],
    [{ 'retention.ms': String(HOUR_MS), 'cleanup.policy': 'compact,delete' }, 'warning LEDGER_FORGETS'],
    [{ 'retention.ms': '-1', 'retention.bytes': '1000000' }, 'warning RETENTION_BY_SIZE'],
  ])('a drop ledger with %j', async (config, expected) => {
    const [ledger, dead] = [await createTopic(brokers, { config }), uniqueTopic('dead')]
    const parts = { clock: systemClock, signal: new AbortController().signal }
    const results = await checkOwnTopics(plain(brokers), { sideTopics: [ledger, dead], ledger }, parts)
    expect(results.map(({ name, status, code }) => [name, status, code].filter(Boolean).join(' '))).toEqual([
      'kafka ok',
      'kafka:Write ok',
      `retention ${expected}`,
      'kafka:Write ok',
    ])
  })
})

describeWithServers('rights in Kafka', ['java'], () => {
  let kafka: LocalKafka
  let settings: KafkaSettings
  beforeAll(async () => {
    kafka = await startKafka({
      security: { sasl: { mechanism: 'PLAIN', users: [{ name: 'millrace', password: 'planted' }] } },
      properties: {
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:ANONYMOUS',
      },
    })
    const sasl = { mechanism: 'plain' as const, username: inline('millrace'), password: inline('planted') }
    settings = { brokers: kafka.secureBrokers, clientId: 'test', ssl: false, sasl }
  })
  afterAll(() => kafka?.stop())

  const OPERATIONS = {
    Read: AclOperationTypes.READ,
    Write: AclOperationTypes.WRITE,
    Describe: AclOperationTypes.DESCRIBE,
    Create: AclOperationTypes.CREATE,
    DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
  }

  const entriesOf = ({ resource, name, operations }: KafkaAcl) =>
    operations.map((operation) => ({
      resourceType: resource === 'topic' ? AclResourceTypes.TOPIC : AclResourceTypes.GROUP,
      resourceName: name,
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: 'User:millrace',
      host: '*',
      operation: OPERATIONS[operation],
      permissionType: AclPermissionTypes.ALLOW,
    }))

  /** What is asked for, with the ACLs that `millrace policy` prints; those `without` speaks of are left out. */
  async function given(without: (acl: KafkaAcl) => boolean, sideTopicsExist = true) {
    const topic = await createTopic(kafka.brokers)
    const request = requestFor(topic)
    const config = { 'retention.ms': '-1' }
    if (sideTopicsExist)
      for (const name of request.sideTopics) await createTopic(kafka.brokers, { topic: name, config })
    const acl = aclsOf(request)
      .filter((each) => !without(each))
      .flatMap(entriesOf)
    await withAdmin(kafka.brokers, (admin) => admin.createAcls({ acl }))
    return request
  }

  const outcome = async (request: KafkaCheckRequest) => {
    const results = await check(settings, request)
    expect(JSON.stringify(results)).not.toContain('planted')
    return results.filter(({ status }) => status !== 'ok').map(({ name, status }) => `${name} ${status}`)
  }

  it('what millrace policy prints as needed suffices; only retention is not known', async () => {
    const request = await given(({ optional }) => optional)
    // ACLs take a moment to reach the broker.
    const unknown = ['retention skipped', 'retention skipped']
    await eventually(async () => expect(await outcome(request)).toEqual(unknown) ?? true)
  })

  it('with the optional ones, topics may be made and retention is known', async () => {
    const request = await given(() => false, false)
    await eventually(async () => expect(await outcome(request)).toEqual([]) ?? true)
  })

  describe('each right that is taken away fails the check of its name', () => {
    it.each([
      [
        'Read and Describe on the topic',
        (acl: KafkaAcl) => acl.purpose === 'to read events',
        ['kafka:Describe failed', 'kafka:Read skipped', 'retention skipped'],
      ],
      ['Read on the group', (acl: KafkaAcl) => acl.resource === 'group', ['kafka:Read group failed']],
      [
        'Write on the side topics',
        (acl: KafkaAcl) => acl.operations.includes('Write'),
        ['kafka:Write failed', 'kafka:Write failed'],
      ],
    ])('%s', async (_right, without, wrong) => {
      const request = await given(
        (acl) =>
          without(acl) ||
          (acl.optional && acl.operations.includes('Create')) ||
          (acl.optional && acl.operations.includes('Read')),
      )
      await eventually(
        async () =>
          expect(
            (await outcome(request)).filter((line) => line !== 'retention skipped' || wrong.includes(line)),
          ).toEqual(wrong) ?? true,
      )
    })

    it('Read alone: Describe on the topic is there', async () => {
      const request = requestFor(await createTopic(kafka.brokers))
      const acl = aclsOf(request)
        .filter(({ purpose }) => purpose === 'to read events')
        .map((each) => ({ ...each, operations: ['Describe' as const] }))
      await withAdmin(kafka.brokers, (admin) => admin.createAcls({ acl: acl.flatMap(entriesOf) }))
      await eventually(async () => expect(await outcome(request)).toContain('kafka:Read failed') ?? true)
    })

    it('Write, where the side topics do not exist', async () => {
      const request = await given((acl) => acl.operations.includes('Write'), false)
      await eventually(
        async () => expect(await outcome(request)).toEqual(['kafka:Write failed', 'kafka:Write failed']) ?? true,
      )
    })

    it('Create, where the side topics do not exist', async () => {
      const request = await given((acl) => acl.operations.includes('Create'), false)
      await eventually(
        async () => expect(await outcome(request)).toEqual(['kafka:Write failed', 'kafka:Write failed']) ?? true,
      )
    })
  })

  it('a refused password', async () => {
    const wrong = { ...settings, sasl: { ...settings.sasl!, password: inline('planted-wrong') } }
    const [first] = await check(wrong, requestFor('any'))
    expect(first).toMatchObject({ name: 'kafka', status: 'failed', code: 'KAFKA_AUTHENTICATION' })
    expect(JSON.stringify(first)).not.toContain('planted')
  })
})
