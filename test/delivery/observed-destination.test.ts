import { describe, expect, it } from 'vitest'
import type { Destination, Failure, FailureClass, Payload } from '../../src/destinations/destination.js'
import { observed } from '../../src/delivery/observed-destination.js'
import type { Attempt } from '../../src/health/recorder.js'
import { FakeClock } from '../support/fake-clock.js'

/** A destination that is of a class, and knows its limits only when it is asked. */
class Slow implements Destination {
  readonly #limits = { records: 7 }
  failures: FailureClass[] = []
  isClosed = false

  constructor(private readonly clock: FakeClock) {}

  get most() {
    return this.#limits
  }

  async write(payloads: readonly Payload[]): Promise<Failure[]> {
    await this.clock.sleep(250)
    return this.failures.map((failure, n) => ({
      ...{ class: failure, code: `${failure} in code`, message: failure, payload: payloads[n]! },
    }))
  }

  check() {
    return Promise.resolve([])
  }

  close() {
    this.isClosed = this.#limits.records === 7
    return Promise.resolve()
  }
}

function watched() {
  const clock = new FakeClock()
  const slow = new Slow(clock)
  const attempts: Attempt[] = []
  const world = { isProbe: false }
  const parts = { health: { attempted: (attempt: Attempt) => void attempts.push(attempt) }, clock }
  const destination = observed<Destination & Pick<Slow, 'most'>>(slow, { ...parts, isProbe: () => world.isProbe })
  const payloads = ['one', 'two', 'three'].map((key) => ({ key }))
  const write = async (failures: FailureClass[], signal = new AbortController().signal) => {
    slow.failures = failures
    const written = destination.write(payloads, signal)
    world.isProbe = false
    await clock.advance(250)
    return written
  }
  return { slow, destination, attempts, world, write }
}

describe('every answer of the destination is told', () => {
  it('with how long it took, and that something was taken', async () => {
    const { attempts, write } = watched()
    expect(await write([])).toEqual([])
    expect(attempts).toEqual([{ outcome: 'ok', durationMs: 250, isTaken: true, isProbe: false, failures: [] }])
  })

  it.each([
    [['transient', 'throttled'], 'throttled'],
    [['throttled', 'rejected', 'transient'], 'rejected'],
    [['rejected', 'clock'], 'clock'],
    [['clock', 'configuration'], 'configuration'],
    [['configuration', 'credentials'], 'credentials'],
  ] as [FailureClass[], string][])('of %s as the worst of them', async (failures, outcome) => {
    const { attempts, write } = watched()
    expect(await write(failures)).toMatchObject(failures.map((each) => ({ class: each })))
    expect(attempts).toMatchObject([{ outcome, isTaken: failures.length < 3 }])
    expect(attempts[0]!.failures.map(({ code }) => code)).toEqual(failures.map((each) => `${each} in code`))
  })

  it('as a probe where it was one when it began', async () => {
    const { attempts, world, write } = watched()
    world.isProbe = true
    await write(['credentials'])
    await write([])
    expect(attempts.map(({ isProbe, outcome }) => [isProbe, outcome])).toEqual([
      [true, 'credentials'],
      [false, 'ok'],
    ])
  })

  it('but not of one that nobody has answered', async () => {
    const { attempts, write } = watched()
    await write(['transient'], AbortSignal.abort())
    expect(attempts).toEqual([])
    await write([], AbortSignal.abort())
    expect(attempts).toMatchObject([{ outcome: 'ok' }])
  })
})

it('is the same destination in all else', async () => {
  const { slow, destination } = watched()
  expect(destination.most).toEqual({ records: 7 })
  await destination.close()
  expect([slow.isClosed, destination instanceof Slow]).toEqual([true, true])
})
