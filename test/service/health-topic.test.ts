import { describe, expect, it } from 'vitest'
import { Board } from '../../src/health/board.js'
import { ConnectorHealth } from '../../src/health/connector-health.js'
import type { Sample } from '../../src/health/report.js'
import { MillraceError } from '../../src/runtime/errors.js'
import { createLogger } from '../../src/runtime/logger.js'
import { HealthTopic } from '../../src/service/health-topic.js'
import { FakeClock } from '../support/fake-clock.js'
import { connectorWith, NO_TOTALS } from '../support/sample-connector.js'
import { silentLogger } from '../support/source-log.js'
import { StubTopic } from '../support/stub-topic.js'

const refusal = new MillraceError('KAFKA_WRITE_REFUSED', 'own refuses')
const unreachable = new MillraceError('KAFKA_UNREACHABLE', 'no broker answers')

interface Parts {
  instance?: string
  groupPrefix?: string
  /** Of the configuration; it runs all of them. */
  connectors?: string[]
}

/** A process that runs its connectors, tells what they do, and hears the others. */
function processOf(topic: StubTopic, clock: FakeClock, parts: Parts = {}) {
  const { instance = 'host-a/1', groupPrefix = 'millrace-', connectors = ['acme'] } = parts
  const warnings: unknown[] = []
  const lines = { write: (line: string) => void warnings.push(line) }
  const local = new Map(
    connectors.map((name) => {
      const health = new ConnectorHealth(name, silentLogger, undefined, { clock, instance })
      return [name, { health, leased: () => [], buffered: () => NO_TOTALS.buffered }]
    }),
  )
  const board = new Board({
    connectors: connectors.map((name) => connectorWith({ name })),
    ...{ local, clock, lagOf: () => null, process: { name: instance, version: '0.1.0', startedAtMs: clock.nowMs() } },
  })
  const told = new HealthTopic({
    ...{ topic: topic.topic, offsets: topic.offsets, reader: topic.reader, writer: topic.writer },
    ...{ groupPrefix, board, clock },
    logger: createLogger({ level: 'warn', format: 'json' }, lines),
  })
  const stop = new AbortController()
  const run = async () => {
    void told.run(stop.signal)
    await clock.settle()
  }
  const states = () => {
    board.beat()
    return board.connectors().map(({ name, state, instances }) => `${name} ${state} ${instances.join('+')}`)
  }
  return { board, told, run, states, stop, warnings, health: local.get(connectors[0]!)!.health }
}

async function two(parts: Parts = {}) {
  const [topic, clock] = [new StubTopic(), new FakeClock()]
  const [a, b] = [processOf(topic, clock), processOf(topic, clock, { instance: 'host-b/1', ...parts })]
  await Promise.all([a.run(), b.run()])
  return { topic, clock, a, b }
}

/** Keys of what was written since the last call. */
function keysIn(topic: StubTopic) {
  let seen = 0
  return () => topic.records.slice(seen, (seen = topic.records.length)).map(({ key }) => String(key))
}

const sampleAt = (atMs: number, consumed = 0): Sample => ({
  ...{ atMs, lagEvents: 1, oldestUndeliveredAgeMs: null, consumed, delivered: 0, dropped: 0, deadLettered: 0 },
  attempts: { ok: 0, transient: 0, throttled: 0, clock: 0, credentials: 0, configuration: 0, rejected: 0 },
  latencyMs: null,
})

describe('what processes tell each other', () => {
  it('is heard within seconds: states, timelines, errors', async () => {
    const { clock, a, b } = await two()
    a.health.ready()
    b.health.ready()
    b.health.troubled('events/0', { state: 'retrying', code: 'SlowDown', message: 'busy' })
    b.health.failed('SlowDown', 'busy')
    await clock.advance(7_000)
    expect(a.states()[0]).toMatch(/^acme retrying /)
    expect(
      a.board
        .instances()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['host-a/1', 'host-b/1'])
    expect(a.board.errors('acme')).toMatchObject([{ code: 'SlowDown', count: 1 }])
    expect(a.board.timeline('acme').map(({ what, instance }) => `${what} ${instance}`)).toContain('retrying host-b/1')
    expect(b.states()[0]).toMatch(/^acme retrying /)
  })

  it('ends at once with a process that says it stops', async () => {
    const { clock, a, b } = await two()
    a.health.ready()
    b.health.ready()
    await clock.advance(7_000)
    b.stop.abort()
    b.health.stopped()
    await b.told.tell()
    await clock.advance(1_000)
    expect(a.states()).toEqual(['acme running host-a/1'])
  })

  it('ends 45 s after the last word of a process that dies', async () => {
    const { clock, a, b } = await two()
    await clock.advance(7_000)
    expect(a.states()).toEqual(['acme starting host-b/1+host-a/1'])
    b.stop.abort()
    await clock.advance(30_000)
    expect(a.board.instances().length).toBe(2)
    await clock.advance(15_000)
    expect(a.states()).toEqual(['acme starting host-a/1'])
  })

  it('is nothing to other groups with connectors of the same name', async () => {
    const { clock, a, b } = await two({ groupPrefix: 'staging-' })
    await clock.advance(20_000)
    expect([a.states(), b.states()]).toEqual([['acme starting host-a/1'], ['acme starting host-b/1']])
  })

  it('is nothing where it is none of ours', async () => {
    const { topic, clock, a } = await two()
    await clock.advance(1_000)
    const record = topic.records[0]!
    for (const value of ['no JSON', 'null', '{}', '{"v":2}']) topic.append([{ ...record, value: Buffer.from(value) }])
    for (const kind of ['snapshot', 'journal', 'slice', 'other'])
      topic.append([{ ...record, value: Buffer.from(JSON.stringify({ v: 1, kind, connector: 'acme' })) }])
    topic.append([{ ...record, value: null }])
    await clock.advance(7_000)
    expect(a.board.instances().map(({ name }) => name)).toEqual(['host-a/1', 'host-b/1'])
  })
})

