import { randomUUID } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Outcome } from '../../../src/cli/add/outcome.js'
import type { ReplayResult } from '../../../src/cli/drops/range-replay.js'
import type { ConnectorReport } from '../../../src/cli/test-report.js'
import type { PolicyDocument } from '../../../src/destinations/aws-policy.js'
import { sampleDrop } from '../../cli/drops/sample-drop.js'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { createTopic, produce, uniqueTopic, withAdmin } from '../../support/kafka-topics.js'
import { workplace } from '../../support/millrace-process.js'
import { Moto } from '../../support/moto.js'
import { eventHubsTarget, kinesisTarget, type StreamTarget } from './stream-targets.js'

const TYPE = 'users.messages.webhook.Send'
const NEW_TYPE = 'loyalty.Points'
const POINTS = {
  ...{ type: 'record', name: 'Points', namespace: 'loyalty' },
  fields: [
    { name: 'id', type: 'string' },
    { name: 'time', type: 'long' },
    { name: 'user_id', type: ['null', 'string'], default: null },
  ],
}

const event = (id: string, user: string, type = TYPE) =>
  JSON.stringify({ event_type: type, id, user_id: user, time: 1_790_000_000 })
const USERS = ['u', 'v', 'w']
/** Ten events of three users. */
const TEN = Array.from({ length: 10 }, (_, n) => ({ value: event(`e${n}`, USERS[n % USERS.length]!) }))
/** Ids of each user in the order of `TEN`. */
const IN_ORDER = { u: ['e0', 'e3', 'e6', 'e9'], v: ['e1', 'e4', 'e7'], w: ['e2', 'e5', 'e8'] }

/** Ids of the events in the stream by their partition key, in their order. */
async function idsByKey(target: StreamTarget): Promise<Record<string, unknown[]>> {
  const found: Record<string, unknown[]> = {}
  for (const { partitionKey, event: streamed } of (await target.read()).flat()) {
    ;(found[partitionKey ?? ''] ??= []).push(streamed['id'])
  }
  return found
}

/** A topic with `messages`, and a configuration whose connector `local` writes to the target. */
async function placeOf(brokers: string[], target: StreamTarget, messages: { value: string }[] = TEN) {
  const [topic, side] = [await createTopic(brokers, { config: { 'retention.ms': '-1' } }), uniqueTopic('side')]
  if (messages.length > 0) await produce(brokers, topic, messages)
  const topics = { drops: `${side}-drops`, deadLetters: `${side}-dead` }
  const base = { kafka: { brokers, groupPrefix: `${side}.`, topics }, service: { http: false, schemas: './schemas' } }
  const local = { topics: [topic], destination: target.destination, records: { format: 'json' } }
  const configuration = { ...base, accounts: { acme: target.account }, connectors: { local } }
  const place = await workplace(configuration, target.env)
  await mkdir(join(place.folder, 'schemas'))
  const run = async (...args: string[]) => {
    const done = await place.run(...args)
    expect(done.stdout + done.stderr).not.toContain(target.secret)
    return done
  }
  const commit = (offset: number) =>
    withAdmin(brokers, (admin) => {
      const partitions = [{ partition: 0, offset: String(offset) }]
      return admin.setOffsets({ groupId: `${side}.local`, topic, partitions })
    })
  return { ...place, run, base, topic, topics, commit }
}

