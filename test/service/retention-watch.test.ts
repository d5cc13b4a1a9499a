import { describe, expect, it } from 'vitest'
import type { CheckResult } from '../../src/runtime/checklist.js'
import { RetentionWatch } from '../../src/service/retention-watch.js'
import { FakeClock } from '../support/fake-clock.js'
import { logged } from '../health/notifications/sample.js'

const HOUR_MS = 3_600_000
const its = { name: 'retention', resource: 'events', durationMs: 1, message: 'kept for a while' }
const fine: CheckResult = { ...its, status: 'ok' }
const near: CheckResult = { ...its, status: 'warning', code: 'RETENTION_NEAR_PERIOD', hint: 'Raise it.' }
const short: CheckResult = { ...its, status: 'failed', code: 'RETENTION_TOO_SHORT', hint: 'Raise it.' }
const hidden: CheckResult = { ...its, status: 'skipped', code: 'NOT_GRANTED' }
const unasked: CheckResult = { ...its, status: 'skipped' }
const down: CheckResult = { ...its, name: 'kafka', status: 'failed', code: 'KAFKA_UNREACHABLE' }

function watching(found: CheckResult[], allowShortRetention = false) {
  const clock = new FakeClock()
  const log = logged()
  const told: string[] = []
  const world = { found, looks: 0 }
  const watch = new RetentionWatch({
    connector: { name: 'acme', credentialFailure: { periodMs: 48 * HOUR_MS, onExpiry: 'drop', allowShortRetention } },
    check: () => {
      world.looks++
      return Promise.resolve(world.found)
    },
    notices: { retentionAtRisk: (topic, { code, hint }) => void told.push(`${topic} ${code} ${hint}`) },
    logger: log.logger,
    clock,
  })
  const stop = new AbortController()
  return { clock, told, world, watch, stop, warnings: () => log.lines.length }
}

describe('watching the retention of topics', () => {
  it('tells what is near the period, in the log and to people, once', async () => {
    const { clock, told, world, watch, stop, warnings } = watching([near])
    expect(await watch.look(stop.signal)).toEqual([near])
    const looking = watch.keepLooking(stop.signal)
    await clock.advance(10 * 24 * HOUR_MS)
    expect(world.looks).toBe(11)
    expect([told, warnings()]).toEqual([['events RETENTION_NEAR_PERIOD Raise it.'], 1])
    stop.abort()
    await looking
    expect(clock.pendingTimers).toBe(0)
  })

  it('tells again what was mended and has come back, and what has become worse', async () => {
    const { clock, told, world, watch, stop } = watching([near])
    await watch.look(stop.signal)
    void watch.keepLooking(stop.signal)
    for (const found of [fine, near, short]) {
      world.found = [found]
      await clock.advance(24 * HOUR_MS)
    }
    expect(told.map((line) => line.split(' ')[1])).toEqual([
      'RETENTION_NEAR_PERIOD',
      'RETENTION_NEAR_PERIOD',
      'RETENTION_TOO_SHORT',
    ])
  })

  it('leaves it to others to say what is too short to start', async () => {
    const { told, watch, stop, warnings } = watching([short])
    expect(await watch.look(stop.signal)).toEqual([short])
    expect([told, warnings()]).toEqual([[], 0])
  })

  it('tells no person, only the log, what is allowed or may not be known', async () => {
    const allowed = watching([{ ...short, status: 'warning' }], true)
    await allowed.watch.look(allowed.stop.signal)
    expect([allowed.told, allowed.warnings()]).toEqual([[], 1])
    const unknown = watching([hidden])
    for (let n = 0; n < 3; n++) await unknown.watch.look(unknown.stop.signal)
    expect([unknown.told, unknown.warnings()]).toEqual([[], 1])
  })

  it('looks again soon when Kafka could not be asked, and says nothing', async () => {
    const { clock, told, world, watch, stop, warnings } = watching([down, unasked])
    await watch.look(stop.signal)
    void watch.keepLooking(stop.signal)
    expect([told, warnings()]).toEqual([[], 0])
    world.found = [near]
    await clock.advance(15 * 60_000)
    expect([told.length, world.looks]).toEqual([1, 2])
    await clock.advance(23 * HOUR_MS)
    expect(world.looks).toBe(2)
  })
})
