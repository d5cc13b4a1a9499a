import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readAvroObject } from '../../../src/encoding/avro-reader.js'
import { deliveredEvents, deliveredIds } from '../../support/delivered.js'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { createTopic, produce, readTopic, uniqueTopic } from '../../support/kafka-topics.js'
import { workplace } from '../../support/millrace-process.js'
import { createBucket, readObjects } from '../../support/s3-buckets.js'

const TYPE = 'users.messages.webhook.Send'
const NEW_TYPE = 'loyalty.Points'
const QUEUED_AT = String(Date.UTC(2026, 10, 1, 13, 59, 59, 999))
const NAME = 'dataexport.local.S3.integration.local'
const POINTS = {
  type: 'record',
  name: 'Points',
  namespace: 'loyalty',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'time', type: 'long' },
    { name: 'external_user_id', type: ['null', 'string'], default: null },
    { name: 'points', type: 'int' },
  ],
}

const points = (id: string, more: object = {}) =>
  JSON.stringify({
    event_type: NEW_TYPE,
    id,
    time: 1_790_000_000,
    external_user_id: `secret of ${id}`,
    points: 7,
    ...more,
  })

interface ListedLetter {
  id: string
  replayed: boolean
}

describeWithServers('millrace dead-letters', ['kafka', 's3'], ({ kafka: { brokers }, s3 }) => {
  /** A connector that has dead-lettered `new-1` at offset 1, `new-2` at 2 and something that is no JSON at 3. */
  async function withLetters(more: { destination?: object; accounts?: object; env?: Record<string, string> } = {}) {
    const { destination = { type: 'folder', path: './out' }, accounts = {}, env } = more
    const topic = await createTopic(brokers)
    const side = uniqueTopic('side')
    const configuration = {
      kafka: { brokers, groupPrefix: `${side}.`, topics: { drops: `${side}-drops`, deadLetters: `${side}-dead` } },
      service: { schemas: './schemas', http: false },
      accounts,
      connectors: { local: { topics: [topic], destination } },
    }
    const place = await workplace(configuration, env)
    await mkdir(join(place.folder, 'schemas'))
    await produce(brokers, topic, [
      { value: JSON.stringify({ event_type: TYPE, id: 'good', user_id: 'u', time: 1 }), timestamp: QUEUED_AT },
      { key: 'k', value: points('new-1'), headers: { trace: 'abc' }, timestamp: QUEUED_AT },
      { value: points('new-2'), timestamp: QUEUED_AT },
      { value: '{personal data', timestamp: QUEUED_AT },
    ])
    expect((await place.run('run', '--once')).code).toBe(0)
    const idAt = (offset: number) => `local/${topic}/0/${offset}`
    const addSchema = () => writeFile(join(place.folder, 'schemas', `${NEW_TYPE}.1.avsc`), JSON.stringify(POINTS))
    const list = async () => JSON.parse((await place.run('dead-letters', 'list', '--json')).stdout) as ListedLetter[]
    const configure = (more: object) =>
      writeFile(join(place.folder, 'millrace.yaml'), JSON.stringify({ ...configuration, ...more }))
    return { ...place, configuration, configure, topic, idAt, addSchema, list, out: join(place.folder, 'out') }
  }

  it('list: each once, with its reason and place, and nothing of the event', async () => {
    const { topic, run, idAt, configuration } = await withLetters()
    const { code, stdout, stderr } = await run('dead-letters', 'list', '--json')
    expect(code).toBe(0)
    const letters = JSON.parse(stdout) as object[]
    expect(letters).toHaveLength(3)
    expect(letters[0]).toEqual({
      id: idAt(1),
      connector: 'local',
      topic,
      partition: 0,
      offset: 1,
      reason: 'UNKNOWN_EVENT_TYPE',
      message: `event type ${NEW_TYPE} is not in the catalogue`,
      failedAt: expect.stringMatching(/^20.*Z$/) as string,
      bytes: 1 + points('new-1').length,
      count: 1,
      replayed: false,
      replayedAt: null,
      object: null,
    })
    // Delivery writes dead letters at least once.
    const [again] = await readTopic(brokers, configuration.kafka.topics.deadLetters, 3)
    await produce(brokers, configuration.kafka.topics.deadLetters, [again!])
    const table = await run('dead-letters', 'list', '--reason', 'UNKNOWN_EVENT_TYPE')
    const lines = table.stdout.trimEnd().split('\n')
    expect(lines.map((line) => line.split(/ {2,}/)).map(([id, reason, , , count]) => [id, reason, count])).toEqual([
      ['id', 'reason', 'count'],
      [idAt(1), 'UNKNOWN_EVENT_TYPE', '2'],
      [idAt(2), 'UNKNOWN_EVENT_TYPE', '1'],
    ])
    for (const text of [stdout, stderr, table.stdout, table.stderr]) {
      expect(text).not.toContain('secret of')
      expect(text).not.toContain('personal data')
    }
  })

  it('show: the event as it came, with its own headers only', async () => {
    const { run, idAt } = await withLetters()
    const { code, stdout } = await run('dead-letters', 'show', idAt(1), '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      id: idAt(1),
      queuedAt: '2026-11-01T13:59:59.999Z',
      headers: [{ name: 'trace', value: 'abc' }],
      key: 'k',
      value: points('new-1'),
    })
    const text = (await run('dead-letters', 'show', idAt(1))).stdout
    expect(text).toContain(`header trace: abc\nkey: k\nvalue: ${points('new-1')}\n`)
    const unknown = await run('dead-letters', 'show', idAt(0))
    expect(unknown).toMatchObject({ code: 2, stdout: '' })
    expect(unknown.stderr).toContain('there is no such dead letter')
  })

  it('replay: without the schema everything stays, and says why', async () => {
    const { run, idAt, out, list } = await withLetters()
    const { code, stdout, stderr } = await run('dead-letters', 'replay')
    expect(code).toBe(1)
    expect(stdout.trimEnd().split('\n')).toEqual([
      `${idAt(1)}  undeliverable  UNKNOWN_EVENT_TYPE: event type ${NEW_TYPE} is not in the catalogue`,
      `${idAt(2)}  undeliverable  UNKNOWN_EVENT_TYPE: event type ${NEW_TYPE} is not in the catalogue`,
      `${idAt(3)}  undeliverable  NOT_JSON: the value is no JSON object`,
      '3 undeliverable',
    ])
    expect(stdout + stderr).not.toContain('secret of')
    expect(await deliveredIds(out)).toEqual(['good'])
    expect((await list()).map(({ replayed }) => replayed)).toEqual([false, false, false])
  })

  it('replay: with the schema every event is in exactly one object, however often it is done', async () => {
    const { run, idAt, out, list, addSchema, configuration } = await withLetters()
    await addSchema()
    const dry = await run('dead-letters', 'replay', '--dry-run')
    expect(dry.stdout).toContain('2 deliverable, 1 undeliverable')
    expect(await deliveredIds(out)).toEqual(['good'])
    expect((await list()).some(({ replayed }) => replayed)).toBe(false)

    const one = await run('dead-letters', 'replay', '--id', idAt(1))
    expect(one).toMatchObject({ code: 0 })
    expect(await deliveredIds(out)).toEqual(['good', 'new-1'])
    const { code, stdout } = await run('dead-letters', 'replay', '--json')
    expect(code).toBe(1)
    const folder = `currents/${NAME}/event_type=${NEW_TYPE}/date=2026-11-01-13/1/default`
    expect(JSON.parse(stdout)).toEqual([
      { id: idAt(3), outcome: 'undeliverable', reason: 'NOT_JSON', message: 'the value is no JSON object' },
      { id: idAt(2), outcome: 'replayed', object: `${folder}/${NAME}+0+2.avro` },
    ])
    const after = await deliveredEvents(out)
    expect(after.map(({ path, event }) => [path.split('/').slice(-1)[0], event['id'], event['points']])).toEqual([
      [`${NAME}+0+1.avro`, 'new-1', 7],
      [`${NAME}+0+2.avro`, 'new-2', 7],
      [`${NAME}+0+0.avro`, 'good', undefined],
    ])
    expect((await list()).map(({ id, replayed }) => [id, replayed])).toEqual([
      [idAt(1), true],
      [idAt(2), true],
      [idAt(3), false],
    ])
    const again = await run('dead-letters', 'replay', '--connector', 'local', '--reason', 'UNKNOWN_EVENT_TYPE')
    expect(again).toMatchObject({ code: 0, stdout: 'no dead letters to replay\n' })
    expect(await deliveredEvents(out)).toEqual(after)
    // Nothing but what was decided and what was done is added: two records for each event.
    expect(await readTopic(brokers, configuration.kafka.topics.deadLetters, 7)).toHaveLength(7)
  })

  it('replay: after a crash between object and mark the same bytes are written, whatever is configured by then', async () => {
    const { run, idAt, out, addSchema, configuration, configure, folder } = await withLetters()
    const { deadLetters } = configuration.kafka.topics
    await addSchema()
    expect((await run('dead-letters', 'replay', '--id', idAt(1))).code).toBe(0)
    const before = await digests(out)
    // What a crash leaves behind: everything but the mark.
    const crashed = `${deadLetters}-crashed`
    await createTopic(brokers, { topic: crashed })
    const records = await readTopic(brokers, deadLetters, 5)
    const left = records.filter(({ headers }) => headers['millrace.replayed'] === undefined)
    expect(left).toHaveLength(4)
    await produce(brokers, crashed, left)
    const topics = { ...configuration.kafka.topics, deadLetters: crashed }
    await configure({
      kafka: { ...configuration.kafka, topics },
      connectors: { local: { ...configuration.connectors.local, files: { codec: 'null' } } },
      service: { ...configuration.service, zone: 'another' },
    })
    const fields = [...POINTS.fields, { name: 'tier', type: ['null', 'string'], default: null }]
    await writeFile(join(folder, 'schemas', `${NEW_TYPE}.2.avsc`), JSON.stringify({ ...POINTS, fields }))
    expect((await run('dead-letters', 'replay', '--id', idAt(1))).code).toBe(0)
    expect(await digests(out)).toEqual(before)
    // One that nobody has begun is written as it is configured now.
    expect((await run('dead-letters', 'replay', '--id', idAt(2))).stdout).toContain('/2/another/')
    expect(await deliveredIds(out)).toEqual(['good', 'new-1', 'new-2'])
  })

  it('replay: the same on S3', async () => {
    const bucket = await createBucket(s3)
    const { endpoint, accessKeyId, secretAccessKey } = s3
    const { run, addSchema, configuration } = await withLetters({
      accounts: { acme: { type: 'aws', accessKeyId: 'env:ID', secretAccessKey: 'env:KEY' } },
      destination: { type: 's3', account: 'acme', bucket, region: 'us-east-1', endpoint },
      env: { ID: accessKeyId, KEY: secretAccessKey },
    })
    expect((await readObjects(s3, bucket)).size).toBe(1)
    await addSchema()
    const arguments_ = ['dead-letters', 'replay', '--reason', 'UNKNOWN_EVENT_TYPE']
    expect((await run(...arguments_)).code).toBe(0)
    const objects = await readObjects(s3, bucket)
    const ids = [...objects].flatMap(([key, bytes]) => [...readAvroObject(bytes, key).events()] as { id: string }[])
    expect(ids.map(({ id }) => id).sort()).toEqual(['good', 'new-1', 'new-2'])
    expect((await run(...arguments_)).stdout).toBe('no dead letters to replay\n')
    expect(await readObjects(s3, bucket)).toEqual(objects)
    const letters = await readTopic(brokers, configuration.kafka.topics.deadLetters, 7)
    expect(letters.filter(({ headers }) => headers['millrace.replayed'] !== undefined)).toHaveLength(2)
  })

  it('replay: several at once decide once', async () => {
    const { run, out, addSchema } = await withLetters()
    await addSchema()
    const arguments_ = ['dead-letters', 'replay', '--reason', 'UNKNOWN_EVENT_TYPE']
    const codes = await Promise.all([run(...arguments_), run(...arguments_), run(...arguments_)])
    expect(codes.map(({ code }) => code)).toEqual([0, 0, 0])
    expect(await deliveredIds(out)).toEqual(['good', 'new-1', 'new-2'])
  })

  it('replay: a destination that fails leaves the letters, and says what is wrong', async () => {
    const { run, idAt, list, addSchema, configure, configuration, folder } = await withLetters()
    await addSchema()
    await writeFile(join(folder, 'broken'), 'a file where a folder should be')
    const destination = { type: 'folder', path: './broken' }
    await configure({ connectors: { local: { ...configuration.connectors.local, destination } } })
    const { code, stdout } = await run('dead-letters', 'replay', '--reason', 'UNKNOWN_EVENT_TYPE')
    expect(code).toBe(1)
    expect(stdout).toContain(`${idAt(1)}  failed  configuration E`)
    expect(stdout).toContain('2 failed')
    expect((await list()).some(({ replayed }) => replayed)).toBe(false)
    await configure({})
    expect((await run('dead-letters', 'replay', '--reason', 'UNKNOWN_EVENT_TYPE')).code).toBe(0)
    expect(await deliveredIds(join(folder, 'out'))).toEqual(['good', 'new-1', 'new-2'])
  })

  it('replay: what the connector has not committed yet is left to it', async () => {
    const { run, topic, idAt, out, addSchema, configuration } = await withLetters()
    const [letter] = await readTopic(brokers, configuration.kafka.topics.deadLetters, 3)
    const headers = { ...letter!.headers, 'millrace.offset': '4' }
    await produce(brokers, configuration.kafka.topics.deadLetters, [{ value: points('underway'), headers }])
    await addSchema()
    const { code, stdout } = await run('dead-letters', 'replay', '--id', idAt(4))
    expect(code).toBe(1)
    expect(stdout).toContain(`${idAt(4)}  undeliverable  NOT_COMMITTED`)
    await produce(brokers, topic, [{ value: points('underway') }])
    expect((await run('run', '--once')).code).toBe(0)
    expect(await deliveredIds(out)).toEqual(['good', 'underway'])
  })

  it('without a topic of dead letters there are none; a connector that is gone keeps its own', async () => {
    const { run, configure, configuration } = await withLetters()
    const { local } = configuration.connectors
    await configure({ connectors: { other: local } })
    expect((await run('dead-letters', 'replay', '--connector', 'local')).stdout).toContain('NO_CONNECTOR')
    const topics = { drops: uniqueTopic('drops'), deadLetters: uniqueTopic('dead') }
    await configure({ kafka: { ...configuration.kafka, topics } })
    expect(await run('dead-letters', 'list')).toMatchObject({ code: 0, stdout: 'no dead letters\n' })
    for (const command of ['list', 'replay']) {
      const unknown = await run('dead-letters', command, '--connector', 'nope')
      expect(unknown).toMatchObject({ code: 2, stdout: '' })
      expect(unknown.stderr).toContain('--connector nope: there is no such connector: choose one of ')
    }
    expect(await run('dead-letters', 'list', '--json')).toMatchObject({ code: 0, stdout: '[]\n' })
    expect(await run('dead-letters', 'replay')).toMatchObject({ code: 0, stdout: 'no dead letters to replay\n' })
  })
})

/** Of every object below the folder, by its path. */
async function digests(folder: string): Promise<Record<string, string>> {
  const paths = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith('.avro')).sort()
  const entries = paths.map(async (path) => [path, sha256(await readFile(join(folder, path)))] as const)
  return Object.fromEntries(await Promise.all(entries))
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
