import { describe, expect, it } from 'vitest'
import type { Channel, SendResult } from '../../../src/health/notifications/channel.js'
import { ChannelQueue } from '../../../src/health/notifications/channel-queue.js'
import { FakeClock } from '../../support/fake-clock.js'
import { logged, notification } from './sample.js'

const DAY_MS = 24 * 3_600_000
const failed: SendResult = { reason: 'HTTP 503', isFinal: false }

/** A queue before a channel that answers what `answers` holds, then `otherwise`; `attempts` are ids with seconds. */
function queueWith(otherwise: SendResult | 'hang' = 'sent', answers: SendResult[] = []) {
  const clock = new FakeClock()
  const startMs = clock.nowMs()
  const { logger, lines } = logged()
  const attempts: [id: string, atSeconds: number][] = []
  const channel: Channel = {
    name: 'hook',
    wants: ({ kind }) => kind !== 'warning',
    send: ({ id }, signal) => {
      attempts.push([id, (clock.nowMs() - startMs) / 1000])
      const answer = answers.shift() ?? otherwise
      if (answer !== 'hang') return Promise.resolve(answer)
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve({ reason: 'ABORT_ERR', isFinal: false }))
      })
    },
  }
  const queue = new ChannelQueue(channel, { clock, random: () => 1, logger })
  const add = (...ids: string[]) => ids.forEach((id) => queue.add(notification({ id })))
  return { add, queue, clock, attempts, lines }
}

describe('the queue of a receiver', () => {
  it('sends in order, each once, and rests', async () => {
    const { add, clock, attempts, lines } = queueWith()
    add('a', 'b')
    await clock.settle()
    add('c')
    await clock.advance(DAY_MS)
    expect(attempts).toEqual([
      ['a', 0],
      ['b', 0],
      ['c', 0],
    ])
    expect([lines, clock.pendingTimers]).toEqual([[], 0])
  })

  it('passes over what the receiver does not want', async () => {
    const { queue, clock, attempts } = queueWith()
    queue.add(notification({ kind: 'warning' }))
    await clock.settle()
    expect(attempts).toEqual([])
  })

  it('tries again, ever less often, or when the receiver asks; nothing overtakes', async () => {
    const { add, clock, attempts, lines } = queueWith('sent', [failed, failed, { ...failed, retryAfterMs: 5_000 }])
    add('a', 'b')
    await clock.advance(DAY_MS)
    expect(attempts).toEqual([
      ['a', 0],
      ['a', 0.2],
      ['a', 0.6],
      ['a', 5.6],
      ['b', 5.6],
    ])
    expect(lines.map(({ level, channel, reason, msg }) => [level, channel, reason, msg])).toEqual([
      [40, 'hook', 'HTTP 503', 'notifications cannot be sent; they are tried again'],
      [30, 'hook', undefined, 'notifications are sent again'],
    ])
  })

  it('gives up what is a day old', async () => {
    const { add, clock, attempts, lines } = queueWith(failed)
    add('a')
    await clock.advance(DAY_MS - 60_000)
    expect(lines).toHaveLength(1)
    await clock.advance(120_000)
    const count = attempts.length
    expect(lines[1]).toMatchObject({ level: 50, id: 'a', reason: 'HTTP 503', msg: 'a notification is given up' })
    await clock.advance(DAY_MS)
    expect([attempts.length, lines.length, clock.pendingTimers]).toEqual([count, 2, 0])
  })

  it('gives up at once what is refused for good, and goes on', async () => {
    const { add, clock, attempts, lines } = queueWith('sent', [{ reason: 'HTTP 400', isFinal: true }])
    add('a', 'b')
    await clock.settle()
    expect(attempts.map(([id]) => id)).toEqual(['a', 'b'])
    expect(lines.find(({ level }) => level === 50)).toMatchObject({ id: 'a', reason: 'HTTP 400' })
  })

  it('waits ten seconds for an answer', async () => {
    const { add, clock, attempts, lines } = queueWith('hang')
    add('a')
    await clock.advance(10_300)
    expect(attempts).toEqual([
      ['a', 0],
      ['a', 10.2],
    ])
    expect(lines[0]).toMatchObject({ reason: 'no answer in time' })
  })

  it('takes what a channel throws for a failure, without its words', async () => {
    const clock = new FakeClock()
    const { logger, lines } = logged()
    let attempts = 0
    const send = () => {
      if (attempts++ === 0) throw new RangeError('planted')
      return Promise.resolve('sent' as const)
    }
    const queue = new ChannelQueue({ name: 'x', wants: () => true, send }, { clock, random: () => 1, logger })
    queue.add(notification())
    await clock.advance(1_000)
    expect(attempts).toBe(2)
    expect(lines[0]).toMatchObject({ level: 40, reason: 'RangeError' })
    expect(JSON.stringify(lines)).not.toContain('planted')
  })

  it('holds a thousand; beyond, the oldest that is not underway is given up', async () => {
    const { add, clock, attempts, lines } = queueWith('sent', [failed])
    add(...Array.from({ length: 1001 }, (_, n) => `n${n}`))
    await clock.advance(1_000)
    expect(lines.find(({ level }) => level === 50)).toMatchObject({ id: 'n1', reason: 'too many are waiting' })
    expect(attempts.map(([id]) => id).slice(0, 3)).toEqual(['n0', 'n0', 'n2'])
    expect(attempts).toHaveLength(1001)
  })

  it('tries what waits once more when it stops', async () => {
    const { add, queue, clock, attempts, lines } = queueWith('sent', [failed, failed, failed, failed])
    add('a', 'b', 'c')
    await clock.advance(200)
    await queue.stop(new AbortController().signal)
    expect(attempts).toEqual([
      ['a', 0],
      ['a', 0.2],
      ['a', 0.2],
      ['b', 0.2],
      ['c', 0.2],
    ])
    expect(lines.filter(({ level }) => level === 50).map(({ id }) => id)).toEqual(['a', 'b'])
  })

  it('gives up what hangs when stopping has taken too long', async () => {
    const { add, queue, clock, lines } = queueWith('hang')
    const abort = new AbortController()
    add('a')
    await clock.settle()
    const stopped = queue.stop(abort.signal)
    abort.abort()
    await stopped
    expect(lines.find(({ level }) => level === 50)).toMatchObject({ id: 'a', reason: 'ABORT_ERR' })
    expect(clock.pendingTimers).toBe(0)
  })
})
