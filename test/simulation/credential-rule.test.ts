import { describe, expect, it } from 'vitest'
import { simulateRule } from '../support/simulation/rule-run.js'

/** More runs, or one again: SIMULATION_RUNS=20000, SIMULATION_SEED=1234 SIMULATION_RUNS=1. */
const runs = Number(process.env['SIMULATION_RUNS'] ?? 200)
const firstSeed = Number(process.env['SIMULATION_SEED'] ?? 1)

/** Minutes instead of days. */
const SHORT = { periodMs: 600_000, clocks: 'right', isDark: false, onExpiry: 'drop' } as const

describe('the 48-hour rule in simulated time', () => {
  it(`drops only what it may, over ${runs} random schedules`, { timeout: 3_600_000 }, async () => {
    const failed = []
    const total = { days: 0, drops: 0, recoveries: 0 }
    for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
      const { days, dropped, steps, problems } = await simulateRule(seed)
      total.days += days
      if (dropped > 0) total.drops++
      if (steps.includes('recovered')) total.recoveries++
      if (problems.length > 0) failed.push({ seed, problems: problems.slice(0, 5) })
    }
    expect(failed).toEqual([])
    if (runs < 100) return
    expect(total.days).toBeGreaterThan(runs * 2)
    expect(total.drops).toBeGreaterThan(runs / 5)
    expect(total.recoveries).toBeGreaterThan(runs / 2)
  })

  it('gives up what waits when nothing but the credentials fails, for longer than the period', async () => {
    const failed = []
    // In the last two, what was taken beside a refusal was once not counted as a success.
    for (const seed of [...Array.from({ length: 50 }, (_, n) => n + 1), 110, 113]) {
      const { problems } = await simulateRule(seed, { climate: { ...SHORT, isFinal: true } })
      if (problems.length > 0) failed.push({ seed, problems: problems.slice(0, 5) })
    }
    expect(failed).toEqual([])
  })

  it('gives the same run for the same seed', async () => {
    expect(await simulateRule(42)).toEqual(await simulateRule(42))
  })
})
