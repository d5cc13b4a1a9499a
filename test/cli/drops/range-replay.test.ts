import { createHash, randomBytes } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { deflateRaw } from 'node:zlib'
import { beforeEach, describe, expect, it } from 'vitest'
import { RangeReplay, type RangeReplayParts } from '../../../src/cli/drops/range-replay.js'
import type { Drop } from '../../../src/cli/drops/ledger.js'
import type { KafkaSession } from '../../../src/cli/kafka-session.js'
import { loadProject, type Project } from '../../../src/cli/project.js'
import type { OutgoingRecord } from '../../../src/delivery/kafka-records.js'
import { createDestination } from '../../../src/destinations/registry.js'
import { systemClock } from '../../../src/runtime/clock.js'
import { MillraceError } from '../../../src/runtime/errors.js'
import type { StoredRecord } from '../../../src/source/source.js'
import { storedRecordView } from '../../../src/source/stored-record-view.js'
import { deliveredIds } from '../../support/delivered.js'
import type { Failure } from '../../../src/destinations/destination.js'
import { recordingTerminal } from '../../support/recording-terminal.js'
import { temporaryFolder } from '../../support/temporary-folder.js'
import { idOf, recordingStream } from '../recording-stream.js'
import { sampleDrop } from './sample-drop.js'

const TYPE = 'users.messages.webhook.Send'
const PINNED = { folder: 'currents', cluster: 'local', zone: 'default', topicInKey: false, codec: 'null' } as const

const event = (id: string, more: object = {}): StoredRecord => ({
  key: null,
  value: Buffer.from(JSON.stringify({ event_type: TYPE, id, user_id: 'u', time: 1, ...more })),
  headers: [],
})

let out: string
let project: Project

const readProject = async (folder: string, files: object = {}) =>
  projectWith(folder, { topics: ['events'], destination: { type: 'folder', path: './out' }, files })

const projectWith = async (folder: string, local: object) => {
  const path = join(folder, 'millrace.yaml')
  const accounts = { acme: { type: 'aws' } }
  await writeFile(path, JSON.stringify({ kafka: { brokers: ['b:1'] }, accounts, connectors: { local } }))
  return loadProject(path, recordingTerminal())
}

beforeEach(async () => {
  const folder = await temporaryFolder()
  out = join(folder, 'out')
  project = await readProject(folder)
})

interface World {
  /** By offset; undefined where compaction has left nothing. */
  records: (StoredRecord | undefined)[]
  low?: number
  committed?: number
  /** Records of one fetch. */
  fetch?: number
  /** Called after every fetch. */
  onFetched?: (world: World) => unknown
  parts?: Partial<RangeReplayParts>
}

/** A partition in memory; `effects` are what was written, in order. */
function underTest(world: World) {
  const effects: string[] = []
  const log: OutgoingRecord[] = []
  const ends = () => [{ topic: 'events', partition: 0, low: world.low ?? 0, high: world.records.length }]
  const committed = () =>
    Promise.resolve([{ topic: 'events', partition: 0, offset: world.committed ?? null, metadata: '' }])
  const session: KafkaSession = {
    kafka: project.configuration.kafka,
    offsets: { ends: () => Promise.resolve(ends()), committed, close: () => Promise.resolve() },
    reader: {
      read: () => {
        throw new Error('not read this way')
      },
      chunks: async function* ({ low, high }) {
        await Promise.resolve()
        const size = world.fetch ?? 100
        for (let from = low; from < high; from += size) {
          yield {
            ...{ from, next: from + size },
            forEach: (each) =>
              world.records.forEach((record, offset) => {
                if (record && offset >= from && offset < from + size)
                  each(storedRecordView(record, { offset, timestampMs: Date.UTC(2026, 10, 1, 13) }))
              }),
          }
          await world.onFetched?.(world)
        }
      },
      close: () => Promise.resolve(),
    },
  }
  const parts: RangeReplayParts = {
    ...{ project, session, clock: systemClock, random: () => 0, stop: new AbortController().signal, waitMs: 0 },
    ...{
      openDestination: createDestination,
      say: () => undefined,
      instance: 'host/1',
      deadLettered: () => new Set(),
      partial: false,
      dryRun: false,
    },
    writer: {
      write: async (topic, records) => {
        effects.push(`${(await objects()).length} objects, then ${records.length} to ${topic}`)
        log.push(...records)
      },
    },
    ...world.parts,
  }
  const connector = project.configuration.connectors[0]!
  const replay = async (drop: Drop | null, [firstOffset, lastOffset]: [number, number] = [0, 0]) => {
    const replays = new RangeReplay(connector, parts)
    const place = { topic: 'events', partition: 0, firstOffset, lastOffset, ...drop }
    const result = await replays.replay({ ...place, connector, drop })
    await replays.close()
    return result
  }
  return { replay, effects, log }
}

