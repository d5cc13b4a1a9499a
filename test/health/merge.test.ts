import { describe, expect, it } from 'vitest'
import type { ConnectorLag, PartitionLag } from '../../src/health/lag.js'
import { Lasting } from '../../src/health/lasting.js'
import { partitionsOf, reportOf, type Known } from '../../src/health/merge.js'
import type { Trouble } from '../../src/health/recorder.js'
import type { Snapshot } from '../../src/health/snapshot.js'
import { connectorWith, NO_TOTALS, snapshotWith } from '../support/sample-connector.js'

const HOUR_MS = 3_600_000
const NOW_MS = Date.UTC(2026, 10, 21, 12)
const STARTED_MS = NOW_MS - 3 * HOUR_MS

const said = (instance: string, change: Partial<Snapshot> = {}) =>
  snapshotWith({ instance, startedAtMs: STARTED_MS, atMs: NOW_MS, ...change })

const partition = (number: number, change: Partial<PartitionLag> = {}): PartitionLag => ({
  ...{ topic: 'events', partition: number, position: 10, committed: 10, end: 10, oldestAtMs: null, ...change },
})

const lagOf = (partitions: PartitionLag[], retentionMs: number | null = null): ConnectorLag => ({
  partitions,
  retentionMs,
})

function report({ live = [], last = null, lag = null, ...known }: Partial<Omit<Known, 'partitions'>>) {
  const nobody = { settings: connectorWith(), aloneSinceMs: STARTED_MS, inPerSecond: 0, outPerSecond: 0 }
  const lasting = new Lasting()
  for (const snapshot of [...live, ...(last ? [last] : [])]) lasting.hear(snapshot)
  return reportOf({ ...nobody, live, last, lasting, lag, partitions: partitionsOf(lag, live), ...known }, NOW_MS)
}

const START_ONE = 'Start a process that runs the connector, or write enabled: false.'

const slow: Trouble = { state: 'retrying', code: 'SlowDown', message: 'the bucket throttles' }
const gone: Trouble = { state: 'blocked', code: 'NoSuchBucket', message: 'the bucket does not exist' }
const failing: Trouble = {
  ...{ state: 'credentials-failing', code: 'AccessDenied', message: 'denied. Everything is kept.', said: 'denied' },
  ...{ failingSinceMs: NOW_MS - HOUR_MS, dropAtMs: NOW_MS + 47 * HOUR_MS },
}
const troubled = (instance: string, trouble: Trouble, sinceMs = NOW_MS - HOUR_MS) =>
  said(instance, { state: trouble.state, trouble, sinceMs })

describe('the state of a connector over several processes', () => {
  it('is the worst, with its since-when and its problem', () => {
    const dropping = troubled('e', { ...failing, state: 'dropping' }, 5)
    const live = [said('a', { sinceMs: 1 }), troubled('b', slow, 2), troubled('c', gone, 3), troubled('d', failing, 4)]
    const worst = (snapshots: Snapshot[]) => {
      const { state, sinceMs, problem } = report({ live: snapshots })
      return [state, sinceMs, problem?.code]
    }
    expect(worst(live.slice(0, 1))).toEqual(['running', 1, undefined])
    expect(worst(live.slice(0, 2))).toEqual(['retrying', 2, 'SlowDown'])
    expect(worst(live.slice(0, 3))).toEqual(['blocked', 3, 'NoSuchBucket'])
    expect(worst(live)).toEqual(['credentials-failing', 4, 'AccessDenied'])
    expect(worst([...live, dropping])).toEqual(['dropping', 5, 'AccessDenied'])
    expect(report({ live }).instances).toEqual(['a', 'b', 'c', 'd'])
  })

  it('is paused before it starts or runs, and of equal ones the one that has lasted the longest', () => {
    const live = [said('a'), said('b', { state: 'starting' }), said('c', { state: 'paused', sinceMs: 9 })]
    expect(report({ live }).state).toBe('paused')
    const both = [troubled('a', slow, 20), troubled('b', { ...slow, code: 'Older' }, 10)]
    expect(report({ live: both })).toMatchObject({ sinceMs: 10, problem: { code: 'Older' } })
  })

  it('is stopped when nobody runs it, since the last one was heard of', () => {
    const last = troubled('a', gone)
    last.atMs = NOW_MS - 60_000
    const stopped = report({ last })
    expect(stopped).toMatchObject({ state: 'stopped', sinceMs: NOW_MS - 60_000, needsAttention: true, instances: [] })
    expect([stopped.problem?.code, stopped.problem?.whatToDo]).toEqual(['NOT_RUNNING', START_ONE])
    expect(report({})).toMatchObject({ state: 'stopped', sinceMs: STARTED_MS, problem: { code: 'NOT_RUNNING' } })
  })

  it('needs nobody when it is saved, not launched', () => {
    const settings = connectorWith({ enabled: false })
    expect(report({ settings })).toMatchObject({ state: 'stopped', problem: null, needsAttention: false })
  })

  it('needs attention when it is stale, and says so', () => {
    const live = [said('a', { lastSuccessAtMs: NOW_MS - 2 * HOUR_MS })]
    const lag = lagOf([partition(0, { end: 12, oldestAtMs: NOW_MS - HOUR_MS })])
    expect(report({ live, lag })).toMatchObject({
      ...{ state: 'running', needsAttention: true, lastSuccessAtMs: NOW_MS - 2 * HOUR_MS, problem: { code: 'STALE' } },
    })
  })
})

