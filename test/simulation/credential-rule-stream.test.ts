import { describe, expect, it } from 'vitest'
import { MUTANTS } from '../support/simulation/rule-mutants.js'
import { simulateRule } from '../support/simulation/rule-run.js'

/** More runs, or one again: SIMULATION_RUNS=20000, SIMULATION_SEED=1234 SIMULATION_RUNS=1. */
const runs = Number(process.env['SIMULATION_RUNS'] ?? 30)
const firstSeed = Number(process.env['SIMULATION_SEED'] ?? 1)

const SHORT = { periodMs: 600_000, clocks: 'right', isDark: false, onExpiry: 'drop', isStream: true } as const

describe('the 48-hour rule of a stream in simulated time', () => {
  it(
    `drops only what it may, loses nothing and keeps the order, over ${runs} schedules`,
    { timeout: 3_600_000 },
    async () => {
      const failed = []
      const total = { drops: 0, recoveries: 0 }
      for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
        const { dropped, steps, problems } = await simulateRule(seed, { climate: { isStream: true } })
        if (dropped > 0) total.drops++
        if (steps.includes('recovered')) total.recoveries++
        if (problems.length > 0) failed.push({ seed, problems: problems.slice(0, 5) })
      }
      expect(failed).toEqual([])
      if (runs < 30) return
      expect(total.drops).toBeGreaterThan(runs / 5)
      expect(total.recoveries).toBeGreaterThan(runs / 5)
    },
  )

  it('gives up what waits when nothing but the credentials fails, for longer than the period', async () => {
    const failed = []
    for (let seed = 1; seed <= 10; seed++) {
      const { problems } = await simulateRule(seed, { climate: { ...SHORT, isFinal: true } })
      if (problems.length > 0) failed.push({ seed, problems: problems.slice(0, 5) })
    }
    expect(failed).toEqual([])
  })

  it.each(['a timeout counted as credential failure', 'the ledger after the commit', 'the secret is not looked at'])(
    'catches %s',
    { timeout: 1_800_000 },
    async (name) => {
      const { climate, caught, ...mutation } = MUTANTS[name]!
      const problems: string[] = []
      for (let seed = 1; seed <= 100 && !problems.some((each) => caught.test(each)); seed++)
        problems.push(...(await simulateRule(seed, { mutation, climate: { ...climate, isStream: true } })).problems)
      expect(problems.find((each) => caught.test(each))).toBeDefined()
    },
  )
})