/** Resolves when what waited for one of Node's threads before has had its turn. */
const threadsAreIdle = () => promisify<Buffer, Buffer>(deflateRaw)(randomBytes(1 << 20))

const objects = async () =>
  (await readdir(out, { recursive: true }).catch(() => [])).filter((path) => path.endsWith('.avro')).sort()

/** Digests of all objects, by path. */
const contents = async () =>
  Promise.all((await objects()).map(async (path) => `${path} ${sha256(await readFile(join(out, path)))}`))

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

const four = () => ['a', 'b', 'c', 'd'].map((id) => event(id))

describe('replaying an entry', () => {
  it('writes objects, then dead letters, then the mark: in this order', async () => {
    const { replay, effects, log } = underTest({ records: [...four(), event('bad', { time: 'late' })] })
    const drop = sampleDrop(1, 4)
    const result = await replay(drop)
    expect(result).toMatchObject({ outcome: 'replayed', events: 3, deadLettered: 1 })
    expect(effects).toEqual(['1 objects, then 1 to millrace.dead-letters', '1 objects, then 1 to millrace.drops'])
    expect(await deliveredIds(out)).toEqual(['b', 'c', 'd'])
    expect(JSON.parse(String(log[1]?.value))).toMatchObject({ id: drop.id, replayed: true })
    expect(log[1]?.key).toEqual(Buffer.from(drop.id))
  })

  it('marks nothing when dead letters cannot be written, and says what is not marked', async () => {
    const records = [event('a'), event('bad', { time: 'late' })]
    const refuse = (refused: string) => ({
      write: (topic: string) =>
        topic === refused
          ? Promise.reject(new MillraceError('KAFKA_WRITE', `cannot write to ${topic}`))
          : Promise.resolve(),
    })
    const letters = underTest({ records, parts: { writer: refuse('millrace.dead-letters') } })
    const refused = await letters.replay(sampleDrop(0, 1))
    expect(refused).toMatchObject({ outcome: 'failed', reason: 'KAFKA_WRITE', events: 1, deadLettered: 0 })
    const mark = underTest({ records, parts: { writer: refuse('millrace.drops') } })
    const unmarked = await mark.replay(sampleDrop(0, 1))
    expect(unmarked).toMatchObject({ outcome: 'failed', reason: 'KAFKA_WRITE', deadLettered: 1 })
    expect(unmarked.message).toContain('it is delivered, but not marked')
  })

  it('writes nothing where the records are others than those that were dropped', async () => {
    const compacted = underTest({ records: [event('a'), undefined, event('c')] })
    expect(await compacted.replay(sampleDrop(0, 2))).toMatchObject({ outcome: 'gone', reason: 'GONE', objects: [] })
    const anew = underTest({ records: four(), parts: { partial: true } })
    expect(await anew.replay(sampleDrop(0, 3, { events: 3 }))).toMatchObject({ reason: 'OTHER_RECORDS', objects: [] })
    const shorter = underTest({ records: [event('a')], parts: { partial: true } })
    expect(await shorter.replay(sampleDrop(0, 3))).toMatchObject({ outcome: 'failed', reason: 'TOPIC_RECREATED' })
    expect([...compacted.effects, ...anew.effects, ...shorter.effects]).toEqual([])
    expect(await objects()).toEqual([])
    const partial = underTest({ records: [event('a'), undefined, event('c')], parts: { partial: true } })
    expect(await partial.replay(sampleDrop(0, 2))).toMatchObject({ outcome: 'partly-replayed', events: 2 })
  })

  it('writes nothing when Kafka removes its beginning while it is read', async () => {
    const onFetched = (fetched: World) => (fetched.low = 2)
    const { replay, effects } = underTest({ records: four(), fetch: 2, onFetched })
    expect(await replay(sampleDrop(0, 3))).toMatchObject({ outcome: 'gone', reason: 'GONE', objects: [] })
    expect(effects).toEqual([])
    expect(await objects()).toEqual([])
  })

  it('leaves out what is a dead letter already, though it is decodable now', async () => {
    const { replay, effects } = underTest({ records: four(), parts: { deadLettered: () => new Set([1]) } })
    expect(await replay(sampleDrop(0, 3))).toMatchObject({ outcome: 'replayed', events: 3, deadLettered: 1 })
    expect(await deliveredIds(out)).toEqual(['a', 'c', 'd'])
    expect(effects).toHaveLength(1)
  })

  it('says which schemas are missing', async () => {
    const { replay, effects } = underTest({ records: four() })
    const result = await replay(sampleDrop(0, 3, { plan: { ...PINNED, schemas: { [TYPE]: 9 } } }))
    expect(result).toMatchObject({ outcome: 'failed', reason: 'SCHEMA' })
    expect(result.message).toContain(`${TYPE} 9`)
    expect(effects).toEqual([])
  })

  it('writes nothing when it is stopped before', async () => {
    const bad = event('bad', { time: 'late' })
    const { replay, effects } = underTest({ records: [...four(), bad], parts: { stop: AbortSignal.abort() } })
    const stopped = { outcome: 'failed', reason: 'STOPPED', objects: [], deadLettered: 0 }
    expect(await replay(sampleDrop(0, 3))).toMatchObject(stopped)
    expect(await replay(sampleDrop(4, 4))).toMatchObject(stopped)
    expect(effects).toEqual([])
  })
})

