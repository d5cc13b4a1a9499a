import { describe, expect, it, vi } from 'vitest'
import { guardedLookup } from '../../../src/health/notifications/guarded-lookup.js'

vi.mock('node:dns', () => ({
  lookup: (hostname: string, _options: unknown, callback: (error: Error | null, addresses?: unknown) => void) => {
    const found = ADDRESSES[hostname]
    if (found) callback(null, found)
    else callback(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }))
  },
}))

const ADDRESSES: Record<string, { address: string; family: number }[]> = {
  'good.example': [
    { address: '192.0.2.1', family: 4 },
    { address: '2001:db8::1', family: 6 },
  ],
  'rebound.example': [
    { address: '192.0.2.1', family: 4 },
    { address: '169.254.169.254', family: 4 },
  ],
}

function looked(hostname: string, all: boolean): Promise<unknown[]> {
  return new Promise((resolve) => guardedLookup(hostname, { all }, (...answer) => resolve(answer)))
}

describe('looking up a receiver', () => {
  it('gives one address or all', async () => {
    expect(await looked('good.example', false)).toEqual([null, '192.0.2.1', 4])
    expect(await looked('good.example', true)).toEqual([null, ADDRESSES['good.example']])
  })

  it('refuses a name behind which a metadata service stands', async () => {
    for (const all of [true, false]) {
      expect((await looked('rebound.example', all))[0]).toMatchObject({ code: 'FORBIDDEN_ADDRESS' })
    }
  })

  it('passes on that there is no such name', async () => {
    expect((await looked('gone.example', false))[0]).toMatchObject({ code: 'ENOTFOUND' })
  })
})
