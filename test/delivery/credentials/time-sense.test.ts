import { describe, expect, it } from 'vitest'
import { ruleTimes } from '../../../src/delivery/credentials/rule-times.js'
import { TimeSense } from '../../../src/delivery/credentials/time-sense.js'
import { FakeClock } from '../../support/fake-clock.js'

const HOUR_MS = 3_600_000

function sense() {
  const clock = new FakeClock()
  return { clock, time: new TimeSense(clock, ruleTimes(48 * HOUR_MS)) }
}

describe('a gap in what was watched', () => {
  it('is none as long as looks come in time', async () => {
    const { clock, time } = sense()
    await clock.advance(time.beatMs)
    expect(time.look()).toBe(false)
  })

  it('is a look that comes late', async () => {
    const { clock, time } = sense()
    await clock.advance(4 * time.beatMs)
    expect(time.look()).toBe(true)
    expect(time.look()).toBe(false)
  })

  it('is a clock that was set, whoever has noticed it first', () => {
    const { clock, time } = sense()
    clock.jump(HOUR_MS)
    expect(time.isTrusted).toBe(false)
    time.heard(clock.nowMs())
    expect(time.isTrusted).toBe(true)
    expect(time.look()).toBe(true)
    expect(time.look()).toBe(false)
  })
})
