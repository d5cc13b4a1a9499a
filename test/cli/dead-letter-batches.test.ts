import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { LetterReplay, type ReplayParts, type ReplayResult } from '../../src/cli/dead-letter-batches.js'
import { readDeadLetterRecord, replayIntentRecord, type Letter } from '../../src/cli/dead-letter-records.js'
import { surveyLetters } from '../../src/cli/dead-letter-topic.js'
import { loadProject, type Project } from '../../src/cli/project.js'
import type { OutgoingRecord } from '../../src/delivery/kafka-records.js'
import type { Intent } from '../../src/range/intent.js'
import type { Failure } from '../../src/destinations/destination.js'
import { createDestination } from '../../src/destinations/registry.js'
import { systemClock } from '../../src/runtime/clock.js'
import { deliveredEvents } from '../support/delivered.js'
import { recordingTerminal } from '../support/recording-terminal.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { idOf, recordingStream } from './recording-stream.js'

const TYPE = 'users.messages.webhook.Send'
const FOREIGN_PLAN = { folder: 'other', cluster: 'c', zone: 'first', topicInKey: false, codec: 'null' } as const

const letter = (offset: number, value: object = {}): Letter => ({
  kind: 'letter',
  origin: { connector: 'local', topic: 'events', partition: 0, offset },
  reason: 'UNKNOWN_EVENT_TYPE',
  message: '',
  failedAt: '',
  timestampMs: Date.UTC(2026, 10, 1, 13),
  event: {
    key: null,
    value: Buffer.from(JSON.stringify({ event_type: TYPE, id: `e${offset}`, user_id: 'u', time: 1, ...value })),
    headers: [],
  },
})

let folder: string
let project: Project

beforeEach(async () => {
  folder = await temporaryFolder()
  project = await projectWith({ type: 'folder', path: './out' })
})

async function projectWith(destination: object): Promise<Project> {
  const path = join(folder, 'millrace.yaml')
  const connectors = { local: { topics: ['events'], destination } }
  const accounts = { acme: { type: 'aws' } }
  await writeFile(path, JSON.stringify({ kafka: { brokers: ['b:1'] }, accounts, connectors }))
  return loadProject(path, recordingTerminal())
}

const NEVER = new AbortController().signal

/** A replay on a dead-letter topic in memory; `before` is done just before its first write to the topic. */
async function replayOf(
  letters: readonly Letter[],
  more: Partial<Pick<ReplayParts, 'openDestination'>> & {
    before?: () => void
    committed?: number
    log?: OutgoingRecord[]
  } = {},
) {
  const log = more.log ?? []
  const effects: string[] = []
  const results: ReplayResult[] = []
  const ends = () => [{ topic: 'dead', partition: 0, low: 0, high: log.length }]
  const parts: ReplayParts = {
    kafka: project.configuration.kafka,
    project,
    openDestination: more.openDestination ?? createDestination,
    ...{ clock: systemClock, random: () => 0, stop: NEVER, waitMs: 0, say: () => undefined },
    dryRun: false,
    survey: { letters: new Map(), intents: new Map(), replayed: new Map() },
    report: (result) => results.push(result),
    offsets: {
      ends: () => Promise.resolve(ends()),
      committed: () =>
        Promise.resolve([{ topic: 'events', partition: 0, offset: more.committed ?? null, metadata: '' }]),
      close: () => Promise.resolve(),
    },
    reader: {
      read: async function* ({ topic, partition, low, high }) {
        await Promise.resolve()
        for (let offset = low; offset < high; offset++)
          yield { topic, partition, offset, timestampMs: 0, ...log[offset]! }
      },
    },
    writer: {
      write: async (_topic, records) => {
        if (effects.length === 0) more.before?.()
        const objects = (await deliveredEvents(join(folder, 'out'))).length
        const kind = records[0]?.headers.at(4)?.name
        effects.push(`${objects} objects, then ${records.length} ${kind}`)
        log.push(...records)
      },
    },
  }
  parts.survey = await surveyLetters(ends(), parts)
  const replay = new LetterReplay(ends(), parts)
  await replay.deliver(letters)
  await replay.close()
  return { effects, results, log }
}

const pathsOf = async () => (await deliveredEvents(join(folder, 'out'))).map(({ path }) => path)