function describeCommands(brokers: string[], open: () => Promise<StreamTarget>): void {
  it('add by options: tested, written, delivering at once', async () => {
    const target = await open()
    const { folder, run, base, topic } = await placeOf(brokers, target)
    const file = join(folder, 'millrace.yaml')
    const before = `# of the operators\n${Object.entries(base)
      .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
      .join('')}`
    await writeFile(file, before)
    const options = [...target.options('new'), '--topic', topic, '--record-format', 'json', '--launch', '--json']
    const { code, stdout, stderr } = await run('add', 'local', ...options)
    expect([code, stderr]).toEqual([0, ''])
    const outcome = JSON.parse(stdout) as Outcome
    expect(outcome).toMatchObject({ written: true, tested: true, secretFiles: [] })
    expect(outcome.checks.filter(({ status }) => status === 'failed')).toEqual([])
    expect((await readFile(file, 'utf8')).startsWith(before)).toBe(true)
    const delivery = await run('run', '--once')
    expect(delivery.stderr).toContain('local: 10 events delivered, done')
    expect(await idsByKey(target)).toEqual(IN_ORDER)
  })

  it('test: every check by its name; for people a line each; nothing is left in the stream', async () => {
    const target = await open()
    const { run } = await placeOf(brokers, target)
    const { code, stdout } = await run('test', 'local', '--json', '--wait', '0s')
    const [report] = (JSON.parse(stdout) as { connectors: ConnectorReport[] }).connectors
    expect(report).toMatchObject({ ok: true, destination: target.destination.type })
    expect(report?.checks.filter(({ status }) => status === 'failed')).toEqual([])
    expect(report?.checks.map(({ name }) => name)).toEqual(expect.arrayContaining(['credentials', 'kafka', 'schemas']))
    expect(code).toBe(0)
    const text = await run('test', '--wait', '0s')
    expect(text.stdout).toContain(`local (${target.destination.type})`)
    expect(text.stdout).toContain(' 0 failed')
    expect((await target.read()).flat()).toEqual([])
  })

  it('send-test: one record of each selected type', async () => {
    const target = await open()
    const { run } = await placeOf(brokers, target, [])
    const { code, stdout } = await run('send-test', 'local', '--json')
    const results = JSON.parse(stdout) as { id: string; partitionKey: string; written: boolean; object?: string }[]
    expect([code, results.length, results.every(({ written }) => written)]).toEqual([0, 94, true])
    expect(results[0]).toEqual({
      ...{ eventType: expect.any(String) as string, schemaId: 1, id: results[0]?.id, written: true },
      partitionKey: 'millrace test event',
    })
    const found = (await target.read()).flat().map(({ event: streamed }) => streamed['id'])
    expect(found.sort()).toEqual(results.map(({ id }) => id).sort())
    const again = await run('send-test', 'local')
    expect(again.stdout).toMatch(/written {2}millrace-test-\S+\n/)
    expect(again.stdout).toContain('local: 94 test events written\n')
  })

  it('replay: a drop in the order of its keys, marked; again, everything once more; without an entry, a warning', async () => {
    const target = await open()
    const { run, topic, topics, commit } = await placeOf(brokers, target)
    const drop = sampleDrop(0, 9, { topic })
    await produce(brokers, topics.drops, [{ key: drop.id, value: JSON.stringify(drop) }])
    await commit(10)
    const replay = async (...args: string[]) => {
      const { code, stdout, stderr } = await run('replay', ...args, '--json')
      return { code, stderr, results: JSON.parse(stdout) as ReplayResult[] }
    }
    const dry = await replay('--drop', drop.id, '--dry-run')
    expect([dry.code, dry.results]).toMatchObject([0, [{ outcome: 'replayable', records: 10, objects: [] }]])
    expect(await idsByKey(target)).toEqual({})

    const first = await replay('--drop', drop.id)
    expect(first.results).toMatchObject([{ outcome: 'replayed', records: 10, events: 10, objects: [] }])
    expect(first.code).toBe(0)
    expect(await idsByKey(target)).toEqual(IN_ORDER)
    const listed = JSON.parse((await run('drops', 'list', '--json')).stdout) as object[]
    expect(listed).toMatchObject([{ id: drop.id, replayed: true }])

    expect((await run('replay', '--drop', drop.id)).stdout).toContain(
      `${drop.id}  replayed  10 records, 0 dead letters`,
    )
    const twice = Object.fromEntries(Object.entries(IN_ORDER).map(([key, ids]) => [key, [...ids, ...ids]]))
    expect(await idsByKey(target)).toEqual(twice)

    await commit(10)
    await produce(brokers, topic, [{ value: event('e10', 'x') }])
    await commit(11)
    const free = await replay('--topic', topic, '--partition', '0', '--from', '10', '--to', '10')
    expect(free.results).toMatchObject([{ id: null, outcome: 'replayed', records: 1 }])
    expect(free.stderr).toContain('and are then in the stream twice')
  })

  it('dead-letters replay: a record of each that is deliverable now', async () => {
    const target = await open()
    const messages = ['p0', 'p1'].map((id) => ({ value: event(id, 'u', NEW_TYPE) }))
    const { folder, run, topic, commit, topics } = await placeOf(brokers, target, messages)
    await commit(2)
    const letters = messages.map(({ value }, offset) => {
      const headers = {
        connector: 'local',
        topic,
        partition: '0',
        offset: String(offset),
        reason: 'UNKNOWN_EVENT_TYPE',
      }
      const own = Object.entries(headers).map(([name, text]) => [`millrace.${name}`, text])
      return { value, headers: Object.fromEntries(own) as Record<string, string> }
    })
    await produce(brokers, topics.deadLetters, letters)
    expect((await run('dead-letters', 'replay')).code).toBe(1)
    await writeFile(join(folder, 'schemas', `${NEW_TYPE}.1.avsc`), JSON.stringify(POINTS))
    const { code, stdout } = await run('dead-letters', 'replay')
    expect(stdout.split('\n').slice(0, 3)).toEqual([
      `local/${topic}/0/0  replayed  event p0`,
      `local/${topic}/0/1  replayed  event p1`,
      '2 replayed',
    ])
    expect(code).toBe(0)
    expect(await idsByKey(target)).toEqual({ u: ['p0', 'p1'] })
    expect((await run('dead-letters', 'replay')).stdout).toBe('no dead letters to replay\n')
    const listed = JSON.parse((await run('dead-letters', 'list', '--json')).stdout) as object[]
    expect(listed).toMatchObject([{ replayed: true, object: null }, { replayed: true }])
  })
}

