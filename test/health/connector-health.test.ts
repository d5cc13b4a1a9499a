import { describe, expect, it } from 'vitest'
import { ConnectorHealth } from '../../src/health/connector-health.js'
import type { Attempt, Delivered, Trouble } from '../../src/health/recorder.js'
import { createLogger } from '../../src/runtime/logger.js'
import { FakeClock } from '../support/fake-clock.js'

const NOW_MS = Date.UTC(2026, 10, 21, 12)

function observed() {
  const lines: Record<string, unknown>[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) }
  const told: string[] = []
  const watcher = {
    changed: (state: string, trouble: Trouble | undefined) => void told.push(`${state} ${trouble?.code ?? 'well'}`),
    worked: () => void told.push('worked'),
    deadLettered: () => void told.push('dead-lettered'),
    credentials: ({ step }: { step: string }) => void told.push(step),
  }
  const clock = new FakeClock(NOW_MS)
  const logger = createLogger({ level: 'info', format: 'json' }, stream)
  const health = new ConnectorHealth('acme', logger, watcher, { clock, instance: 'host-a/1' })
  const shown = () => lines.map(({ level, state, code, msg }) => ({ level, state, code, msg }))
  return { health, clock, told, lines: shown }
}

const slow = { state: 'retrying', code: 'SlowDown', message: 'the bucket throttles' } as const
const gone = { state: 'blocked', code: 'NoSuchBucket', message: 'the bucket does not exist' } as const

describe('the health of a connector', () => {
  it('is that of its worst trouble', () => {
    const { health } = observed()
    expect(health.state).toBe('starting')
    health.ready()
    expect(health.state).toBe('running')
    health.troubled('events/0', slow)
    expect(health.state).toBe('retrying')
    health.troubled('events/1', gone)
    expect(health.trouble).toEqual(gone)
    health.recovered('events/1')
    expect(health.trouble).toEqual(slow)
    health.recovered('events/0')
    expect(health.state).toBe('running')
    health.stopped()
    expect(health.state).toBe('stopped')
  })

  it('logs a line per change, none for the thousandth failure of the same kind', () => {
    const { health, lines } = observed()
    health.ready()
    for (let n = 0; n < 1000; n++) health.troubled(`events/${n % 24}`, slow)
    health.troubled('events/3', gone)
    for (let n = 0; n < 24; n++) health.recovered(`events/${n}`)
    expect(lines()).toEqual([
      { level: 30, state: 'running', code: undefined, msg: 'connector is running' },
      { level: 40, state: 'retrying', code: 'SlowDown', msg: 'the bucket throttles' },
      { level: 50, state: 'blocked', code: 'NoSuchBucket', msg: 'the bucket does not exist' },
      { level: 40, state: 'retrying', code: 'SlowDown', msg: 'the bucket throttles' },
      { level: 30, state: 'running', code: undefined, msg: 'connector is running' },
    ])
  })
})

const failed = (code: string, message = code) => ({ code, message })

const attempt = (change: Partial<Attempt> = {}): Attempt => ({
  ...{ outcome: 'ok', durationMs: 20, isTaken: true, isProbe: false, failures: [], ...change },
})

const delivered = (change: Partial<Delivered> = {}): Delivered => ({
  ...{ events: 0, eventTypes: new Map(), objects: [], closedBy: 'age', bytes: 0, filtered: 0, tombstones: 0 },
  ...{ deadLettered: new Map(), earliestMs: Infinity, ...change },
})

describe('since when it is in its state', () => {
  it('is the last change of the state, not of what is wrong in it', async () => {
    const { health, clock } = observed()
    expect(health.sinceMs).toBe(NOW_MS)
    await clock.advance(1_000)
    health.ready()
    await clock.advance(1_000)
    health.troubled('events/0', gone)
    expect(health.sinceMs).toBe(NOW_MS + 2_000)
    await clock.advance(1_000)
    health.troubled('events/0', { ...gone, code: 'AccessDenied' })
    health.troubled('events/1', slow)
    expect(health.sinceMs).toBe(NOW_MS + 2_000)
    health.recovered('events/0')
    expect(health.sinceMs).toBe(NOW_MS + 3_000)
    await clock.advance(1_000)
    health.stopped()
    expect(health.sinceMs).toBe(NOW_MS + 4_000)
  })

  it('stands in the timeline with what was wrong, beside what operators did and the steps of the rule', async () => {
    const { health, clock } = observed()
    health.ready()
    await clock.advance(1_000)
    health.troubled('events/0', slow)
    health.troubled('events/0', slow)
    health.operated('probe', 'asked for from 127.0.0.1 (page)')
    const step = { step: '24h', failingSinceMs: NOW_MS, code: 'AccessDenied', message: 'half', whatToDo: 'mend' }
    health.credentials(step)
    const instance = 'host-a/1'
    const later = { atMs: NOW_MS + 1_000, instance }
    expect(health.journal.entries).toEqual([
      { atMs: NOW_MS, kind: 'state', what: 'running', message: 'connector is running', instance },
      { ...later, kind: 'state', what: 'retrying', code: 'SlowDown', message: 'the bucket throttles' },
      { ...later, kind: 'operator', what: 'probe', message: 'asked for from 127.0.0.1 (page)' },
      { ...later, kind: 'credentials', what: '24h', code: 'AccessDenied', message: 'half' },
    ])
  })
})

