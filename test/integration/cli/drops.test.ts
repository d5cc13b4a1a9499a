import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ledgerId, type LedgerEntry } from '../../../src/delivery/ledger-entry.js'
import { readAvroObject } from '../../../src/encoding/avro-reader.js'
import { deliveredEvents, deliveredIds } from '../../support/delivered.js'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { eventually } from '../../support/eventually.js'
import { createTopic, produce, readTopic, uniqueTopic, withAdmin } from '../../support/kafka-topics.js'
import { workplace } from '../../support/millrace-process.js'
import { createBucket, readObjects } from '../../support/s3-buckets.js'
import { S3FaultProxy } from '../../support/s3-fault-proxy.js'

const TYPE = 'users.messages.webhook.Send'
const OTHER_TYPE = 'users.messages.webhook.Abort'
const HOUR_13 = Date.UTC(2026, 10, 1, 13)
const HOUR_14 = Date.UTC(2026, 10, 1, 14)
const NAME = 'dataexport.local.S3.integration.local'

interface Result {
  id: string | null
  outcome: string
  objects: { key: string; events: number }[]
  events: number
  deadLettered: number
  reason?: string
  message?: string
}

const event = (id: string, eventType = TYPE) => JSON.stringify({ event_type: eventType, id, user_id: 'u', time: 1 })

/** Ten events `e0` to `e9` of two types and hours; at offset 4 something that is none. */
const TEN = Array.from({ length: 10 }, (_, n) => ({
  value: n === 4 ? '{personal data' : event(`e${n}`, n % 3 === 0 ? OTHER_TYPE : TYPE),
  timestamp: String(n < 6 ? HOUR_13 : HOUR_14),
}))
const idsOf = (...offsets: number[]) => offsets.map((offset) => `e${offset}`)

