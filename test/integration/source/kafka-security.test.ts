import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { createCertificateAuthority, type CertificateAuthority } from '../../../scripts/servers/certificates.js'
import { startKafka, type LocalKafka } from '../../../scripts/servers/local-kafka.js'
import { Secret } from '../../../src/runtime/secret.js'
import { createKafkaOffsets } from '../../../src/source/kafka-offsets.js'
import { createKafkaWriter } from '../../../src/source/kafka-writer.js'
import type { KafkaSettings } from '../../../src/source/kafka-settings.js'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { eventually } from '../../support/eventually.js'
import { createTopic, produce, uniqueTopic } from '../../support/kafka-topics.js'
import { silentLogger, SourceLog } from '../../support/source-log.js'

type Sasl = NonNullable<KafkaSettings['sasl']>

const secret = (text: string | (() => string)) =>
  new Secret({ kind: 'inline' }, typeof text === 'string' ? () => text : text)
const login = (mechanism: Sasl['mechanism'], password: string | (() => string)): Sasl => ({
  mechanism,
  username: secret('millrace'),
  password: secret(password),
})
const users = [{ name: 'millrace', password: 'right' }]

describeWithServers('group source and security', ['java'], () => {
  let authority: CertificateAuthority
  const open: { close(): Promise<void> }[] = []
  let kafka: LocalKafka | undefined
  beforeAll(async () => {
    authority = await createCertificateAuthority()
  })
  afterEach(async () => {
    await Promise.all(open.splice(0).map((log) => log.close()))
  })
  afterAll(() => kafka?.stop())

  async function start(
    security: NonNullable<Parameters<typeof startKafka>[0]>['security'] & object,
  ): Promise<LocalKafka> {
    await kafka?.stop()
    return (kafka = await startKafka({ security }))
  }

  async function join({ brokers, secureBrokers }: LocalKafka, settings: Pick<KafkaSettings, 'ssl' | 'sasl'>) {
    const topic = await createTopic(brokers)
    await produce(brokers, topic, [{ value: 'secret' }])
    const settled = { brokers: secureBrokers, clientId: 'secure', ...settings }
    const log = new SourceLog({ kafka: settled, groupId: uniqueTopic('group'), topics: [topic] })
    open.push(log)
    return { log, topic, settled }
  }

  it.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)(
    'fault 64: %s; a refused password is a person’s business and heals when it is rotated',
    async (mechanism) => {
      const upper = mechanism.toUpperCase() as Uppercase<typeof mechanism>
      const server = await start({ sasl: { mechanism: upper, users } })
      let password = 'wrong'
      const { log, topic } = await join(server, { ssl: false, sasl: login(mechanism, () => password) })
      await eventually(() => log.events.length > 0)
      expect(log.events).toEqual(['trouble KAFKA_AUTHENTICATION (person)'])
      password = 'right'
      await log.has(1)
      expect(await log.source.commit(log.lease(`${topic}/0`), 1, 'm')).toBe('accepted')
      expect(log.events.filter((event) => event.includes('person'))).toHaveLength(1)
      await eventually(() => log.events.includes('healthy') && !log.events.at(-1)!.startsWith('trouble'))
    },
  )

  it('a cut connection is never taken for a refused password', async () => {
    const server = await start({ sasl: { mechanism: 'SCRAM-SHA-512', users } })
    const { log } = await join(server, { ssl: false, sasl: login('scram-sha-512', 'right') })
    await log.has(1)
    await server.kill()
    await eventually(() => log.events.includes('trouble KAFKA_UNREACHABLE'))
    await server.restart()
    await eventually(() => log.events.at(-1) === 'healthy')
    expect(log.events.join()).not.toContain('AUTHENTICATION')
  })

  it('TLS with an authority of one’s own, together with SASL; writer and offsets too', async () => {
    const tls = await authority.issue('broker')
    const server = await start({ tls, sasl: { mechanism: 'SCRAM-SHA-256', users } })
    const ssl = { ca: secret(authority.certificate), rejectUnauthorized: true }
    const { log, topic, settled } = await join(server, { ssl, sasl: login('scram-sha-256', 'right') })
    await log.has(1)
    expect(log.events.join()).not.toContain('person')
    const writer = createKafkaWriter({ kafka: settled, logger: silentLogger })
    const offsets = createKafkaOffsets({ kafka: settled })
    open.push(writer, offsets)
    await writer.write(topic, [{ key: null, value: Buffer.from('written'), headers: [] }])
    expect(await offsets.ends([topic])).toEqual([{ topic, partition: 0, low: 0, high: 2 }])
    const refused = createKafkaOffsets({ kafka: { ...settled, sasl: login('scram-sha-256', 'wrong') } })
    open.push(refused)
    await expect(refused.ends([topic])).rejects.toMatchObject({ code: 'KAFKA_AUTHENTICATION' })
  })

  it('fault 45: an unknown authority is a person’s business, and nothing is sent', async () => {
    const server = await start({ tls: await authority.issue('broker') })
    const { log } = await join(server, { ssl: { rejectUnauthorized: true } })
    await eventually(() => log.events.length > 0)
    expect(log.events).toEqual(['trouble KAFKA_TLS (person)'])
    const { log: careless } = await join(server, { ssl: { rejectUnauthorized: false } })
    await careless.has(1)
  })

  it('mutual TLS: with a certificate one gets in, without it is a person’s business', async () => {
    const server = await start({ tls: { ...(await authority.issue('broker')), clientCa: authority.certificate } })
    const own = await authority.issue('millrace')
    const trust = { ca: secret(authority.certificate), rejectUnauthorized: true }
    const { log } = await join(server, { ssl: { ...trust, cert: secret(own.certificate), key: secret(own.key) } })
    await log.has(1)
    const { log: stranger } = await join(server, { ssl: trust })
    await eventually(() => stranger.events.length > 0)
    expect(stranger.events).toEqual(['trouble KAFKA_TLS (person)'])
    const { log: broken } = await join(server, { ssl: { ...trust, cert: secret('no PEM'), key: secret(own.key) } })
    await eventually(() => broken.events.length > 0)
    expect(broken.events).toEqual(['trouble KAFKA_TLS (person)'])
  })
})
