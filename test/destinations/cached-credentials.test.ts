import { beforeEach, describe, expect, test } from 'vitest'
import { CachedCredentials, type AwsIdentity } from '../../src/destinations/cached-credentials.js'
import { FakeClock } from '../support/fake-clock.js'

const HOUR_MS = 3_600_000

describe('CachedCredentials', () => {
  let clock: FakeClock
  let looks: number
  let fails: boolean
  let livesMs: number | undefined

  beforeEach(() => {
    clock = new FakeClock()
    looks = 0
    fails = false
    livesMs = HOUR_MS
  })

  const look = (): Promise<AwsIdentity> => {
    if (fails) return Promise.reject(new Error('outage'))
    const expiration = livesMs === undefined ? {} : { expiration: new Date(clock.nowMs() + livesMs) }
    return Promise.resolve({ accessKeyId: `id-${++looks}`, secretAccessKey: 's', ...expiration })
  }
  const idOf = async (cached: CachedCredentials) => (await cached.resolve()).accessKeyId

  test('a session is used until five minutes before its end, then renewed', async () => {
    const cached = new CachedCredentials(clock, look)
    expect(await idOf(cached)).toBe('id-1')
    await clock.advance(HOUR_MS - 300_001)
    expect(await idOf(cached)).toBe('id-1')
    await clock.advance(1)
    expect(await idOf(cached)).toBe('id-2')
  })

  test('when it cannot be renewed it is used to its end, and asked for again every ten seconds', async () => {
    const cached = new CachedCredentials(clock, look)
    await cached.resolve()
    await clock.advance(HOUR_MS - 300_000)
    fails = true
    expect(await idOf(cached)).toBe('id-1')
    fails = false
    expect(await idOf(cached)).toBe('id-1')
    await clock.advance(10_000)
    expect(await idOf(cached)).toBe('id-2')
  })

  test('an ended session is never handed out', async () => {
    const cached = new CachedCredentials(clock, look)
    await cached.resolve()
    fails = true
    await clock.advance(HOUR_MS - 1)
    expect(await idOf(cached)).toBe('id-1')
    await clock.advance(1)
    await expect(cached.resolve()).rejects.toThrow('outage')
  })

  test('an identity without an end is looked up again after ten seconds', async () => {
    livesMs = undefined
    const cached = new CachedCredentials(clock, look)
    await cached.resolve()
    await clock.advance(9_999)
    expect(await idOf(cached)).toBe('id-1')
    await clock.advance(1)
    expect(await idOf(cached)).toBe('id-2')
  })

  test('what was refused is looked up again at once', async () => {
    const cached = new CachedCredentials(clock, look)
    await cached.resolve()
    cached.forget()
    expect(await idOf(cached)).toBe('id-2')
    cached.forget()
    fails = true
    await expect(cached.resolve()).rejects.toThrow('outage')
  })

  test('callers at the same moment share one look', async () => {
    const cached = new CachedCredentials(clock, look)
    expect(await Promise.all([idOf(cached), idOf(cached)])).toEqual(['id-1', 'id-1'])
  })
})