describe('what is wrong', () => {
  it('is said without what to do, which stands beside it', () => {
    const advice = 'Create the bucket, or correct its name.'
    const { problem } = report({ live: [troubled('a', { ...gone, message: 'NoSuchBucket: none.' })] })
    expect(problem?.whatToDo).not.toBe('')
    const message = `NoSuchBucket: none. ${problem?.whatToDo}`
    expect(report({ live: [troubled('a', { ...gone, message })] }).problem).toEqual({
      ...{ code: 'NoSuchBucket', message: 'NoSuchBucket: none.', whatToDo: problem?.whatToDo ?? advice },
    })
  })

  it('is by the state where no table knows the code', () => {
    const { problem } = report({ live: [troubled('a', { ...gone, code: 'NeverHeardOf' })] })
    expect(problem?.whatToDo).toContain('drops nothing meanwhile')
  })
})

describe('failing credentials', () => {
  const lag = lagOf([partition(0, { end: 30 }), partition(1, { end: 15 })])
  const totals = { ...NO_TOTALS, delivered: 50, bytes: 5_000 }

  it('have T0, the instant of the drop, and what is at stake: bytes by the mean size so far', () => {
    const live = [said('a', { totals }), troubled('b', failing)]
    const { failing: shown, problem } = report({ live, lag })
    const { failingSinceMs: sinceMs, dropAtMs } = failing
    expect(shown).toEqual({ sinceMs, dropAtMs, kept: null, eventsAtStake: 25, bytesAtStake: 2_500 })
    expect(problem?.message).toBe('denied')
  })

  it('do not know the bytes before anything was delivered, and nothing before Kafka has said', () => {
    expect(report({ live: [troubled('b', failing)], lag }).failing).toMatchObject({
      ...{ eventsAtStake: 25, bytesAtStake: null },
    })
    expect(report({ live: [{ ...troubled('b', failing), totals }] }).failing).toMatchObject({
      ...{ eventsAtStake: null, bytesAtStake: null },
    })
  })

  it('have no instant of the drop where nothing is dropped, and say what keeps events after it', () => {
    const held: Trouble = { ...failing, kept: 'onExpiry is hold' }
    delete held.dropAtMs
    expect(report({ live: [troubled('b', held)] }).failing).toMatchObject({ dropAtMs: null, kept: 'onExpiry is hold' })
    expect(report({ live: [troubled('b', gone)] }).failing).toBeNull()
  })

  it('have been failing since T0, whichever process has come since', () => {
    const { failingSinceMs } = failing
    expect(report({ live: [troubled('a', failing, NOW_MS - 1_000)] }).sinceMs).toBe(failingSinceMs)
    const isDropping: Trouble = { ...failing, state: 'dropping' }
    expect(report({ live: [troubled('a', isDropping, NOW_MS - 1_000)] }).sinceMs).toBe(NOW_MS - 1_000)
  })

  it('are shown of a process that has ended', () => {
    expect(report({ last: troubled('a', failing) }).failing).toMatchObject({ sinceMs: failing.failingSinceMs })
  })
})

