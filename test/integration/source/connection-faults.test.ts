import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { createKafkaOffsets } from '../../../src/source/kafka-offsets.js'
import { createKafkaWriter } from '../../../src/source/kafka-writer.js'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { eventually } from '../../support/eventually.js'
import { startKafkaBehindProxy, type KafkaBehindProxy } from '../../support/kafka-behind-proxy.js'
import type { KafkaFault, KafkaProxy } from '../../support/kafka-proxy.js'
import { createTopic, produce, readTopic, uniqueTopic } from '../../support/kafka-topics.js'
import { plainKafka, silentLogger, SourceLog } from '../../support/source-log.js'

const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, i) => String(from + i))
const spread = (values: string[], partitions: number) =>
  values.map((value, i) => ({ value, partition: i % partitions }))
const CUTS: KafkaFault['action'][] = ['cut before', 'cut after', 'cut answer']
/** The shortest that brokers allow. */
const SHORT_SESSION = { sessionTimeoutMs: 6_000 }

describeWithServers('group source behind a bad network', ['java'], () => {
  let servers: KafkaBehindProxy
  let proxy: KafkaProxy
  let direct: string[]
  const open: SourceLog[] = []
  beforeAll(async () => {
    servers = await startKafkaBehindProxy()
    proxy = servers.proxies[0]!
    direct = servers.kafka.brokers
  })
  afterEach(async () => {
    proxy.rules.set([])
    proxy.acceptConnections()
    await Promise.all(open.splice(0).map((log) => log.close()))
  })
  afterAll(() => servers?.stop())

  function join(clientId: string, options: Omit<ConstructorParameters<typeof SourceLog>[0], 'kafka'>) {
    const log = new SourceLog({ kafka: plainKafka(servers.brokers, clientId), ...options })
    open.push(log)
    return log
  }

  async function committed(groupId: string, topic: string) {
    const offsets = createKafkaOffsets({ kafka: plainKafka(direct) })
    try {
      return (await offsets.committed(groupId, [topic])).map(({ offset, metadata }) => ({ offset, metadata }))
    } finally {
      await offsets.close()
    }
  }

  /** Nothing was ever revoked, and nobody was troubled. */
  const isUndisturbed = (log: SourceLog) => !/revoked|trouble/.test(log.events.join())

  it('a connection that breaks in the middle of a fetch answer: reads on, each record once', async () => {
    const topic = await createTopic(direct, { partitions: 2 })
    const before = proxy.rules.done['cut answer'] ?? 0
    proxy.rules.set([{ api: 'Fetch', action: 'cut answer', probability: 0.5, times: 8 }])
    const log = join('torn', { groupId: uniqueTopic('group'), topics: [topic] })
    for (let i = 0; i < 10; i++) {
      await produce(direct, topic, spread(numbered(20, i * 20), 2))
      await log.has((i + 1) * 20)
    }
    expect(log.allValues).toEqual(numbered(200).sort())
    expect((proxy.rules.done['cut answer'] ?? 0) - before).toBeGreaterThan(2)
    expect(log.events.filter((event) => event.startsWith('revoked'))).toEqual([])
  })

  it.each(CUTS)('fault 5: %s a commit: accepted once the broker says so, under the same lease', async (action) => {
    const topic = await createTopic(direct)
    const groupId = uniqueTopic('group')
    const log = join('committer', { groupId, topics: [topic] })
    await log.holds(1)
    const lease = log.lease(`${topic}/0`)
    proxy.rules.set([{ api: 'OffsetCommit', action, times: 1 }])
    expect(await log.source.commit(lease, 5, 'first')).toBe('accepted')
    expect(await committed(groupId, topic)).toEqual([{ offset: 5, metadata: 'first' }])
    expect(isUndisturbed(log) && lease.valid).toBe(true)
  })

  it.each(CUTS)('%s any request now and then, of every kind: all is read, commits are accepted', async (action) => {
    const topic = await createTopic(direct, { partitions: 3 })
    const groupId = uniqueTopic('group')
    await produce(direct, topic, spread(numbered(90), 3))
    proxy.rules.set([{ action, clientId: 'unlucky', probability: 0.2, times: 30 }])
    const log = join('unlucky', { groupId, topics: [topic] })
    await log.has(90)
    for (const key of [0, 1, 2].map((partition) => `${topic}/${partition}`)) {
      let outcome = 'lost'
      while (outcome === 'lost') {
        await log.holds(3)
        outcome = await log.source.commit(log.lease(key), 30, '')
      }
    }
    expect(await committed(groupId, topic)).toEqual(Array(3).fill({ offset: 30, metadata: '' }))
  })

  it('a commit that is cut off while its partition moves is lost, and does not change what the new owner committed', async () => {
    const topic = await createTopic(direct, { partitions: 2 })
    const groupId = uniqueTopic('group')
    for (let round = 0; round < 5; round++) {
      const old = join('old', { groupId, topics: [topic] })
      await old.holds(2)
      const leases = [0, 1].map((partition) => old.lease(`${topic}/${partition}`))
      proxy.rules.set([{ api: 'OffsetCommit', clientId: 'old', action: 'cut before' }])
      const stale = leases.map((lease) => old.source.commit(lease, 1, 'stale'))
      const outcomes = stale.map((commit) => commit.catch(String))
      const young = join('young', { groupId, topics: [topic] })
      await young.holds(1)
      const [[key, lease]] = [...young.leases] as [
        [string, SourceLog['leases'] extends Map<string, infer L> ? L : never],
      ]
      expect(await young.source.commit(lease, 100 + round, 'new owner')).toBe('accepted')
      const moved = Number(key.split('/')[1])
      proxy.rules.set([])
      const [lost, kept] = await Promise.all([outcomes[moved]!, outcomes[1 - moved]!])
      expect([lost, kept]).toEqual(['lost', 'accepted'])
      const now = await committed(groupId, topic)
      expect(now[moved]).toEqual({ offset: 100 + round, metadata: 'new owner' })
      expect(now[1 - moved]).toEqual({ offset: 1, metadata: 'stale' })
      await old.close()
      await young.close()
    }
  })

  it('fault 8 and 13: a member that was silent for too long loses its leases, cannot commit, and joins again by itself', async () => {
    const topic = await createTopic(direct)
    const groupId = uniqueTopic('group')
    await produce(direct, topic, spread(['a'], 1))
    const zombie = join('zombie', { groupId, topics: [topic], tuning: SHORT_SESSION })
    await zombie.has(1)
    const lease = zombie.lease(`${topic}/0`)
    proxy.rules.set([
      { clientId: 'zombie', api: 'Heartbeat', action: 'delay', delayMs: 9_000, times: 1 },
      { clientId: 'zombie', api: 'OffsetCommit', action: 'cut before', times: 1_000 },
    ])
    const stale = zombie.source.commit(lease, 1, 'zombie')
    const heir = join('heir', { groupId, topics: [topic] })
    await heir.holds(1)
    expect(await heir.source.commit(heir.lease(`${topic}/0`), 7, 'heir')).toBe('accepted')
    await heir.close()
    proxy.rules.set([])
    expect(await stale).toBe('lost')
    expect(lease.valid).toBe(false)
    expect(await committed(groupId, topic)).toEqual([{ offset: 7, metadata: 'heir' }])
    await zombie.holds(1)
    expect(zombie.lease(`${topic}/0`)).not.toBe(lease)
  })

  it('fault 13: the broker says in answer to a commit that we are no member: the lease dies, and a new one comes at once', async () => {
    const topic = await createTopic(direct)
    const groupId = uniqueTopic('group')
    const tuning = { ...SHORT_SESSION, heartbeatIntervalMs: 30_000 }
    const log = join('expelled', { groupId, topics: [topic], tuning })
    await log.holds(1)
    const lease = log.lease(`${topic}/0`)
    // Heartbeats are longer apart than the session lasts: the broker forgets us and we do not hear of it.
    const other = join('other', { groupId, topics: [topic] })
    await other.holds(1)
    await other.close()
    expect(await log.source.commit(lease, 1, '')).toBe('lost')
    expect(lease.valid).toBe(false)
    // Nor does the new membership last for longer than six seconds, which a busy machine may need until here.
    await eventually(async () => {
      await log.holds(1)
      return (await log.source.commit(log.lease(`${topic}/0`), 2, '')) === 'accepted'
    })
  })

  it('fault 9: the broker is killed and comes back: reads on under the same leases, and says so meanwhile', async () => {
    const topic = await createTopic(direct, { partitions: 2 })
    const groupId = uniqueTopic('group')
    await produce(direct, topic, spread(numbered(10), 2))
    const log = join('survivor', { groupId, topics: [topic] })
    await log.has(10)
    const lease = log.lease(`${topic}/0`)
    await servers.kafka.kill()
    const commit = log.source.commit(lease, 5, 'during the outage')
    await eventually(() => log.events.includes('trouble KAFKA_UNREACHABLE'))
    await servers.kafka.restart()
    await produce(direct, topic, spread(numbered(10, 10), 2))
    await log.has(20)
    expect(await commit).toBe('accepted')
    expect(log.events.filter((event) => event.startsWith('revoked'))).toEqual([])
    expect(log.allValues).toEqual(numbered(20).sort())
    await eventually(() => log.events.at(-1) === 'healthy')
    expect(log.events.filter((event) => event.startsWith('revoked'))).toEqual([])
    expect(await committed(groupId, topic)).toContainEqual({ offset: 5, metadata: 'during the outage' })
  })

  it('an outage of the network alone: leases live on', async () => {
    const topic = await createTopic(direct)
    const log = join('patient', { groupId: uniqueTopic('group'), topics: [topic] })
    await log.holds(1)
    proxy.refuseConnections()
    await eventually(() => log.events.includes('trouble KAFKA_UNREACHABLE'))
    proxy.acceptConnections()
    await produce(direct, topic, spread(['a'], 1))
    await log.has(1)
    await eventually(() => log.events.at(-1) === 'healthy')
    expect(log.events).not.toContain(`revoked ${topic}/0`)
  })

  it('fault 9: a broker that hangs with its connections open is noticed; leases live on', async () => {
    const topic = await createTopic(direct)
    const tuning = { sessionTimeoutMs: 180_000 }
    const log = join('hung', { groupId: uniqueTopic('group'), topics: [topic], tuning })
    await log.holds(1)
    servers.kafka.suspend()
    try {
      const commit = log.source.commit(log.lease(`${topic}/0`), 0, 'asked of a hung broker')
      await eventually(() => log.events.includes('trouble KAFKA_UNREACHABLE'))
      servers.kafka.resume()
      expect(await commit).toBe('accepted')
    } finally {
      servers.kafka.resume()
    }
    await produce(direct, topic, spread(['a'], 1))
    await log.has(1)
    await eventually(() => log.events.at(-1) === 'healthy')
    expect(log.events).not.toContain(`revoked ${topic}/0`)
  })

  it.each(CUTS)('writer: %s a produce request is an error, and what was acknowledged is there', async (action) => {
    const topic = uniqueTopic('written')
    const writer = createKafkaWriter({ kafka: plainKafka(servers.brokers, 'writer'), logger: silentLogger })
    const record = (text: string) => ({ key: null, value: Buffer.from(text), headers: [] })
    const written = (text: string) => eventually(() => writer.write(topic, [record(text)]).then(() => true))
    // More than once, perhaps: the leader of a new topic may not have heard of it yet.
    await written('a')
    proxy.rules.set([{ api: 'Produce', clientId: 'writer', action, times: 1 }])
    await expect(writer.write(topic, [record('b')])).rejects.toMatchObject({
      name: 'MillraceError',
      code: 'KAFKA_WRITE',
    })
    await written('b')
    await writer.close()
    const texts = (await readTopic(direct, topic, 2)).map(({ value }) => String(value))
    expect([...new Set(texts)]).toEqual(['a', 'b'])
  })
})
