import { describe, expect, it } from 'vitest'
import { CredentialClock } from '../../../src/delivery/credentials/credential-clock.js'
import { ruleTimes } from '../../../src/delivery/credentials/rule-times.js'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const T0 = 1_000_000
const DROP_AT = T0 + 48 * HOUR_MS

const clock = () => new CredentialClock(ruleTimes(48 * HOUR_MS))

/** A failure that has been watched, without a gap, since the last hour of the period. */
function watched(lastMs = DROP_AT): CredentialClock {
  const c = clock()
  c.refused(T0, true)
  for (let atMs = DROP_AT - HOUR_MS; atMs <= lastMs; atMs += 5 * MINUTE_MS) c.refused(atMs, true)
  return c
}

describe('the clock of the 48-hour rule', () => {
  it('starts at the first refusal, and counts from the second, 30 s later', () => {
    const c = clock()
    c.refused(T0, true)
    expect(c).toMatchObject({ failingSinceMs: T0, isConfirmed: false })
    c.refused(T0 + 29_999, true)
    expect(c.isConfirmed).toBe(false)
    c.refused(T0 + 30_000, true)
    expect(c).toMatchObject({ failingSinceMs: T0, isConfirmed: true, dropAtMs: DROP_AT })
  })

  it('is not confirmed by a refusal of a secret that was not read anew', () => {
    const c = clock()
    c.refused(T0, true)
    c.refused(T0 + HOUR_MS, false)
    expect(c.isConfirmed).toBe(false)
  })

  it('is stopped by a success only', () => {
    const c = watched()
    c.interrupted()
    expect(c.failingSinceMs).toBe(T0)
    c.succeeded(DROP_AT)
    expect(c.failingSinceMs).toBeNull()
    c.refused(DROP_AT + 1, true)
    expect(c).toMatchObject({ failingSinceMs: DROP_AT + 1, isConfirmed: false })
  })

  it.each([
    ['before the period is over', watched(), DROP_AT - 1, ['period']],
    ['at the very end of the period', watched(), DROP_AT, ['period']],
    ['strictly later', watched(), DROP_AT + 1, []],
    ['with evidence of 5 min ago', watched(), DROP_AT + 5 * MINUTE_MS, []],
    ['with older evidence', watched(), DROP_AT + 5 * MINUTE_MS + 1, ['evidence']],
    ['without any failure', clock(), DROP_AT + 1, ['not-failing', 'period', 'evidence', 'observation']],
  ])('%s: %#', (_when, c, nowMs, obstacles) => {
    expect(c.obstacles(nowMs)).toEqual(obstacles)
  })

  it('keeps everything after an interruption until it has been watched for 15 min again', () => {
    const c = watched()
    c.interrupted()
    expect(c.obstacles(DROP_AT + 1)).toEqual(['evidence', 'observation'])
    c.refused(DROP_AT + MINUTE_MS, true)
    c.refused(DROP_AT + 16 * MINUTE_MS - 1, true)
    expect(c.obstacles(DROP_AT + 16 * MINUTE_MS)).toEqual(['observation'])
    expect(c.observedAtMs).toBe(DROP_AT + 16 * MINUTE_MS)
    c.refused(DROP_AT + 16 * MINUTE_MS, true)
    expect(c.obstacles(DROP_AT + 16 * MINUTE_MS)).toEqual([])
  })
})

describe('what other partitions and processes have recorded', () => {
  it('is a confirmed failure, since the earliest', () => {
    const c = clock()
    c.learn([{ failingSinceMs: T0 + 5 }, { failingSinceMs: T0 }, {}])
    expect(c).toMatchObject({ failingSinceMs: T0, isConfirmed: true })
  })

  it('is no failure when anything was delivered since', () => {
    const c = clock()
    c.learn([{ failingSinceMs: T0 }, { deliveredAtMs: T0 + 1 }])
    expect(c.failingSinceMs).toBeNull()
  })

  it('is the earliest failure after the last success', () => {
    const c = clock()
    c.learn([{ failingSinceMs: T0 - 10, deliveredAtMs: T0 - 5 }, { failingSinceMs: T0 + 3 }, { failingSinceMs: T0 }])
    expect(c.failingSinceMs).toBe(T0)
  })

  it('ends a failure of our own when another one has delivered since', () => {
    const c = watched()
    c.learn([{ deliveredAtMs: T0 + 1 }])
    expect(c.failingSinceMs).toBeNull()
    expect(c.obstacles(DROP_AT + 1)).toContain('not-failing')
  })

  it('moves T0 of our own back to theirs, never forward', () => {
    const c = watched()
    c.learn([{ failingSinceMs: T0 + HOUR_MS }])
    expect(c.failingSinceMs).toBe(T0)
    c.learn([{ failingSinceMs: T0 - HOUR_MS }])
    expect(c.failingSinceMs).toBe(T0 - HOUR_MS)
  })
})
