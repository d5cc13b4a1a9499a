import { describe, expect, it } from 'vitest'
import { whatToDo } from '../../src/health/advice.js'
import { Board } from '../../src/health/board.js'
import { ConnectorHealth } from '../../src/health/connector-health.js'
import type { ConnectorLag } from '../../src/health/lag.js'
import type { LocalState } from '../../src/health/local-snapshot.js'
import type { Trouble } from '../../src/health/recorder.js'
import type { Snapshot } from '../../src/health/snapshot.js'
import { FakeClock } from '../support/fake-clock.js'
import { connectorWith, NO_TOTALS, snapshotWith } from '../support/sample-connector.js'
import { silentLogger } from '../support/source-log.js'

/** At the beginning of a coarse slice. */
const NOW_MS = Date.UTC(2026, 10, 21, 12)
const HOUR_MS = 3_600_000
const OTHER = 'host-b/1'

const failing: Trouble = { state: 'credentials-failing', code: 'AccessDenied', message: 'denied', failingSinceMs: 1 }
const slow: Trouble = { state: 'retrying', code: 'SlowDown', message: 'busy' }
const noKafka: Trouble = { state: 'retrying', code: 'KAFKA_UNREACHABLE', message: 'no broker answers' }

/** The board of a process that runs some connectors of a configuration with `acme` and `beta`. */
function boardOf(...names: string[]) {
  const clock = new FakeClock(NOW_MS)
  const lags = new Map<string, ConnectorLag>()
  const healthOf = (name: string) => new ConnectorHealth(name, silentLogger, undefined, { clock, instance: 'host-a/1' })
  const local = new Map<string, LocalState>(
    names.map((name) => [name, { health: healthOf(name), leased: () => [], buffered: () => NO_TOTALS.buffered }]),
  )
  const board = new Board({
    connectors: ['acme', 'beta'].map((name) => connectorWith({ name })),
    ...{ local, clock, lagOf: (name: string) => lags.get(name) ?? null },
    process: { name: 'host-a/1', version: '0.1.0', startedAtMs: NOW_MS },
  })
  const health = (name: string) => local.get(name)!.health
  /** Another process says it now. */
  const hear = (change: Partial<Snapshot> = {}) => {
    board.hear(snapshotWith({ startedAtMs: NOW_MS - HOUR_MS, atMs: clock.nowMs(), ...change }), 0)
    board.beat()
  }
  const state = (name = 'acme') => board.connector(name)!.state
  /** Seconds pass, with a beat in each. */
  const pass = async (seconds: number) => {
    for (let n = 0; n < seconds; n++) {
      await clock.advance(1_000)
      board.beat()
    }
  }
  return { board, clock, lags, health, hear, state, pass }
}

describe('a process that has said nothing for 45 s', () => {
  it('is gone', async () => {
    const { board, hear, state, pass, clock } = boardOf()
    hear()
    await pass(44)
    expect([state(), board.instances().map(({ name }) => name)]).toEqual(['running', ['host-a/1', OTHER]])
    await pass(1)
    expect([state(), board.instances().map(({ name }) => name)]).toEqual(['stopped', ['host-a/1']])
    const sinceMs = NOW_MS
    expect(board.connector('acme')).toMatchObject({ sinceMs, needsAttention: true, problem: { code: 'NOT_RUNNING' } })
    expect(board.connector('acme')!.instances).toEqual([])
    hear({ atMs: clock.nowMs() })
    expect(state()).toBe('running')
  })

  it('is gone at once when it said so, and when it was said long ago', () => {
    const { board, hear, state } = boardOf()
    hear({ state: 'stopped' })
    expect(state()).toBe('stopped')
    board.hear(snapshotWith({ instance: 'host-c/1', startedAtMs: 0, atMs: NOW_MS - HOUR_MS }), HOUR_MS)
    board.beat()
    expect(board.connector('acme')).toMatchObject({ state: 'stopped', instances: [] })
  })

  it('is gone at once when it was killed, and started again under the same name', () => {
    const { board, hear } = boardOf()
    hear({ startedAtMs: NOW_MS - 2 * HOUR_MS, state: 'blocked' })
    hear({ startedAtMs: NOW_MS - HOUR_MS, state: 'running' })
    expect(board.connector('acme')).toMatchObject({ state: 'running', instances: [OTHER] })
  })

  it('does not hold the others, whose worst state is shown', async () => {
    const { hear, state, health, board, pass } = boardOf('acme')
    health('acme').ready()
    hear({ state: 'credentials-failing', trouble: failing })
    expect([state(), board.connector('acme')!.instances.length]).toEqual(['credentials-failing', 2])
    await pass(45)
    expect([state(), board.connector('acme')!.problem]).toEqual(['running', null])
  })
})

