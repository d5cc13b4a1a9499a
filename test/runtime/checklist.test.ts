import { describe, expect, it } from 'vitest'
import { Checklist, ok, skipped } from '../../src/runtime/checklist.js'
import { FakeClock } from '../support/fake-clock.js'

const failed = { status: 'failed' as const, message: 'no' }

describe('a checklist', () => {
  it('keeps results in order, with the time each took', async () => {
    const clock = new FakeClock()
    const list = new Checklist(clock)
    await list.check({ name: 'a', resource: 'x' }, async () => {
      await clock.advance(7)
      return ok('yes')
    })
    await list.check({ name: 'b', resource: 'y' }, () => failed)
    expect(list.results).toEqual([
      { name: 'a', resource: 'x', status: 'ok', message: 'yes', durationMs: 7 },
      { name: 'b', resource: 'y', ...failed, durationMs: 0 },
    ])
  })

  it('skips what needs a failed one, and what needs that; not what needs one that had nothing to look at', async () => {
    const list = new Checklist(new FakeClock())
    const never = () => Promise.reject(new Error('looked'))
    const a = await list.check({ name: 'a', resource: '' }, () => failed)
    const b = await list.check({ name: 'b', resource: '', needs: [a] }, never)
    const c = await list.check({ name: 'c', resource: '', needs: [b] }, never)
    const d = await list.check({ name: 'd', resource: '' }, () => skipped('is off'))
    const e = await list.check({ name: 'e', resource: '', needs: [d] }, () => ok('yes'))
    expect([b, c, e].map(({ status, message }) => `${status}: ${message}`)).toEqual([
      'skipped: not looked at: needs a',
      'skipped: not looked at: needs b',
      'ok: yes',
    ])
  })
})