describe('a paused connector', () => {
  it('is shown as that, whatever is wrong, and as what it was when it is resumed', () => {
    const { health, told } = observed()
    health.ready()
    health.troubled('events/0', gone)
    health.paused(true)
    expect([health.state, health.trouble]).toEqual(['paused', gone])
    health.paused(true)
    health.paused(false)
    expect(health.state).toBe('blocked')
    health.paused(true)
    health.recovered('events/0')
    expect(health.state).toBe('paused')
    health.paused(false)
    const paused = 'paused NoSuchBucket'
    const blocked = 'blocked NoSuchBucket'
    expect(told).toEqual(['running well', blocked, paused, blocked, paused, 'paused well', 'running well'])
  })
})

describe('errors', () => {
  it('are counted by code: of a call one for each, and what blocks', () => {
    const { health } = observed()
    const outcome = 'throttled'
    health.attempted(attempt({ outcome, isTaken: false, failures: [failed('SlowDown'), failed('SlowDown', 'again')] }))
    health.attempted(attempt({ outcome, failures: [failed('SlowDown'), failed('Other')] }))
    health.blocked('kafka', failed('TOPIC_MISSING'))
    const counts = health.journal.errors.map(({ code, count, message }) => [code, count, message])
    expect(counts).toEqual([
      ['SlowDown', 2, 'SlowDown'],
      ['Other', 1, 'Other'],
      ['TOPIC_MISSING', 1, 'TOPIC_MISSING'],
    ])
  })
})

describe('the tally', () => {
  it('has calls by what became of them, probes apart, and the last that took something', async () => {
    const { health, clock } = observed()
    health.attempted(attempt({ durationMs: 20 }))
    expect(health.lastSuccessMs).toBe(NOW_MS)
    await clock.advance(1_000)
    health.attempted(attempt({ outcome: 'credentials', isTaken: false, isProbe: true, durationMs: 2_000 }))
    expect(health.lastSuccessMs).toBe(NOW_MS)
    health.attempted(attempt({ outcome: 'throttled', isTaken: true }))
    expect(health.lastSuccessMs).toBe(NOW_MS + 1_000)
    const { attempts, probes, attemptSeconds } = health.tally
    expect([[...attempts], [...probes]]).toEqual([
      [
        ['ok', 1],
        ['credentials', 1],
        ['throttled', 1],
      ],
      [['credentials', 1]],
    ])
    expect([attemptSeconds.count, attemptSeconds.sum]).toEqual([3, 2.04])
  })

  it('has what became of events, by type and reason, and of objects', () => {
    const { health, told } = observed()
    const objects = [{ events: 2, bytes: 300 }, { events: 1, bytes: 100 }] // prettier-ignore
    const eventTypes = new Map([['Open', 2], ['Send', 1]]) // prettier-ignore
    const deadLettered = new Map([['NOT_JSON', 1]])
    const earliestMs = NOW_MS - 90_000
    health.delivered(delivered({ events: 3, eventTypes, objects, bytes: 400, filtered: 4, tombstones: 2, earliestMs }))
    health.delivered(delivered({ deadLettered }))
    health.delivered(delivered({ deadLettered, filtered: 1 }))
    health.dropped({ events: 5, filtered: 1, tombstones: 1 })
    health.gap('events', 0, 10, 12)
    const { tally } = health
    expect(Object.fromEntries(tally.delivered)).toEqual({ Open: 2, Send: 1 })
    expect(Object.fromEntries(tally.deadLettered)).toEqual({ NOT_JSON: 2 })
    expect(Object.fromEntries(tally.dropped)).toEqual({ credentials: 5, retention: 3 })
    expect(Object.fromEntries(tally.objects)).toEqual({ age: 2 })
    expect([tally.filtered, tally.tombstones, tally.bytes]).toEqual([9, 3, 400])
    expect([tally.objectEvents.sum, tally.objectBytes.sum]).toEqual([3, 400])
    // Only where there was an event.
    expect([tally.latencySeconds.count, tally.latencySeconds.sum]).toEqual([1, 90])
    expect(told).toEqual(['worked', 'dead-lettered', 'worked', 'worked'])
  })

  it('accounts for what was taken up: what is held, returned, or settled', () => {
    const { health } = observed()
    health.consumed(20)
    expect(health.tally.unaccounted(20)).toBe(0)
    health.returned(3)
    const deadLettered = new Map([['NOT_JSON', 1]])
    health.delivered(delivered({ eventTypes: new Map([['Open', 2]]), filtered: 3, tombstones: 1, deadLettered }))
    health.dropped({ events: 4, filtered: 1, tombstones: 1 })
    health.gap('events', 0, 7, 7)
    expect(health.tally.unaccounted(3)).toBe(0)
    expect(health.tally.unaccounted(2)).toBe(1)
  })

  it('has what happened to the group', () => {
    const { health } = observed()
    health.rebalanced()
    health.commitFailed()
    health.intentReplayed()
    const { rebalances, commitFailures, intentsReplayed } = health.tally
    expect([rebalances, commitFailures, intentsReplayed]).toEqual([1, 1, 1])
  })
})