describe('what only a process knew that has ended', () => {
  it('stays known, and is handed on by those that live', async () => {
    const { board, hear, pass } = boardOf('acme')
    hear({ lastSuccessAtMs: NOW_MS - HOUR_MS })
    await pass(46)
    hear({ instance: 'host-c/1', lastSuccessAtMs: null })
    await pass(46)
    expect(board.connector('acme')).toMatchObject({
      instances: ['host-a/1'],
      lastSuccessAtMs: NOW_MS - HOUR_MS,
    })
    expect(board.snapshots()).toMatchObject([{ instance: 'host-a/1', lastSuccessAtMs: NOW_MS - HOUR_MS }])
  })
})

describe('what is heard', () => {
  it('is the newest that was said, and nothing of connectors that are not ours', () => {
    const { board, hear, state } = boardOf()
    hear({ state: 'paused' })
    hear({ atMs: NOW_MS - 1 })
    hear({ connector: 'gamma' })
    expect([state(), board.connectors().map(({ name }) => name)]).toEqual(['paused', ['acme', 'beta']])
    expect([board.connector('gamma'), board.errors('gamma'), board.timeline('gamma')]).toEqual([undefined, [], []])
  })

  it('is told to who listens, once a change, until they do not listen any more', async () => {
    const { board, clock, health, lags } = boardOf('acme', 'beta')
    const heard: string[][] = []
    const stop = board.onChange((names) => void heard.push([...names]))
    board.beat()
    board.beat()
    health('beta').ready()
    expect(heard).toEqual([['acme', 'beta']])
    board.beat()
    lags.set('acme', { partitions: [], retentionMs: null })
    await clock.advance(1_000)
    board.beat()
    stop()
    health('acme').ready()
    board.beat()
    expect(heard).toEqual([['acme', 'beta'], ['beta'], ['acme']])
  })

  it('is of another life where a process has the name of one before', () => {
    const { board } = boardOf()
    expect(board.isOwn({ instance: 'host-a/1', startedAtMs: NOW_MS })).toBe(true)
    expect(board.isOwn({ instance: 'host-a/1', startedAtMs: NOW_MS - 1 })).toBe(false)
    expect(board.isOwn({ instance: OTHER, startedAtMs: NOW_MS })).toBe(false)
  })
})

describe('timeline and errors', () => {
  it('are of all processes: newest first, a day long; errors by code', () => {
    const { board, health } = boardOf('acme')
    const entry = (atMs: number, instance: string) =>
      ({ atMs, kind: 'state', what: '', message: '', instance }) as const
    const before = [entry(NOW_MS - 25 * HOUR_MS, OTHER), entry(NOW_MS - 2 * HOUR_MS, OTHER)]
    const counted = { code: 'SlowDown', firstAtMs: NOW_MS - 9_000, lastAtMs: NOW_MS - 5_000, count: 4, message: 'old' }
    const life = { connector: 'acme', instance: OTHER, startedAtMs: NOW_MS - HOUR_MS, version: 3 }
    board.hearJournal({ ...life, entries: before, errors: [counted] })
    health('acme').ready()
    const advice = whatToDo('s3', 'SlowDown')
    health('acme').failed('SlowDown', `new. ${advice}`)
    health('acme').failed('Other', 'one')
    expect(board.timeline('acme').map(({ atMs, instance }) => [atMs, instance])).toEqual([
      [NOW_MS, 'host-a/1'],
      [NOW_MS - 2 * HOUR_MS, OTHER],
    ])
    const errors = board.errors('acme')
    expect(errors.map(({ code, message, count }) => [code, message, count]).sort()).toEqual([
      ['Other', 'one', 1],
      ['SlowDown', 'new.', 5],
    ])
    const { firstAtMs, lastAtMs, whatToDo: shown } = errors.find(({ code }) => code === 'SlowDown')!
    expect([firstAtMs, lastAtMs, shown]).toEqual([NOW_MS - 9_000, NOW_MS, advice])
    // The same journal once more is the same journal.
    board.hearJournal({ ...life, version: 4, entries: before, errors: [{ ...counted, count: 6 }] })
    expect(board.errors('acme').find(({ code }) => code === 'SlowDown')?.count).toBe(7)
  })
})