describe('replaying offsets that no entry covers', () => {
  it('cuts at the same offsets whatever a fetch brings and whenever blocks are compressed', async () => {
    project = await readProject(join(out, '..'), { maxBytes: '1MiB', maxEvents: 400 })
    // Hexadecimal digits become half as many bytes. The first half meets the limit of bytes, the second that of events.
    const records = Array.from({ length: 1200 }, (_, n) =>
      event(`e${n}`, { user_id: randomBytes(n < 600 ? 3000 : 30).toString('hex') }),
    )
    const seen: unknown[] = []
    for (const world of [{ fetch: 1200 }, { fetch: 20, onFetched: threadsAreIdle }]) {
      const { replay } = underTest({ records, committed: 1200, ...world })
      expect(await replay(null, [0, 1199])).toMatchObject({ outcome: 'replayed', events: 1200, id: null })
      seen.push(await contents())
    }
    expect(seen[1]).toEqual(seen[0])
    expect((await objects()).length).toBeGreaterThan(4)
    expect(await deliveredIds(out)).toEqual(records.map((_, n) => `e${n}`).sort())
  })

  it('never writes to the key of an object that delivery may have written', async () => {
    const { replay, effects } = underTest({ records: four(), committed: 4 })
    expect(await replay(null, [1, 2])).toMatchObject({ outcome: 'replayed', events: 2 })
    expect((await objects()).map((path) => path.split('/').slice(-2))).toEqual([
      ['default-replay', 'dataexport.local.S3.integration.local+0+1.avro'],
    ])
    expect(effects).toEqual([])
  })

  it('leaves to the connector what it has not committed', async () => {
    const result = await underTest({ records: four(), committed: 2 }).replay(null, [1, 2])
    expect(result).toMatchObject({ outcome: 'failed', reason: 'NOT_COMMITTED' })
    expect((await underTest({ records: four() }).replay(null, [1, 2])).reason).toBe('NOT_COMMITTED')
  })
})