describe('replaying dead letters', () => {
  it('decides, writes, marks: in this order', async () => {
    const { effects, results } = await replayOf([letter(1), letter(2)])
    expect(effects).toEqual(['0 objects, then 2 millrace.replay', '2 objects, then 2 millrace.replayed'])
    expect(results.map(({ outcome }) => outcome)).toEqual(['replayed', 'replayed'])
  })

  it('obeys whoever has decided first, also between looking and deciding', async () => {
    const log: OutgoingRecord[] = []
    const intent: Intent = { end: 1, plan: FOREIGN_PLAN, schemas: new Map() }
    const before = () => log.push(replayIntentRecord(letter(1).origin, intent))
    const { results } = await replayOf([letter(1), letter(2)], { log, before })
    const paths = await pathsOf()
    expect(paths.map((path) => path.replace(/^(\w+)\/.*\/(\w+)\/.*[+](\d+)[.]avro$/, '$1 $2 $3'))).toEqual([
      'currents default 2',
      'other first 1',
    ])
    expect(results.map(({ object }) => object).sort()).toEqual(paths)
  })

  it('obeys what was decided before, whatever is decided later', async () => {
    const decided = (zone: string) => {
      const intent: Intent = { end: 1, plan: { ...FOREIGN_PLAN, zone }, schemas: new Map() }
      return replayIntentRecord(letter(1).origin, intent)
    }
    const log = [decided('first')]
    await replayOf([letter(1), letter(2)], { log, before: () => log.push(decided('second')) })
    expect((await pathsOf()).filter((path) => path.startsWith('other/'))).toEqual([
      expect.stringContaining('/1/first/') as string,
    ])
  })

  it('writes nothing where an intent names a schema that is gone', async () => {
    const schemas = new Map([[TYPE, 9]])
    const log = [replayIntentRecord(letter(1).origin, { end: 1, plan: FOREIGN_PLAN, schemas })]
    const { results, effects } = await replayOf([letter(1)], { log })
    expect(results).toMatchObject([{ outcome: 'undeliverable', reason: 'SCHEMA' }])
    expect(results[0]?.message).toContain(`${TYPE} 9`)
    expect(effects).toEqual([])
    expect(await pathsOf()).toEqual([])
  })

  it('leaves what the connector has not committed, and what is not deliverable, as it is', async () => {
    const { results, effects } = await replayOf([letter(1), letter(2, { time: 'late' }), letter(3)], { committed: 3 })
    expect(results.map(({ id, outcome, reason }) => `${id} ${outcome} ${reason}`)).toEqual([
      'local/events/0/2 undeliverable WRONG_TYPE',
      'local/events/0/3 undeliverable NOT_COMMITTED',
      'local/events/0/1 replayed undefined',
    ])
    expect(effects).toHaveLength(2)
  })

  it('puts the topic into the key where the connector does not read it any more', async () => {
    const old = letter(1)
    old.origin.topic = 'events.before'
    await replayOf([letter(1), old])
    const names = (await pathsOf()).map((path) => path.split('/').at(-1))
    expect(names).toEqual([
      'dataexport.local.S3.integration.local+0+1.avro',
      'dataexport.local.S3.integration.local+events.before+0+1.avro',
    ])
  })
})

describe('replaying dead letters into a stream', () => {
  beforeEach(async () => {
    project = await projectWith({ type: 'kinesis', account: 'acme', stream: 's', region: 'eu-west-1' })
  })

  it('each becomes a record, in order; the mark names no object', async () => {
    const stream = recordingStream()
    const { results, log } = await replayOf([letter(1), letter(2)], { openDestination: () => stream })
    expect(stream.records.map((record) => [record.key, record.partitionKey])).toEqual([
      ['events/0/1', 'u'],
      ['events/0/2', 'u'],
    ])
    expect(results).toEqual([
      { id: 'local/events/0/1', outcome: 'replayed', eventId: 'e1' },
      { id: 'local/events/0/2', outcome: 'replayed', eventId: 'e2' },
    ])
    expect(readDeadLetterRecord({ ...log[3]!, topic: 'dead', partition: 0, offset: 3, timestampMs: 0 })).toMatchObject({
      ...{ kind: 'replayed', object: null },
      origin: { offset: 2 },
    })
  })

  it('none follows one that failed; what is rejected stays a letter and holds up nothing', async () => {
    const faults: Record<string, Partial<Failure>> = {
      e1: { class: 'rejected', code: 'TooLarge', message: 'too large' },
      e3: { class: 'credentials', code: 'AccessDenied', message: 'denied' },
    }
    const stream = recordingStream((record) => faults[idOf(record)])
    const openDestination = () => stream
    const { results } = await replayOf([letter(1), letter(2), letter(3), letter(4)], { openDestination })
    expect(stream.records.map(idOf)).toEqual(['e2'])
    expect(results.map(({ id, outcome, reason }) => [id.at(-1), outcome, reason])).toEqual([
      ['2', 'replayed', undefined],
      ['1', 'failed', 'rejected TooLarge'],
      ['3', 'failed', 'credentials AccessDenied'],
      ['4', 'failed', 'credentials AccessDenied'],
    ])
  })
})
