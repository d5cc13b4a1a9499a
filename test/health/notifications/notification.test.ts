import { describe, expect, it } from 'vitest'
import { asJson, notificationId, particularsOf, titleOf } from '../../../src/health/notifications/notification.js'
import { notification, T0 } from './sample.js'

describe('a notification', () => {
  it('has an id that the same occasion always gives, and no other', () => {
    const warning = { connector: 'acme', kind: 'warning', sinceMs: T0, step: '24h' } as const
    expect(notificationId(warning)).toBe('acme/warning/2026-11-01T00:00:00.000Z/24h')
    const others = [
      { ...warning, step: '36h' },
      { ...warning, sinceMs: T0 + 1 },
      { ...warning, connector: 'b' },
      { ...warning, kind: 'blocked' as const },
    ]
    expect(new Set([warning, ...others].map(notificationId)).size).toBe(5)
  })

  it('tells instants in ISO 8601', () => {
    expect(asJson(notification())).toEqual({
      id: 'acme/credentials-failing/2026-11-01T00:00:00.000Z',
      kind: 'credentials-failing',
      connector: 'acme',
      contact: 'data@acme.example',
      code: 'ExpiredToken',
      message: 'the token <has> expired & must be renewed',
      whatToDo: 'renew the token',
      at: '2026-11-01T00:00:30.000Z',
      failingSince: '2026-11-01T00:00:00.000Z',
      dropAt: '2026-11-03T00:00:00.000Z',
    })
  })

  it('says in its title how far a warning has come', () => {
    const HOUR_MS = 3_600_000
    const titleAt = (afterMs: number, changes: object = {}) =>
      titleOf(notification({ kind: 'warning', step: '45h', atMs: T0 + afterMs, ...changes }))
    expect(titleAt(45 * HOUR_MS + 59_000)).toBe('acme: credentials still fail (45h of 48h)')
    expect(titleAt(67.5 * HOUR_MS, { dropAtMs: T0 + 72 * HOUR_MS })).toBe('acme: credentials still fail (67h of 72h)')
    expect(titleAt(119_000, { dropAtMs: T0 + 180_000 })).toBe('acme: credentials still fail (1min of 3min)')
    const { dropAtMs, ...held } = notification({ kind: 'warning', atMs: T0 + 12_400 })
    expect([dropAtMs, titleOf(held)]).toEqual([T0 + 48 * HOUR_MS, 'acme: credentials still fail (12s)'])
    expect(asJson(notification({ step: '45h' }))).toMatchObject({ step: '45h' })
  })

  it('is told to people in a title and particulars, without what does not apply', () => {
    expect(titleOf(notification())).toBe('acme: credentials fail')
    expect(particularsOf(notification()).map(([name]) => name)).toEqual([
      'What happened',
      'Code',
      'Since',
      'Events are dropped after',
      'What to do',
    ])
    const { failingSinceMs, dropAtMs, code, ...least } = notification({ message: 'm', whatToDo: 'w' })
    expect([failingSinceMs, dropAtMs, code]).not.toContain(undefined)
    expect(particularsOf(least)).toEqual([
      ['What happened', 'm'],
      ['What to do', 'w'],
    ])
  })
})
