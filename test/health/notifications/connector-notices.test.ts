import { describe, expect, it } from 'vitest'
import { ConnectorHealth } from '../../../src/health/connector-health.js'
import { ConnectorNotices } from '../../../src/health/notifications/connector-notices.js'
import type { Notification } from '../../../src/health/notifications/notification.js'
import type { Delivered } from '../../../src/health/recorder.js'
import { FakeClock } from '../../support/fake-clock.js'
import { logged } from './sample.js'

const gone = { state: 'blocked', code: 'NoSuchBucket', message: 'the bucket does not exist' } as const
const slow = { state: 'retrying', code: 'SlowDown', message: 'the bucket throttles' } as const
const some: Delivered = {
  ...{ events: 1, eventTypes: new Map([['a', 1]]), objects: [{ events: 1, bytes: 9 }], closedBy: 'age', bytes: 9 },
  ...{ filtered: 0, tombstones: 0, deadLettered: new Map(), earliestMs: 0 },
}

function connector(contact = 'data@acme.example') {
  const clock = new FakeClock()
  const told: Notification[] = []
  const notifier = { notify: (notification: Notification) => void told.push(notification) }
  const notices = new ConnectorNotices({ connector: 'acme', contact, notifier, clock, instance: 'host/1' })
  const health = new ConnectorHealth('acme', logged().logger, notices)
  health.ready()
  return { health, notices, clock, told, kinds: () => told.map(({ kind }) => kind) }
}

