import { describe, expect, it } from 'vitest'
import { MemorySentLog } from '../../../src/health/notifications/sent-log.js'

describe('the sent log of a process', () => {
  it('gives each id to the first who asks', async () => {
    const log = new MemorySentLog()
    expect(await Promise.all([log.claim('a'), log.claim('a'), log.claim('b')])).toEqual([true, false, true])
  })

  it('forgets the oldest of ten thousand', async () => {
    const log = new MemorySentLog()
    for (let n = 0; n < 10_000; n++) await log.claim(String(n))
    expect(await log.claim('0')).toBe(false)
    expect(await log.claim('new')).toBe(true)
    expect(await log.claim('1')).toBe(false)
    expect(await log.claim('0')).toBe(true)
  })
})
