import { describe, expect, it } from 'vitest'
import { writeUntilSettled, type AnswerWatch } from '../../src/delivery/settle.js'
import type { Destination, Failure, FailureClass, ObjectPayload } from '../../src/destinations/destination.js'
import { ConnectorHealth } from '../../src/health/connector-health.js'
import { createLogger } from '../../src/runtime/logger.js'
import { FakeClock } from '../support/fake-clock.js'

const payload = (key: string): ObjectPayload => ({ key, body: () => Promise.resolve(Buffer.from(key)) })
const [a, b, c] = [payload('a'), payload('b'), payload('c')]

const fail = (failed: ObjectPayload, failureClass: FailureClass, retryAfterMs?: number): Failure => ({
  payload: failed,
  class: failureClass,
  code: failureClass.toUpperCase(),
  message: 'it failed',
  ...(retryAfterMs !== undefined && { retryAfterMs }),
})

/** A destination that answers one list of failures after the other, then succeeds. */
function settle(answers: Failure[][], onCredentials: 'go-on' | 'hold' = 'go-on') {
  const clock = new FakeClock()
  const health = new ConnectorHealth('test', createLogger({ level: 'silent', format: 'json' }))
  const written: string[] = []
  const destination: Destination = {
    write: (payloads) => {
      written.push(payloads.map(({ key }) => key).join(''))
      return Promise.resolve(answers.shift() ?? [])
    },
    check: () => Promise.resolve([]),
    close: () => Promise.resolve(),
  }
  const [abort, stop] = [new AbortController(), new AbortController()]
  const credentials: AnswerWatch = {
    secret: '',
    answered: (_source, failures) => (failures[0]?.class === 'credentials' ? onCredentials : 'go-on'),
    nudged: new AbortController().signal,
  }
  const parts = { destination, credentials, health, clock, random: () => 0.5, stopping: stop.signal }
  const done = writeUntilSettled([a, b, c], parts, 'events/0', abort.signal)
  return { clock, health, written, abort, done }
}

describe('writing until settled', () => {
  it('writes again only what failed', async () => {
    const s = settle([[fail(b, 'transient'), fail(c, 'throttled')], [fail(c, 'throttled')]])
    await s.clock.advance(60_000)
    expect(await s.done).toEqual({ kind: 'written' })
    expect(s.written).toEqual(['abc', 'bc', 'c'])
  })

  it('waits at least as long as the server asked for', async () => {
    const s = settle([[fail(a, 'throttled', 10_000), fail(b, 'throttled', 4_000)]])
    await s.clock.advance(9_999)
    expect(s.written).toEqual(['abc'])
    await s.clock.advance(1)
    expect(s.written).toEqual(['abc', 'ab'])
    expect(await s.done).toEqual({ kind: 'written' })
  })

  it.each(['clock', 'credentials', 'configuration'] as const)(
    'holds and says so when a person has to mend it: %s',
    async (failureClass) => {
      const s = settle([[fail(a, 'transient'), fail(b, failureClass)]])
      await s.clock.advance(22_499)
      expect(s.health.state).toBe('blocked')
      expect(s.health.trouble).toMatchObject({ code: failureClass.toUpperCase(), message: 'it failed' })
      expect(s.written).toEqual(['abc'])
      await s.clock.advance(1)
      expect(await s.done).toEqual({ kind: 'written' })
      expect(s.health.trouble).toBeUndefined()
    },
  )

  it('writes everything else before it says that something is rejected', async () => {
    const s = settle([[fail(a, 'transient'), fail(b, 'rejected')], []])
    await s.clock.advance(60_000)
    expect(await s.done).toEqual({ kind: 'rejected', failure: fail(b, 'rejected') })
    expect(s.written).toEqual(['abc', 'a'])
    expect(s.health.trouble).toBeUndefined()
  })

  it('ends at once when the credentials hold the connector', async () => {
    const s = settle([[fail(a, 'transient')], [fail(a, 'credentials')]], 'hold')
    await s.clock.advance(1_000)
    expect(await s.done).toEqual({ kind: 'held' })
    expect(s.written).toEqual(['abc', 'a'])
    expect(s.health.trouble).toBeUndefined()
  })

  it('goes on for ever: an outage of three days drops nothing', async () => {
    const s = settle(Array.from({ length: 5_000 }, () => [fail(a, 'transient')]))
    await s.clock.advance(3 * 24 * 3_600_000)
    expect(await s.done).toEqual({ kind: 'written' })
    expect(s.written.length).toBe(5_001)
  })

  it('ends when the lease dies, and nothing may be committed then', async () => {
    const s = settle([[fail(a, 'transient')]])
    await s.clock.settle()
    s.abort.abort()
    expect(await s.done).toEqual({ kind: 'ended' })
    expect(s.written).toEqual(['abc'])
  })
})
