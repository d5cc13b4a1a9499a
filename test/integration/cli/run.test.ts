import { expect, it } from 'vitest'
import { writeFile, rm, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { deliveredEvents, deliveredIds } from '../../support/delivered.js'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { eventually } from '../../support/eventually.js'
import { createTopic, produce, readTopic, uniqueTopic, withAdmin } from '../../support/kafka-topics.js'
import { workplace } from '../../support/millrace-process.js'

const TYPE = 'users.messages.webhook.Send'
const JSON_LOG = { log: { level: 'info', format: 'json' } }

/** A minimal valid event. */
const open = (id: string, more: object = {}) =>
  JSON.stringify({ event_type: TYPE, id, user_id: `user of ${id}`, time: 1_790_000_000, ...more })

const ids = (count: number, prefix = 'e') =>
  Array.from({ length: count }, (_, n) => `${prefix}${String(n).padStart(5, '0')}`)

describeWithServers('millrace run', ['kafka'], ({ kafka: { brokers } }) => {
  /** A configuration with one connector that writes to ./out, and topics of its own for what is not delivered. */
  const toFolder = (topics: string[], more: object = {}) => {
    const own = uniqueTopic('side')
    return {
      kafka: { brokers, groupPrefix: `${own}.`, topics: { drops: `${own}-drops`, deadLetters: `${own}-dead` } },
      service: { ...JSON_LOG, http: false },
      connectors: {
        local: { topics, destination: { type: 'folder', path: './out' }, files: { maxAge: '1s' }, ...more },
      },
    }
  }

  it('--once delivers what is there, in the folders the vendor uses, and exits 0', async () => {
    const topic = await createTopic(brokers, { partitions: 3 })
    const timestamp = String(Date.UTC(2026, 10, 1, 13, 59, 59, 999))
    await produce(
      brokers,
      topic,
      ids(30).map((id, n) => ({ value: open(id), partition: n % 3, timestamp })),
    )
    const { folder, run } = await workplace(toFolder([topic]))
    const { code, stderr } = await run('run', '--once')
    expect(stderr).toContain('30 events delivered in 3 objects')
    expect(code).toBe(0)
    const delivered = await deliveredEvents(join(folder, 'out'))
    expect(delivered.map(({ event }) => event['id']).sort()).toEqual(ids(30))
    const name = 'dataexport.local.S3.integration.local'
    expect([...new Set(delivered.map(({ path }) => path))]).toEqual(
      [0, 1, 2].map(
        (partition) => `currents/${name}/event_type=${TYPE}/date=2026-11-01-13/1/default/${name}+${partition}+0.avro`,
      ),
    )
    // Again: nothing is left, nothing is delivered twice.
    expect((await run('run', '--once')).code).toBe(0)
    expect(await deliveredIds(join(folder, 'out'))).toEqual(ids(30))
  })

  it('dead-letters what can never be delivered, with everything it came with, and skips tombstones', async () => {
    const topic = await createTopic(brokers)
    const config = toFolder([topic], { events: { exclude: ['users.messages.sms.*'] } })
    await produce(brokers, topic, [
      { value: '{broken', key: 'k1', headers: { trace: 'abc' } },
      { value: open('good') },
      { value: null, key: 'k2' },
      { value: JSON.stringify({ event_type: 'users.messages.sms.Send', id: 'filtered' }) },
      { value: JSON.stringify({ event_type: 'no.such.Type', id: 'x' }) },
      { value: open('late', { time: '1790000000' }) },
      { value: JSON.stringify({ event_type: TYPE, id: 'no user', time: 1 }) },
      { value: open('', { id: 'x'.repeat(900 * 1024) }) },
    ])
    const { folder, run } = await workplace(config)
    const { code, stderr } = await run('run', '--once')
    expect(code).toBe(0)
    expect(stderr).toContain('1 events delivered in 1 objects, 5 dead-lettered, 1 filtered, 1 tombstones skipped')
    expect(await deliveredIds(join(folder, 'out'))).toEqual(['good'])
    const letters = await readTopic(brokers, config.kafka.topics.deadLetters, 5)
    const byOffset = letters.sort((a, b) => Number(a.headers['millrace.offset']) - Number(b.headers['millrace.offset']))
    expect(byOffset.map(({ headers }) => headers['millrace.reason'])).toEqual([
      'NOT_JSON',
      'UNKNOWN_EVENT_TYPE',
      'WRONG_TYPE',
      'MISSING_FIELD',
      'OVERSIZED',
    ])
    expect(byOffset[0]).toMatchObject({
      key: 'k1',
      value: Buffer.from('{broken'),
      headers: {
        trace: 'abc',
        'millrace.connector': 'local',
        'millrace.topic': topic,
        'millrace.partition': '0',
        'millrace.offset': '0',
      },
    })
    expect(byOffset[4]?.value?.length).toBeGreaterThan(900 * 1024)
    // What an event holds is nobody's business but the customer's.
    expect(JSON.stringify(letters.map(({ headers }) => headers)) + stderr).not.toContain('1790000000')
  })

  it('keeps two topics of a connector apart in the keys', async () => {
    const topics = [await createTopic(brokers), await createTopic(brokers)]
    for (const topic of topics) await produce(brokers, topic, [{ value: open(`of ${topic}`) }])
    const { folder, run } = await workplace(toFolder(topics))
    expect((await run('run', '--once')).code).toBe(0)
    const paths = (await deliveredEvents(join(folder, 'out'))).map(({ path }) =>
      path.replace(/^.*\+(.*\+0\+0\.avro)$/, '$1'),
    )
    expect(paths.sort()).toEqual(topics.map((topic) => `${topic}+0+0.avro`).sort())
  })

  it('SIGTERM: closes, writes, commits, exits 0; nothing is left for the next', async () => {
    const topic = await createTopic(brokers)
    await produce(
      brokers,
      topic,
      ids(20).map((id) => ({ value: open(id) })),
    )
    const config = toFolder([topic], { files: { maxAge: '1h' } })
    const place = await workplace(config)
    const millrace = place.start('run')
    await millrace.says('connector is running')
    await eventually(async () => (await committed(config, topic)) !== undefined)
    await produce(
      brokers,
      topic,
      ids(5, 'f').map((id) => ({ value: open(id) })),
    )
    // What the process has read by the time of the signal is its own to tell; the next run finds the rest.
    millrace.signal('SIGTERM')
    expect(await millrace.exited).toBe(0)
    expect((await place.run('run', '--once')).code).toBe(0)
    expect(await deliveredIds(join(place.folder, 'out'))).toEqual([...ids(20), ...ids(5, 'f')])
  })

  it('a topic that does not exist blocks its connector, which starts by itself when the topic appears', async () => {
    const topic = uniqueTopic('later')
    const place = await workplace(toFolder([topic]))
    const millrace = place.start('run')
    await millrace.says('TOPIC_MISSING')
    await createTopic(brokers, { topic })
    await produce(brokers, topic, [{ value: open('a') }])
    await eventually(async () => (await deliveredIds(join(place.folder, 'out'))).length === 1)
    millrace.signal('SIGTERM')
    expect(await millrace.exited).toBe(0)
  })

  it('--once with a topic that does not exist says so and exits 1', async () => {
    const topic = uniqueTopic('never')
    const { run } = await workplace(toFolder([topic]))
    const { code, stderr } = await run('run', '--once')
    expect(stderr).toContain(topic)
    expect(code).toBe(1)
  })

  it('--once delivers for the others when a topic does not exist, and exits 1; --json tells what has become of them', async () => {
    const [topic, never] = [await createTopic(brokers), uniqueTopic('never')]
    await produce(brokers, topic, [{ value: open('here') }, { value: 'no JSON' }])
    const configuration = toFolder([topic])
    const { local } = configuration.connectors
    const connectors = { local, missing: { ...local, topics: [never], destination: { type: 'folder', path: './two' } } }
    const { folder, run } = await workplace({ ...configuration, connectors })
    const { code, stdout, stderr } = await run('run', '--once', '--json')
    expect(stderr).toContain(`missing is not started: topic ${never} does not exist: create it, or correct`)
    expect(await deliveredIds(join(folder, 'out'))).toEqual(['here'])
    expect(JSON.parse(stdout)).toEqual({
      ok: false,
      connectors: [{ name: 'local', delivered: 1, objects: 1, deadLettered: 1, filtered: 0 }],
    })
    expect(code).toBe(1)
  })

  it('--once without a reachable broker says so and exits 1', async () => {
    const { run } = await workplace({ ...toFolder(['t']), kafka: { brokers: ['127.0.0.1:1'] } })
    const { code, stderr } = await run('run', '--once')
    expect(stderr).toContain('127.0.0.1:1')
    expect(code).toBe(1)
  })

  it('fault 54: reads partitions that a topic gains, from their beginning', async () => {
    const topic = await createTopic(brokers)
    const config = toFolder([topic], { from: 'end' })
    const place = await workplace(config)
    const millrace = place.start('run')
    await millrace.says('connector is running')
    await eventually(async () => (await committed(config, topic)) !== undefined)
    await withAdmin(brokers, (admin) => admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] }))
    await eventually(async () => (await withAdmin(brokers, (admin) => admin.fetchTopicOffsets(topic))).length === 3, {
      because: 'the topic has not grown',
    })
    await produce(brokers, topic, [{ value: open('new'), partition: 2 }])
    await eventually(async () => (await deliveredIds(join(place.folder, 'out'))).length === 1)
    millrace.signal('SIGTERM')
    expect(await millrace.exited).toBe(0)
  })

  it('fault 51: offsets that Kafka removed before delivery are a ledger entry, never a silent jump', async () => {
    const topic = await createTopic(brokers)
    await produce(brokers, topic, [{ value: open('first') }])
    const config = toFolder([topic])
    const place = await workplace(config)
    expect((await place.run('run', '--once')).code).toBe(0)
    await produce(
      brokers,
      topic,
      ids(10).map((id) => ({ value: open(id) })),
    )
    await withAdmin(brokers, async (admin) => {
      await admin.fetchTopicOffsets(topic)
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '6' }] })
    })
    const { code, stderr } = await place.run('run', '--once')
    expect(code).toBe(0)
    expect(stderr).toContain('Kafka removed these offsets before they were delivered')
    expect(await deliveredIds(join(place.folder, 'out'))).toEqual([...ids(10).slice(5), 'first'])
    const [entry] = await readTopic(brokers, config.kafka.topics.drops, 1)
    expect(JSON.parse(String(entry?.value))).toMatchObject({
      connector: 'local',
      topic,
      partition: 0,
      firstOffset: 1,
      lastOffset: 5,
      reason: 'retention',
    })
  })

  it('a folder that cannot be written blocks its connector and no other, and heals by itself', async () => {
    const topic = await createTopic(brokers)
    await produce(brokers, topic, [{ value: open('a') }])
    const config = toFolder([topic])
    const broken = { ...config.connectors.local, destination: { type: 'folder', path: './broken' } }
    const place = await workplace({ ...config, connectors: { ...config.connectors, broken } })
    await writeFile(join(place.folder, 'broken'), 'a file where a folder should be')
    const millrace = place.start('run')
    await millrace.says(/"connector":"broken","state":"blocked"/)
    await eventually(async () => (await deliveredIds(join(place.folder, 'out'))).length === 1)
    await rm(join(place.folder, 'broken'))
    await mkdir(join(place.folder, 'broken'))
    await eventually(async () => (await deliveredIds(join(place.folder, 'broken'))).length === 1)
    await millrace.says(/"connector":"broken","state":"running"/)
    millrace.signal('SIGTERM')
    expect(await millrace.exited).toBe(0)
  })

  it('refuses a connector that does not exist, and names those that do', async () => {
    const { run } = await workplace(toFolder(['t']))
    const { code, stderr } = await run('run', '--connector', 'nope')
    expect(stderr).toContain('choose one of local')
    expect(code).toBe(2)
  })
})

/** What the connector `local` has committed of the topic's only partition, once it has. */
async function committed({ kafka }: { kafka: { brokers: string[]; groupPrefix: string } }, topic: string) {
  const wanted = { groupId: `${kafka.groupPrefix}local`, topics: [topic] }
  const [group] = await withAdmin(kafka.brokers, (admin) => admin.fetchOffsets(wanted))
  return group?.partitions.find(({ offset }) => offset !== '-1')?.offset
}