describe('replaying into a stream', () => {
  const users = ['u', 'v', 'u', 'u', 'v']
  const records = users.map((user, n) => event(`e${n}`, { user_id: user }))

  beforeEach(async () => {
    const destination = { type: 'kinesis', account: 'acme', stream: 'engagement', region: 'eu-west-1' }
    project = await projectWith(await temporaryFolder(), { topics: ['events'], destination })
  })

  /** `faults`: of the attempts at an event, in their order; none from then on. */
  function streamOf(faults: Record<string, Partial<Failure>[]> = {}, more: Partial<World> = {}) {
    const most = { records: 3, bytes: 1 << 20, perKey: 2 }
    const stream = recordingStream((record) => faults[idOf(record)]?.shift(), most)
    const parts = { waitMs: 60_000, openDestination: () => stream, ...more.parts }
    return { stream, ...underTest({ records, ...more, parts }) }
  }

  it('writes a record for each event in the order of its key, then the mark', async () => {
    const { stream, replay, log } = streamOf({ e0: [{ class: 'throttled' }] })
    const result = await replay(sampleDrop(0, 4))
    expect(result).toMatchObject({ outcome: 'replayed', objects: [], records: 5, events: 5, deadLettered: 0 })
    expect(stream.records.map((record) => [record.key, record.partitionKey])).toEqual([
      ['events/0/1', 'v'],
      ['events/0/0', 'u'],
      ['events/0/2', 'u'],
      ['events/0/3', 'u'],
      ['events/0/4', 'v'],
    ])
    expect(log.map(({ value }) => JSON.parse(String(value)) as object)).toMatchObject([{ replayed: true }])
  })

  it('done again, writes everything once more, and says that it had been replayed', async () => {
    const { stream, replay } = streamOf()
    await replay(sampleDrop(0, 4))
    const again = await replay(sampleDrop(0, 4, { replayed: true, replayedAt: '2026-11-01T00:00:00.000Z' }))
    expect(again).toMatchObject({ outcome: 'replayed', records: 5 })
    expect(again.message).toContain('it had been replayed before')
    expect(stream.records).toHaveLength(10)
  })

  it('what the stream rejects for good becomes a dead letter, and the rest goes on', async () => {
    const rejected = { class: 'rejected', message: 'TooLarge: events/0/2 is too large' } as const
    const { stream, replay, log } = streamOf({ e2: [rejected] })
    expect(await replay(sampleDrop(0, 4))).toMatchObject({ outcome: 'replayed', records: 4, deadLettered: 1 })
    expect(stream.records.map(idOf)).toEqual(['e0', 'e1', 'e3', 'e4'])
    const [letter, mark] = log
    const headers = new Map(letter?.headers.map(({ name, value }) => [name, String(value)]))
    expect(headers.get('millrace.reason')).toBe('REJECTED')
    expect(headers.get('millrace.offset')).toBe('2')
    expect(headers.get('millrace.message')).toBe(rejected.message)
    expect(letter?.value).toEqual(records[2]?.value)
    expect(JSON.parse(String(mark?.value))).toMatchObject({ replayed: true })
  })

  it('stops at what a person has to mend: nothing behind it, no mark', async () => {
    const { stream, replay, log } = streamOf({ e2: [{ class: 'credentials', code: 'AccessDenied' }] })
    const result = await replay(sampleDrop(0, 4))
    expect(result).toMatchObject({ outcome: 'failed', reason: 'credentials AccessDenied', records: 2, events: 2 })
    expect(stream.records.map(idOf)).toEqual(['e0', 'e1'])
    expect(log).toEqual([])
  })

  it('a dry run writes nothing and counts', async () => {
    const { stream, replay, log } = streamOf({}, { parts: { dryRun: true } })
    expect(await replay(sampleDrop(0, 4))).toMatchObject({ outcome: 'replayable', records: 5, objects: [] })
    expect([stream.calls, log]).toEqual([[], []])
  })

  it('offsets that no entry covers', async () => {
    const { stream, replay } = streamOf({}, { committed: 5, fetch: 2 })
    expect(await replay(null, [1, 3])).toMatchObject({ outcome: 'replayed', id: null, records: 3 })
    expect(stream.records.map(idOf)).toEqual(['e1', 'e2', 'e3'])
  })

  it('stopped: says that doing it again repeats', async () => {
    const { replay } = streamOf({}, { parts: { stop: AbortSignal.abort() } })
    const { reason, message } = await replay(sampleDrop(0, 4))
    expect([reason, message]).toEqual(['STOPPED', expect.stringContaining('written again') as string])
  })
})