describeWithServers('commands for a stream of Kinesis', ['kafka', 'moto'], ({ kafka: { brokers }, moto: address }) => {
  describeCommands(brokers, () => kinesisTarget(address))

  it('policy: what it prints suffices to test and to deliver; without it the check names the right; exit 3', async () => {
    const moto = Moto.at(address)
    const user = await moto.createUser(`u-${randomUUID()}`)
    const target = await kinesisTarget(address, user)
    const { run } = await placeOf(brokers, target)
    const test = async () => {
      const { code, stdout } = await run('test', 'local', '--json', '--wait', '0s')
      const [report] = (JSON.parse(stdout) as { connectors: ConnectorReport[] }).connectors
      return [code, ...report!.checks.filter(({ status }) => status === 'failed').map(({ name }) => name)]
    }
    expect(await test()).toEqual([3, 'kinesis:PutRecords'])
    const sent = await run('send-test', 'local')
    expect(sent.stdout).toMatch(/failed {2}credentials AccessDenied\w*: /)
    expect(sent.code).toBe(1)
    const { destination } = JSON.parse((await run('policy', 'local', '--json')).stdout) as {
      destination: { policy: PolicyDocument }
    }
    // moto looks at actions of Kinesis only, not at what they are on.
    const Statement = destination.policy.Statement.map((statement) => ({ ...statement, Resource: ['*'] }))
    await moto.allowUser(user.name, { ...destination.policy, Statement })
    expect(await test()).toEqual([0])
    expect((await run('run', '--once')).stderr).toContain('local: 10 events delivered, done')
  })
})

describeWithServers('commands for an event hub', ['kafka'], ({ kafka: { brokers } }) => {
  describeCommands(brokers, eventHubsTarget)

  it('a connection string that is wrong: add refuses it, test and send-test show it; nothing secret', async () => {
    const target = await eventHubsTarget()
    const wrong = 'planted-wrong-key'
    const env = { HUB: target.peer.connectionString({ secret: wrong }) }
    const { run, folder, topic } = await placeOf(brokers, { ...target, env, secret: wrong })
    const before = await readFile(join(folder, 'millrace.yaml'), 'utf8')
    const added = await run('add', 'more', ...target.options('new'), '--topic', topic, '--save', '--wait', '0s')
    expect([added.code, await readFile(join(folder, 'millrace.yaml'), 'utf8')]).toEqual([3, before])
    const tested = await run('test', 'local', '--wait', '0s')
    expect([tested.code, tested.stdout]).toEqual([3, expect.stringMatching(/failed +credentials /) as string])
    const sent = await run('send-test', 'local')
    expect([sent.code, sent.stdout]).toEqual([1, expect.stringMatching(/failed {2}credentials /) as string])
    expect(await target.read()).toEqual([[], [], [], []])
  })
})
