import { describe, expect, it } from 'vitest'
import { FakeClock } from './fake-clock.js'

describe('FakeClock', () => {
  it('fires timers in the order of their instants, each at its own', async () => {
    const clock = new FakeClock(1000)
    const fired: [string, number][] = []
    const note = (name: string) => () => fired.push([name, clock.nowMs()])
    clock.after(30, note('late'))
    clock.after(10, note('early'))
    clock.after(10, note('early, set later'))

    await clock.advance(29)
    expect(fired).toEqual([
      ['early', 1010],
      ['early, set later', 1010],
    ])
    expect(clock.nowMs()).toBe(1029)

    await clock.advance(1)
    expect(fired.at(-1)).toEqual(['late', 1030])
    expect(clock.pendingTimers).toBe(0)
  })

  it('lets promises go on between two timers, so that they may set further ones', async () => {
    const clock = new FakeClock(0)
    const instants: number[] = []
    void (async () => {
      for (let turn = 0; turn < 3; turn++) {
        await clock.sleep(100)
        await Promise.resolve()
        instants.push(clock.nowMs())
      }
    })()

    await clock.advance(350)

    expect(instants).toEqual([100, 200, 300])
  })

  it('never fires a cancelled timer', async () => {
    const clock = new FakeClock()
    let fired = false
    const cancel = clock.after(10, () => (fired = true))
    cancel()
    await clock.advance(100)
    expect(fired).toBe(false)
  })

  it('ends a sleep at once when its signal aborts, and does not begin one that is aborted', async () => {
    const clock = new FakeClock(0)
    const abort = new AbortController()
    const sleeping = clock.sleep(1000, abort.signal)
    expect(clock.pendingTimers).toBe(1)
    abort.abort()
    await sleeping
    await clock.sleep(1000, abort.signal)
    expect(clock.pendingTimers).toBe(0)
    expect(clock.nowMs()).toBe(0)
  })

  it('jumps without letting time pass', async () => {
    const clock = new FakeClock(0)
    let firedAtMs = 0
    clock.after(10, () => (firedAtMs = clock.nowMs()))
    clock.jump(1_000_000)
    expect(firedAtMs).toBe(0)
    await clock.advance(10)
    expect(firedAtMs).toBe(1_000_010)
  })
})