describe('people are told', () => {
  it('that a connector has been blocked for a minute, and that it works again', async () => {
    const { health, clock, told } = connector()
    await clock.advance(5_000)
    health.troubled('events/0', gone)
    await clock.advance(59_999)
    expect(told).toEqual([])
    await clock.advance(1)
    await clock.advance(3_600_000)
    health.recovered('events/0')
    health.delivered(some)
    expect(told).toEqual([
      {
        id: 'acme/blocked/2026-11-01T00:00:05.000Z',
        kind: 'blocked',
        connector: 'acme',
        contact: 'data@acme.example',
        failingSinceMs: Date.UTC(2026, 10, 1, 0, 0, 5),
        code: 'NoSuchBucket',
        message: 'the bucket does not exist',
        whatToDo: 'mend what the message names; Millrace tries again by itself and drops nothing meanwhile',
        atMs: Date.UTC(2026, 10, 1, 0, 1, 5),
      },
      {
        id: 'acme/recovered/2026-11-01T00:00:05.000Z',
        kind: 'recovered',
        connector: 'acme',
        contact: 'data@acme.example',
        failingSinceMs: Date.UTC(2026, 10, 1, 0, 0, 5),
        message: 'the connector works again',
        whatToDo: 'nothing: what was held back is being delivered',
        atMs: Date.UTC(2026, 10, 1, 1, 1, 5),
      },
    ])
  })

  it('nothing of what flickers', async () => {
    const { health, clock, told } = connector()
    for (let n = 0; n < 100; n++) {
      health.troubled('events/0', gone)
      await clock.advance(50_000)
      health.troubled('events/0', slow)
      await clock.advance(1)
    }
    health.recovered('events/0')
    health.delivered(some)
    await clock.advance(3_600_000)
    expect([told, clock.pendingTimers]).toEqual([[], 0])
  })

  it('once of one trouble, even if it is interrupted, of several partitions, or changes its code', async () => {
    const { health, clock, kinds } = connector()
    for (const partition of [0, 1, 2]) health.troubled(`events/${partition}`, gone)
    await clock.advance(120_000)
    for (const partition of [0, 1, 2]) health.troubled(`events/${partition}`, slow)
    await clock.advance(120_000)
    for (const code of ['NoSuchBucket', 'PermanentRedirect']) health.troubled('events/1', { ...gone, code })
    await clock.advance(120_000)
    expect(kinds()).toEqual(['blocked'])
    health.recovered('events/0')
    health.delivered(some)
    expect(kinds()).toEqual(['blocked'])
    for (const partition of [1, 2]) health.recovered(`events/${partition}`)
    health.delivered(some)
    expect(kinds()).toEqual(['blocked', 'recovered'])
  })

  it('of a new trouble after a recovery', async () => {
    const { health, clock, told, kinds } = connector()
    for (let n = 0; n < 2; n++) {
      health.troubled('events/0', gone)
      await clock.advance(60_000)
      health.recovered('events/0')
      health.delivered(some)
    }
    expect(kinds()).toEqual(['blocked', 'recovered', 'blocked', 'recovered'])
    expect(new Set(told.map(({ id }) => id)).size).toBe(4)
  })

  it('of no recovery when the partition was merely given away, or the process stops', async () => {
    const { health, notices, clock, kinds } = connector()
    health.troubled('events/0', gone)
    await clock.advance(60_000)
    health.recovered('events/0')
    health.ready()
    notices.stop()
    health.delivered(some)
    await clock.advance(3_600_000)
    expect(kinds()).toEqual(['blocked'])
  })

  it('that Kafka blocks it, and no longer', async () => {
    const { health, clock, kinds } = connector()
    health.troubled('kafka', { state: 'blocked', code: 'SASL', message: 'the password is wrong' })
    await clock.advance(60_000)
    health.ready()
    expect(kinds()).toEqual(['blocked', 'recovered'])
  })

  it('of no trouble that was young when the process stopped', async () => {
    const { health, notices, clock, told } = connector()
    health.troubled('events/0', gone)
    notices.stop()
    await clock.advance(3_600_000)
    expect([told, clock.pendingTimers]).toEqual([[], 0])
  })

  it('of the first dead letter only', async () => {
    const { health, clock, told } = connector()
    health.delivered(some)
    await clock.advance(1_000)
    for (let n = 0; n < 3; n++) health.delivered({ ...some, deadLettered: new Map([['NOT_JSON', 2]]) })
    expect(told).toMatchObject([
      { id: 'acme/first-dead-letter/2026-11-01T00:00:01.000Z', kind: 'first-dead-letter', connector: 'acme' },
    ])
  })

  it('of each step of the 48-hour rule, and of each sum of what was given up', async () => {
    const { health, clock, told } = connector()
    const failing = { failingSinceMs: clock.nowMs(), dropAtMs: clock.nowMs() + 48 * 3_600_000, code: 'ExpiredToken' }
    const tell = (step: string) => health.credentials({ step, ...failing, message: 'm', whatToDo: 'w' })
    await clock.advance(45 * 3_600_000)
    tell('45h')
    await clock.advance(4 * 3_600_000)
    tell('swept')
    await clock.advance(1)
    tell('swept')
    expect(told.map(({ id, kind, step }) => [id, kind, step])).toEqual([
      ['acme/warning/2026-11-01T00:00:00.000Z/45h', 'warning', '45h'],
      ['acme/dropping/2026-11-01T00:00:00.000Z/swept/2026-11-03T01:00:00.000Z/host/1', 'dropping', 'swept'],
      ['acme/dropping/2026-11-01T00:00:00.000Z/swept/2026-11-03T01:00:00.001Z/host/1', 'dropping', 'swept'],
    ])
  })

  it('of events that Kafka may remove: the same id all day, for each topic its own', async () => {
    const { notices, clock, told } = connector()
    const finding = { code: 'RETENTION_NEAR_PERIOD', message: 'kept for 50 h', hint: 'Set retention.ms.' }
    await clock.advance(3_600_000)
    notices.retentionAtRisk('orders', finding)
    await clock.advance(22 * 3_600_000)
    notices.retentionAtRisk('orders', finding)
    notices.retentionAtRisk('users', finding)
    await clock.advance(3_600_000)
    notices.retentionAtRisk('orders', finding)
    expect(told.map(({ id }) => id)).toEqual([
      'acme/retention-risk/2026-11-01T00:00:00.000Z/orders',
      'acme/retention-risk/2026-11-01T00:00:00.000Z/orders',
      'acme/retention-risk/2026-11-01T00:00:00.000Z/users',
      'acme/retention-risk/2026-11-02T00:00:00.000Z/orders',
    ])
    expect(told[0]).toEqual({
      id: 'acme/retention-risk/2026-11-01T00:00:00.000Z/orders',
      kind: 'retention-risk',
      connector: 'acme',
      contact: 'data@acme.example',
      code: 'RETENTION_NEAR_PERIOD',
      message: 'topic orders: kept for 50 h',
      whatToDo: 'Set retention.ms.',
      atMs: Date.UTC(2026, 10, 1, 1),
    })
  })
})