describe('rates', () => {
  it('are of the last minute, over all processes, and decay to nothing', async () => {
    const { board, hear, health, pass, clock } = boardOf('acme')
    const startedAtMs = NOW_MS
    const said = (consumed: number) => ({ startedAtMs, atMs: clock.nowMs(), totals: { ...NO_TOTALS, consumed } })
    hear(said(0))
    for (let second = 0; second < 60; second++) {
      health('acme').consumed(10)
      hear(said(2 * (second + 1)))
      await pass(1)
    }
    expect(board.connector('acme')!.inPerSecond).toBeCloseTo(12, 0)
    expect(board.connector('acme')!.outPerSecond).toBe(0)
    await pass(30)
    expect(board.connector('acme')!.inPerSecond).toBeLessThan(7)
    await pass(40)
    expect(board.connector('acme')!.inPerSecond).toBe(0)
  })
})

describe('history', () => {
  it('has slices of 30 s and of 5 min, of what all processes do', async () => {
    const { board, health, hear, pass, clock } = boardOf('acme')
    const ended = board.beat()
    expect(ended).toEqual([])
    health('acme').consumed(7)
    // Of one that was there before us only what it does from now on.
    hear({ totals: { ...NO_TOTALS, consumed: 500 } })
    hear({ totals: { ...NO_TOTALS, consumed: 503 }, atMs: clock.nowMs() })
    await pass(299)
    const { fine, coarse, fineMs, coarseMs } = board.history('acme')
    expect([fineMs, coarseMs, coarse]).toEqual([30_000, 300_000, []])
    expect(fine.map(({ atMs, consumed }) => [(atMs - NOW_MS) / 1_000, consumed])).toEqual(
      [10, 0, 0, 0, 0, 0, 0, 0, 0].map((consumed, n) => [30 * (n + 1), consumed]),
    )
    await clock.advance(1_000)
    const slices = board.beat().filter(({ connector }) => connector === 'acme')
    expect(slices).toMatchObject([{ sample: { atMs: NOW_MS + 300_000, consumed: 10 } }])
    expect(board.history('acme').coarse).toEqual(slices.map(({ sample }) => sample))
  })

  it('takes in the slices of others and of earlier lives; what is older than a day goes', async () => {
    const { board, clock } = boardOf()
    const [sample] = sampleOf()
    for (const hours of [30, 20, 1]) board.hearSample('acme', { ...sample, atMs: NOW_MS - hours * HOUR_MS })
    board.hearSample('gamma', sample)
    const hoursAgo = () => board.history('acme').coarse.map(({ atMs }) => (NOW_MS - atMs) / HOUR_MS)
    expect(hoursAgo()).toEqual([20, 1])
    await clock.advance(5 * HOUR_MS)
    expect(hoursAgo()).toEqual([1])
  })
})

/** A slice in which nothing happened. */
function sampleOf() {
  const attempts = { ok: 0, transient: 0, throttled: 0, clock: 0, credentials: 0, configuration: 0, rejected: 0 }
  const nothing = { consumed: 0, delivered: 0, dropped: 0, deadLettered: 0, attempts, latencyMs: null }
  return [{ atMs: NOW_MS, lagEvents: null, oldestUndeliveredAgeMs: null, ...nothing }] as const
}