describeWithServers('millrace drops and replay', ['kafka', 's3'], ({ kafka: { brokers }, s3 }) => {
  /** A connector whose topic holds `TEN`, and which has delivered none of it. */
  async function withTopic(more: { destination?: object; accounts?: object; env?: Record<string, string> } = {}) {
    const { destination = { type: 'folder', path: './out' }, accounts = {}, env } = more
    const topic = await createTopic(brokers)
    await produce(brokers, topic, TEN)
    const side = uniqueTopic('side')
    const groupPrefix = `${side}.`
    const group = `${groupPrefix}local`
    const topics = { drops: `${side}-drops`, deadLetters: `${side}-dead` }
    const configuration = {
      kafka: { brokers, groupPrefix, topics },
      service: { http: false },
      accounts,
      connectors: { local: { topics: [topic], destination } },
    }
    const place = await workplace(configuration, env)
    const out = join(place.folder, 'out')
    const drop = (firstOffset: number, lastOffset: number, more: Partial<LedgerEntry> = {}): LedgerEntry => {
      const failingSince = '2026-11-01T00:00:00.000Z'
      const offsets = { connector: 'local', topic, partition: 0, firstOffset, lastOffset, failingSince }
      const plan = {
        folder: 'currents',
        cluster: 'local',
        zone: 'default',
        topicInKey: false,
        codec: 'deflate',
      } as const
      return {
        ...{ v: 1, ...offsets, id: ledgerId(offsets), events: lastOffset - firstOffset + 1, bytes: 100, filtered: 0 },
        ...{ tombstones: 0, removed: 0, eventTypes: { [TYPE]: lastOffset - firstOffset + 1 }, reason: 'credentials' },
        ...{ firstEventAt: '2026-11-01T13:00:00.000Z', lastEventAt: '2026-11-01T14:00:00.000Z' },
        ...{ droppedAt: `2026-11-03T00:00:0${firstOffset}.000Z`, errorCode: 'InvalidAccessKeyId', instance: 'host 1' },
        ...{ mayBePartlyDelivered: false, plan: { ...plan, schemas: {} }, replayed: false, replayedAt: null },
        ...more,
      }
    }
    const retained = (firstOffset: number, lastOffset: number) => {
      const entry = drop(firstOffset, lastOffset, { reason: 'retention', failingSince: null, plan: null, bytes: null })
      return { ...entry, errorCode: null, id: ledgerId(entry) }
    }
    const record = (...entries: LedgerEntry[]) =>
      produce(
        brokers,
        topics.drops,
        entries.map((entry) => ({ key: entry.id, value: JSON.stringify(entry) })),
      )
    const replay = async (...args: string[]) => {
      const { code, stdout, stderr } = await place.run('replay', ...args, '--json')
      return { code, stderr, results: (stdout === '' ? [] : JSON.parse(stdout)) as Result[] }
    }
    const list = async () => JSON.parse((await place.run('drops', 'list', '--json')).stdout) as LedgerEntry[]
    const configure = (more: object) =>
      writeFile(join(place.folder, 'millrace.yaml'), JSON.stringify({ ...configuration, ...more }))
    const commit = (offset: number) =>
      withAdmin(brokers, (admin) =>
        admin.setOffsets({
          groupId: `${groupPrefix}local`,
          topic,
          partitions: [{ partition: 0, offset: String(offset) }],
        }),
      )
    const removeBefore = (offset: number) =>
      withAdmin(brokers, async (admin) => {
        // It loads what deleteTopicRecords needs to know of the topic.
        await admin.fetchTopicOffsets(topic)
        await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] })
      })
    const helpers = { drop, retained, record, replay, list, configure, commit, removeBefore }
    return { ...place, ...helpers, configuration, topic, topics, group, out }
  }

  it('list and show: without a topic none; what is not ours is left out; the last record of an entry counts', async () => {
    const { run, drop, retained, record, list, topic, topics } = await withTopic()
    expect(await run('drops', 'list')).toMatchObject({ code: 0, stdout: 'no drops\n' })
    expect(await run('drops', 'list', '--json')).toMatchObject({ code: 0, stdout: '[]\n' })
    expect(await run('replay', '--all')).toMatchObject({ code: 0, stdout: 'no drops to replay\n' })

    const [newer, older, gone] = [drop(5, 9), drop(0, 4), retained(2, 3)]
    const forged = { ...drop(1, 2), id: newer.id }
    await record(newer, older, gone, forged, { ...older, replayed: true, replayedAt: '2026-11-04T00:00:00.000Z' })
    await produce(brokers, topics.drops, [
      { value: 'no JSON' },
      { key: 'x', value: JSON.stringify({ v: 1, id: 'x' }) },
      { key: older.id, value: null },
      { key: newer.id, value: JSON.stringify({ ...newer, plan: { codec: 'zip' } }) },
    ])
    const drops = await list()
    expect(drops.map(({ id, replayed }) => [id, replayed])).toEqual([
      [older.id, true],
      [gone.id, false],
      [newer.id, false],
    ])
    expect(drops[2]).toEqual(newer)
    const names =
      'id,connector,topic,partition,firstOffset,lastOffset,events,bytes,reason,failingSince,droppedAt,errorCode'
    expect(Object.keys(drops[2]!).slice(0, 14).join()).toBe(`${names},replayed,replayedAt`)

    const table = (await run('drops', 'list', '--reason', 'credentials', '--connector', 'local')).stdout
    expect(
      table
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/ {2,}/)),
    ).toEqual([
      [...'id,connector,partition,offsets,events,bytes,reason,failing since,dropped at,error,replayed'.split(',')],
      [older.id, 'local', `${topic}/0`, '0-4', '5', '100', 'credentials', '2026-11-01T00:00:00.000Z', older.droppedAt, 'InvalidAccessKeyId', '2026-11-04T00:00:00.000Z'], // prettier-ignore
      [newer.id, 'local', `${topic}/0`, '5-9', '5', '100', 'credentials', '2026-11-01T00:00:00.000Z', newer.droppedAt, 'InvalidAccessKeyId', '-'], // prettier-ignore
    ])
    const dismissed = drop(0, 4, { connector: 'old' })
    await record({ ...dismissed, id: ledgerId(dismissed) })
    const unknown = await run('drops', 'list', '--connector', 'another')
    expect(unknown).toMatchObject({ code: 2, stdout: '' })
    expect(unknown.stderr).toContain('--connector another: there is no such connector: choose one of local, old\n')
    // It is no longer configured.
    expect((await run('drops', 'list', '--connector', 'old')).code).toBe(0)
    const reason = await run('drops', 'list', '--reason', 'foo', '--json')
    expect(reason).toMatchObject({ code: 2, stdout: '' })
    expect(reason.stderr).toContain('--reason foo: there is no such reason: choose one of credentials, retention\n')
  })

  it('show: what Kafka still has of it, and the command that brings it back', async () => {
    const { run, drop, retained, record, removeBefore } = await withTopic()
    const [one, two, gone] = [drop(5, 9), drop(0, 4), retained(2, 3)]
    await record(one, two, gone)
    const show = async (id: string) =>
      JSON.parse((await run('drops', 'show', id, '--json')).stdout) as LedgerEntry & { kafka: object }
    expect(await show(one.id.slice(0, 6))).toEqual({
      ...one,
      kafka: { available: 'all', gone: null },
      replayCommand: `millrace replay --drop ${one.id}`,
    })
    const text = (await run('drops', 'show', one.id)).stdout
    expect(text).toContain(`events of ${TYPE}: 5\n`)
    expect(text).toContain('in Kafka now: all of it\n')
    expect(text).toContain(`replay: millrace replay --drop ${one.id}\n`)
    await removeBefore(7)
    expect(await show(one.id)).toMatchObject({
      kafka: { available: 'part', gone: { firstOffset: 5, lastOffset: 6 } },
      replayCommand: `millrace replay --drop ${one.id} --partial`,
    })
    expect(await show(two.id)).toMatchObject({ kafka: { available: 'none' }, replayCommand: null })
    expect(await show(gone.id)).toMatchObject({ kafka: { available: 'none' }, replayCommand: null })
    for (const [name, said] of [
      ['abcdefgh', 'there is no such drop'],
      [one.id.slice(0, 5), 'write at least 6 characters of the id'],
    ] as const) {
      const unknown = await run('drops', 'show', name)
      expect(unknown).toMatchObject({ code: 2, stdout: '' })
      expect(unknown.stderr).toContain(said)
    }
  })

  it('replay: every event in exactly one object; again the same bytes, whatever is configured by then', async () => {
    const { drop, record, replay, run, list, configure, configuration, out, topics } = await withTopic()
    const [first, second] = [drop(0, 5), drop(6, 9)]
    await record(first, second)
    const dry = await run('replay', '--drop', first.id, '--dry-run')
    expect(dry.code).toBe(0)
    expect(dry.stdout).toContain(`${first.id}  replayable  2 objects, 5 events, 1 dead letters\n`)
    const keyOf = (type: string, hour: number, offset: number) =>
      `currents/${NAME}/event_type=${type}/date=2026-11-01-${hour}/1/default/${NAME}+0+${offset}.avro`
    expect(dry.stdout).toContain(`  ${keyOf(TYPE, 13, 1)}  3 events\n`)
    expect(await deliveredIds(out)).toEqual([])
    expect((await list()).some(({ replayed }) => replayed)).toBe(false)

    const { code, results } = await replay('--drop', first.id.slice(0, 8))
    expect(code).toBe(0)
    expect(results).toEqual([
      {
        ...{ id: first.id, connector: 'local', topic: first.topic, partition: 0, firstOffset: 0, lastOffset: 5 },
        outcome: 'replayed',
        objects: [
          { key: keyOf(OTHER_TYPE, 13, 0), events: 2 },
          { key: keyOf(TYPE, 13, 1), events: 3 },
        ],
        events: 5,
        deadLettered: 1,
      },
    ])
    expect(await deliveredIds(out)).toEqual(idsOf(0, 1, 2, 3, 5))
    const [letter] = await readTopic(brokers, topics.deadLetters, 1)
    expect(letter?.headers).toMatchObject({ 'millrace.offset': '4', 'millrace.reason': 'NOT_JSON' })
    expect(await list()).toEqual([
      { ...first, replayed: true, replayedAt: expect.stringMatching(/^20.*Z$/) as string },
      second,
    ])
    const before = await bytesOf(out)

    const destination = { type: 'folder', path: './out', folder: 'another' }
    const edited = { ...configuration.connectors.local, destination, files: { codec: 'null' } }
    await configure({ connectors: { local: edited }, service: { ...configuration.service, zone: 'another' } })
    const again = await replay('--drop', first.id, '--drop', first.id)
    expect(again.results).toMatchObject([{ outcome: 'replayed', events: 5, deadLettered: 1 }])
    expect(again.results[0]?.message).toContain('had been replayed before')
    expect(await bytesOf(out)).toEqual(before)
    // What is a dead letter already is not made one again.
    expect(await readTopic(brokers, topics.deadLetters, 1)).toHaveLength(1)

    const rest = await replay('--all', '--connector', 'local')
    expect(rest).toMatchObject({ code: 0, results: [{ id: second.id, outcome: 'replayed', events: 4 }] })
    expect(await deliveredIds(out)).toEqual(idsOf(0, 1, 2, 3, 5, 6, 7, 8, 9))
    expect(await replay('--all')).toMatchObject({ code: 0, results: [] })
  })

  it('replay: what was dead-lettered is delivered from there, and not once more with its range', async () => {
    const { replay, run, drop, record, folder, out, topic, configure, configuration } = await withTopic()
    await configure({ service: { ...configuration.service, schemas: './schemas' } })
    await mkdir(join(folder, 'schemas'))
    const points = ['p0', 'p1'].map((id) => ({ value: event(id, 'loyalty.Points'), timestamp: String(HOUR_14) }))
    await produce(brokers, topic, points)
    const dropped = drop(5, 11)
    await record(dropped)
    expect((await replay('--all')).results).toMatchObject([{ outcome: 'replayed', events: 5, deadLettered: 2 }])
    const fields = ['id', 'user_id'].map((name) => ({ name, type: 'string' }))
    const schema = {
      type: 'record',
      name: 'Points',
      namespace: 'loyalty',
      fields: [...fields, { name: 'time', type: 'long' }],
    }
    await writeFile(join(folder, 'schemas', 'loyalty.Points.1.avsc'), JSON.stringify(schema))
    const letters = await run('dead-letters', 'replay', '--reason', 'UNKNOWN_EVENT_TYPE')
    expect(letters).toMatchObject({ code: 0, stdout: expect.stringContaining('2 replayed') as string })
    const before = await bytesOf(out)
    expect(await deliveredIds(out)).toEqual([...idsOf(5, 6, 7, 8, 9), 'p0', 'p1'])
    expect((await replay('--drop', dropped.id)).results).toMatchObject([{ events: 5, deadLettered: 2 }])
    expect(await bytesOf(out)).toEqual(before)
  })

  it('replay on S3: killed in the middle and repeated, it writes the same objects and no other', async () => {
    const bucket = await createBucket(s3)
    const proxy = await S3FaultProxy.start(s3.endpoint)
    const { accessKeyId, secretAccessKey } = s3
    const { start, replay, drop, record, list } = await withTopic({
      accounts: { acme: { type: 'aws', accessKeyId: 'env:ID', secretAccessKey: 'env:KEY' } },
      destination: { type: 's3', account: 'acme', bucket, region: 'us-east-1', endpoint: proxy.endpoint },
      env: { ID: accessKeyId, KEY: secretAccessKey },
    })
    const dropped = drop(0, 9)
    await record(dropped)
    try {
      proxy.rules.set([{ action: 'hang', path: /2026-11-01-14/ }])
      const killed = start('replay', '--all')
      await eventually(async () => (await readObjects(s3, bucket)).size === 2)
      killed.signal('SIGKILL')
      await killed.exited
      const before = await readObjects(s3, bucket)
      expect((await list())[0]?.replayed).toBe(false)
      const hungBefore = proxy.rules.done['hang'] ?? 0
      const stopped = start('replay', '--all', '--json')
      await eventually(() => (proxy.rules.done['hang'] ?? 0) > hungBefore)
      stopped.signal('SIGTERM')
      expect(await stopped.exited).toBe(1)
      expect(JSON.parse(stopped.stdout)).toMatchObject([{ outcome: 'failed', reason: 'STOPPED', deadLettered: 0 }])
      expect((await list())[0]?.replayed).toBe(false)

      proxy.rules.set([{ action: 'slow down', times: 2 }])
      const { code, stderr } = await replay('--all')
      expect(code).toBe(0)
      expect(stderr).toContain('Trying again for up to 120 s')
      const after = await readObjects(s3, bucket)
      expect(after).toEqual(new Map([...after, ...before]))
      const ids = [...after].flatMap(([key, bytes]) => [...readAvroObject(bytes, key).events()] as { id: string }[])
      expect(ids.map(({ id }) => id).sort()).toEqual(idsOf(0, 1, 2, 3, 5, 6, 7, 8, 9))
      expect((await list())[0]?.replayed).toBe(true)
      await Promise.all([replay('--drop', dropped.id), replay('--drop', dropped.id)])
      expect(await readObjects(s3, bucket)).toEqual(after)
    } finally {
      await proxy.close()
    }
  })

  it('replay: what a person has to mend ends it with the reason, and nothing is marked', async () => {
    const bucket = await createBucket(s3)
    const { replay, drop, record, list } = await withTopic({
      accounts: { acme: { type: 'aws', accessKeyId: 'env:ID', secretAccessKey: 'env:KEY' } },
      destination: { type: 's3', account: 'acme', bucket: `${bucket}-not`, region: 'us-east-1', endpoint: s3.endpoint },
      env: { ID: s3.accessKeyId, KEY: s3.secretAccessKey },
    })
    await record(drop(0, 3), drop(5, 9))
    const { code, results } = await replay('--all')
    expect(code).toBe(1)
    expect(results).toMatchObject([
      { outcome: 'failed', reason: 'configuration NoSuchBucket', objects: [] },
      { outcome: 'failed', reason: 'configuration NoSuchBucket', objects: [] },
    ])
    expect((await list()).map(({ replayed }) => replayed)).toEqual([false, false])
  })

  it('replay: of what Kafka has removed nothing, or with --partial what is left', async () => {
    const { replay, drop, retained, record, removeBefore, list, out } = await withTopic()
    const [none, part, gone] = [drop(0, 2), drop(3, 9), retained(0, 1)]
    await record(none, part, gone)
    await removeBefore(5)
    const refused = await replay('--drop', none.id, '--drop', part.id, '--drop', gone.id)
    expect(refused.code).toBe(1)
    expect(refused.results.map(({ outcome, reason, message }) => [outcome, reason, message])).toEqual([
      ['gone', 'GONE', expect.stringContaining('removed offsets 0-2') as string],
      ['gone', 'GONE', expect.stringMatching(/removed offsets 3-4 .*; 5-9 are left: .*--partial/) as string],
      ['gone', 'GONE', expect.stringContaining('removed offsets 0-1') as string],
    ])
    expect(await deliveredIds(out)).toEqual([])
    const partial = await replay('--all', '--partial')
    expect(partial.code).toBe(1)
    expect(partial.results).toMatchObject([
      { id: none.id, outcome: 'gone' },
      {
        id: part.id,
        outcome: 'partly-replayed',
        reason: 'GONE',
        events: 5,
        message: expect.stringContaining('3-4') as string,
      },
    ])
    expect(await deliveredIds(out)).toEqual(idsOf(5, 6, 7, 8, 9))
    const before = await bytesOf(out)
    const listed = (await list()) as (LedgerEntry & { replayedFrom?: number })[]
    expect(listed.map(({ replayed, replayedFrom }) => [replayed, replayedFrom])).toEqual([
      [false, undefined],
      [false, undefined],
      [true, 5],
    ])
    // What was written then would get other keys now.
    await removeBefore(6)
    expect((await replay('--drop', part.id, '--partial')).results).toMatchObject([{ outcome: 'gone' }])
    expect(await bytesOf(out)).toEqual(before)
  })

  it('replay of offsets: entries as they are, the rest in objects apart, nothing twice', async () => {
    const { replay, drop, record, commit, list, run, configuration, configure, out, topic } = await withTopic()
    const files = { maxEvents: 2 }
    await configure({ connectors: { local: { ...configuration.connectors.local, files } } })
    const dropped = drop(3, 5)
    await record(dropped)
    const range = (from: number, to: number) => [
      '--topic',
      topic,
      '--partition',
      '0',
      '--from',
      `${from}`,
      '--to',
      `${to}`,
    ]
    const cut = await run('replay', ...range(0, 4))
    expect(cut).toMatchObject({ code: 2, stdout: '' })
    expect(cut.stderr).toContain(`drop ${dropped.id} is of offsets 3-5`)
    expect((await replay(...range(0, 9))).results).toMatchObject([
      { id: null, outcome: 'failed', reason: 'NOT_COMMITTED' },
      { id: dropped.id, outcome: 'replayed' },
      { id: null, outcome: 'failed', reason: 'NOT_COMMITTED' },
    ])
    await commit(10)
    const { code, results, stderr } = await replay(...range(0, 9))
    expect(code).toBe(0)
    expect(stderr).toContain(`${topic}/0 0-2: no drop is recorded`)
    expect(results.map(({ id, events, objects }) => [id, events, objects.map(({ key }) => shortOf(key))])).toEqual([
      [null, 3, ['default-replay 0', 'default-replay 1']],
      [dropped.id, 2, ['default 3', 'default 5']],
      [null, 4, ['default-replay 6', 'default-replay 7', 'default-replay 9']],
    ])
    expect(await deliveredIds(out)).toEqual(idsOf(0, 1, 2, 3, 5, 6, 7, 8, 9))
    const before = await bytesOf(out)
    expect((await replay('--connector', 'local', ...range(0, 9))).code).toBe(0)
    expect(await bytesOf(out)).toEqual(before)
    expect((await list()).map(({ replayed }) => replayed)).toEqual([true])
    expect((await replay(...range(0, 10))).results[2]).toMatchObject({ outcome: 'failed', reason: 'NOT_COMMITTED' })
  })

  it('replay: not what the connector may still deliver itself, nor what was never dropped', async () => {
    const { replay, drop, record, commit, list, out, run, configure, configuration } = await withTopic()
    const [early, other] = [drop(0, 3), drop(6, 9, { events: 2 })]
    await record(early, other)
    await commit(2)
    expect((await replay('--drop', early.id)).results).toMatchObject([{ outcome: 'failed', reason: 'NOT_COMMITTED' }])
    await commit(10)
    expect((await replay('--drop', other.id)).results).toMatchObject([{ outcome: 'failed', reason: 'OTHER_RECORDS' }])
    expect(await deliveredEvents(out)).toEqual([])
    await configure({ connectors: { another: configuration.connectors.local } })
    const gone = await run('replay', '--drop', early.id)
    expect(gone).toMatchObject({ code: 2, stdout: '' })
    expect(gone.stderr).toContain('connector local is not in the configuration')
    expect((await list()).map(({ replayed }) => replayed)).toEqual([false, false])
  })

  it('replay: beside the running connector, which keeps its partitions and goes on', async () => {
    const { replay, start, drop, record, commit, out, topic, configure, configuration, group } = await withTopic()
    await configure({ connectors: { local: { ...configuration.connectors.local, files: { maxAge: '1s' } } } })
    await record(drop(0, 9))
    await commit(10)
    const running = start('run')
    const delivers = async (id: string) => {
      await produce(brokers, topic, [{ value: event(id) }])
      await eventually(async () => (await deliveredIds(out)).includes(id))
    }
    await delivers('later')
    expect((await replay('--all')).code).toBe(0)
    const described = await withAdmin(brokers, (admin) => admin.describeGroups([group]))
    expect(described.groups.map(({ state, members }) => [state, members.length])).toEqual([['Stable', 1]])
    await delivers('latest')
    running.signal('SIGTERM')
    expect(await running.exited).toBe(0)
    expect(await deliveredIds(out)).toEqual([...idsOf(0, 1, 2, 3, 5, 6, 7, 8, 9), 'later', 'latest'].sort())
  })
})

const shortOf = (key: string) => key.replace(/^.*\/(.*)\/.*[+](\d+)[.]avro$/, '$1 $2')

/** Of every object below the folder, by its path, in hexadecimal. */
async function bytesOf(folder: string): Promise<Record<string, string>> {
  const paths = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith('.avro')).sort()
  const entries = paths.map(async (path) => [path, (await readFile(join(folder, path))).toString('hex')] as const)
  return Object.fromEntries(await Promise.all(entries))
}