describe('what a process writes', () => {
  it('is a snapshot and a journal under its own keys, when they have changed; and that it lives every 15 s', async () => {
    const [topic, clock] = [new StubTopic(), new FakeClock()]
    const written = keysIn(topic)
    const process = processOf(topic, clock)
    const life = `millrace-acme/host-a/1/${clock.nowMs()}`
    await process.run()
    await clock.advance(1_000)
    expect(written()).toEqual([`snapshot/${life}`, `journal/${life}`])
    await clock.advance(10_000)
    expect(written()).toEqual([])
    await clock.advance(5_000)
    expect(written()).toEqual([`snapshot/${life}`])
    process.health.ready()
    await clock.advance(5_000)
    expect(written()).toEqual([`snapshot/${life}`, `journal/${life}`])
  })

  it('waits until what stands there is heard', async () => {
    const [topic, clock] = [new StubTopic(), new FakeClock()]
    topic.unreadable = unreachable
    const process = processOf(topic, clock)
    await process.run()
    await clock.advance(20_000)
    expect(topic.records).toEqual([])
    topic.unreadable = null
    await clock.advance(2_000)
    expect(topic.records.length).toBe(2)
  })

  it('comes later, with one warning, where the topic refuses it: journals and slices are not lost', async () => {
    const [topic, clock] = [new StubTopic(), new FakeClock()]
    const written = keysIn(topic)
    const process = processOf(topic, clock)
    topic.unwritable = refusal
    await process.run()
    process.told.ended([{ connector: 'acme', sample: sampleAt(300_000) }])
    await clock.advance(30_000)
    process.told.ended([{ connector: 'acme', sample: sampleAt(600_000) }])
    await clock.advance(30_000)
    expect([written(), process.warnings.length]).toEqual([[], 1])
    topic.unwritable = null
    await clock.advance(15_000)
    const kinds = written().map((key) => key.replace(/host.*/, ''))
    expect(kinds.filter((kind) => !kind.startsWith('snapshot'))).toEqual([
      'journal/millrace-acme/',
      'slice/millrace-acme/1',
      'slice/millrace-acme/2',
    ])
  })
})

describe('what stands there when a process starts', () => {
  it('is the history of the day, and how processes that ended were; a dead one is not taken for a live one', async () => {
    const { topic, clock, a } = await two()
    a.health.ready()
    a.told.ended([{ connector: 'acme', sample: sampleAt(clock.nowMs(), 7) }])
    await clock.advance(5_000)
    const written = topic.records.slice()
    await clock.advance(120_000)
    topic.records = written
    const later = processOf(topic, clock, { connectors: ['acme', 'beta'], instance: 'host-c/1' })
    await later.run()
    later.health.stopped()
    expect(later.states()[0]).toBe('acme stopped ')
    expect(later.board.history('acme').coarse).toMatchObject([{ consumed: 7 }])
    expect(later.board.timeline('acme').map(({ what }) => what)).toContain('running')
  })

  it('is kept as a ring of a day: a slice replaces that of the same time the day before', async () => {
    const [topic, clock] = [new StubTopic(), new FakeClock()]
    const process = processOf(topic, clock)
    const day = 24 * 3_600_000
    process.told.ended([300_000, 300_000 + day, 600_000].map((atMs) => ({ connector: 'acme', sample: sampleAt(atMs) })))
    await process.told.tell()
    const slices = topic.records.map(({ key }) => String(key)).filter((key) => key.startsWith('slice'))
    expect(slices).toEqual(['slice/millrace-acme/1', 'slice/millrace-acme/1', 'slice/millrace-acme/2'])
  })

  it('can be read once, by who only looks; who cannot read it hears why', async () => {
    const { topic, clock, a } = await two()
    a.health.ready()
    await clock.advance(7_000)
    const looking = processOf(topic, clock, { instance: '' })
    await looking.told.read()
    expect(looking.board.instances().length).toBe(3)
    topic.unreadable = unreachable
    await expect(looking.told.read()).rejects.toBe(unreachable)
  })
})