describe('ready', () => {
  const isReady = ({ board }: ReturnType<typeof boardOf>) => board.ready().isOk

  it('is who has joined all groups, whatever one connector has later', () => {
    const shown = boardOf('acme', 'beta')
    expect(shown.board.ready()).toEqual({ isOk: false, reason: 'not joined its consumer group yet: acme, beta' })
    shown.health('acme').ready()
    expect(isReady(shown)).toBe(false)
    shown.health('beta').ready()
    expect(isReady(shown)).toBe(true)
    for (const trouble of [failing, slow, noKafka]) shown.health('beta').troubled('x', trouble)
    shown.health('acme').troubled('kafka', noKafka)
    expect(isReady(shown)).toBe(true)
  })

  it('is who has one connector that cannot start, and others that can', () => {
    const shown = boardOf('acme', 'beta')
    shown.health('acme').troubled('start', failing)
    expect(isReady(shown)).toBe(false)
    shown.health('beta').ready()
    expect(isReady(shown)).toBe(true)
  })

  it('is also who can start none, as long as it is not Kafka that nobody reaches', () => {
    const shown = boardOf('acme', 'beta')
    shown.health('acme').troubled('start', failing)
    shown.health('beta').troubled('kafka', noKafka)
    expect(isReady(shown)).toBe(true)
    shown.health('acme').recovered('start')
    shown.health('acme').troubled('kafka', noKafka)
    expect(shown.board.ready()).toEqual({
      isOk: false,
      reason: 'no connector could join its group: no broker answers',
    })
  })

  it('is nobody while Kafka answers none that have joined, whatever else they have', () => {
    const shown = boardOf('acme', 'beta')
    for (const name of ['acme', 'beta']) shown.health(name).ready()
    shown.health('acme').troubled('credentials', failing)
    for (const name of ['acme', 'beta']) shown.health(name).troubled('kafka', noKafka)
    expect(shown.board.ready()).toEqual({ isOk: false, reason: 'no connector reaches Kafka: no broker answers' })
    shown.health('acme').ready()
    expect(isReady(shown)).toBe(true)
  })

  it('is who has nothing to run, and who was paused before it joined', () => {
    expect(isReady(boardOf())).toBe(true)
    const shown = boardOf('acme')
    shown.health('acme').paused(true)
    expect(isReady(shown)).toBe(true)
  })
})

describe('alive', () => {
  it('is who turns, whatever Kafka and destinations do', async () => {
    const { board, clock, health } = boardOf('acme')
    health('acme').troubled('kafka', noKafka)
    expect(board.live().isOk).toBe(true)
    await clock.advance(29_999)
    expect(board.live().isOk).toBe(true)
    await clock.advance(1)
    expect(board.live()).toEqual({ isOk: false, reason: 'nothing has turned for 30 s' })
    board.beat()
    expect(board.live().isOk).toBe(true)
  })

  it('beats every second until it is told to stop, and hands on what has ended', async () => {
    const { board, clock } = boardOf('acme')
    const [stop, ended] = [new AbortController(), [] as string[]]
    const running = board.run(stop.signal, (slices) => void ended.push(...slices.map(({ connector }) => connector)))
    await clock.advance(301_000)
    stop.abort()
    await running
    expect([board.live().isOk, ended.sort(), clock.pendingTimers]).toEqual([true, ['acme', 'beta'], 0])
  })
})

it('says which partitions processes have: those of its own from memory, those of others as they said last', () => {
  const { board, hear } = boardOf()
  const lane = { topic: 'events', partition: 0, committed: 1, next: 2, earliestMs: null }
  hear({ leased: [lane] })
  // An earlier life of this one has nothing any more.
  hear({ instance: 'host-a/1', startedAtMs: NOW_MS - HOUR_MS, leased: [{ ...lane, partition: 1 }] })
  expect(board.leased('acme')).toEqual([lane])
  expect(board.leased('beta')).toEqual([])
})