describe('how far it is behind', () => {
  it('is the sum of its partitions and the oldest of what waits in them, whoever has them', () => {
    const old = NOW_MS - 5 * HOUR_MS
    const leased = [{ topic: 'events', partition: 0, committed: 14, next: 18, earliestMs: old + 7 }]
    const live = [said('a', { leased })]
    const partitions = [
      partition(0, { end: 20, oldestAtMs: old }),
      partition(1, { position: 3, committed: null, end: 5, oldestAtMs: old + 9 }),
      partition(2, { oldestAtMs: old }),
    ]
    const { lagEvents, oldestUndeliveredAtMs, partitions: shown } = report({ live, lag: lagOf(partitions) })
    expect([lagEvents, oldestUndeliveredAtMs]).toEqual([6 + 2, old + 7])
    const topic = 'events'
    expect(shown).toEqual([
      // What its owner has committed since Kafka was asked counts.
      ...[{ topic, partition: 0, owner: 'a', committed: 14, end: 20, lagEvents: 6, oldestUndeliveredAtMs: old + 7 }],
      ...[{ topic, partition: 1, owner: null, committed: null, end: 5, lagEvents: 2, oldestUndeliveredAtMs: old + 9 }],
      ...[{ topic, partition: 2, owner: null, committed: 10, end: 10, lagEvents: 0, oldestUndeliveredAtMs: null }],
    ])
  })

  it('begins at the first record there is, where Kafka has removed what was not delivered', () => {
    const lag = lagOf([partition(0, { position: 40, committed: 10, end: 50, oldestAtMs: NOW_MS - 1 })])
    expect(report({ lag })).toMatchObject({ lagEvents: 10, oldestUndeliveredAtMs: NOW_MS - 1 })
  })

  it('is never less than nothing, when Kafka was asked before the last commit', () => {
    const leased = [{ topic: 'events', partition: 0, committed: 14, next: 18, earliestMs: null }]
    expect(report({ live: [said('a', { leased })], lag: lagOf([partition(0)]) }).lagEvents).toBe(0)
  })

  it('is not known before Kafka has said, but what processes hold is', () => {
    const leased = [{ topic: 'events', partition: 3, committed: 14, next: 18, earliestMs: 1_000 }]
    const shown = report({ live: [said('a', { leased })] })
    expect(shown).toMatchObject({ lagEvents: null, oldestUndeliveredAtMs: 1_000, retentionHeadroomMs: null })
    expect(shown.partitions).toMatchObject([{ partition: 3, owner: 'a', committed: 14, end: null, lagEvents: null }])
    expect(report({ lag: lagOf([]) }).lagEvents).toBeNull()
  })

  it('leaves so much time until Kafka removes the oldest', () => {
    const oldestAtMs = NOW_MS - 5 * HOUR_MS
    const behind = [partition(0, { end: 20, oldestAtMs })]
    expect(report({ lag: lagOf(behind, 24 * HOUR_MS) }).retentionHeadroomMs).toBe(19 * HOUR_MS)
    expect(report({ lag: lagOf(behind, 4 * HOUR_MS) }).retentionHeadroomMs).toBe(-HOUR_MS)
    expect(report({ lag: lagOf(behind) }).retentionHeadroomMs).toBeNull()
    expect(report({ lag: lagOf([partition(0)], 24 * HOUR_MS) }).retentionHeadroomMs).toBeNull()
  })
})

it('adds up what its processes have done', () => {
  const some = {
    ...{ consumed: 1, returned: 2, delivered: 3, filtered: 4, dropped: { credentials: 5, retention: 6 } },
    ...{ deadLettered: 7, objects: 8, bytes: 9, buffered: { events: 10, bytes: 11 } },
  }
  const twice = {
    ...{ consumed: 2, returned: 4, delivered: 6, filtered: 8, dropped: { credentials: 10, retention: 12 } },
    ...{ deadLettered: 14, objects: 16, bytes: 18, buffered: { events: 20, bytes: 22 } },
  }
  const live = [said('a', { totals: some, lastSuccessAtMs: 5 }), said('b', { totals: some, lastSuccessAtMs: 7 })]
  expect(report({ live })).toMatchObject({ totals: twice, lastSuccessAtMs: 7 })
  expect(report({ last: said('a', { totals: some, lastSuccessAtMs: 5 }) })).toMatchObject({
    ...{ totals: some, lastSuccessAtMs: 5 },
  })
  expect(report({})).toMatchObject({ totals: NO_TOTALS, lastSuccessAtMs: null })
})

it.each([
  [{ type: 'folder', path: '/var/out', folder: 'acme' }, '/var/out/acme'],
  [{ type: 'folder', path: '/var/out', folder: '' }, '/var/out'],
  [{ type: 'kinesis', stream: 'acme', region: 'eu-west-1' }, 'stream acme in eu-west-1'],
  [{ type: 'event-hubs', eventHub: 'acme' }, 'event hub acme'],
] as const)('names where it delivers: %j', (destination, place) => {
  const settings = connectorWith({ destination: destination as never })
  expect(report({ settings }).destination).toEqual({ type: destination.type, place })
})
