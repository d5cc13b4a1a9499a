import { describe, expect, it } from 'vitest'
import { simulate } from '../support/simulation/run.js'

/** More runs, or one again: SIMULATION_RUNS=20000, SIMULATION_SEED=1234 SIMULATION_RUNS=1. */
const runs = Number(process.env['SIMULATION_RUNS'] ?? 1_000)
const firstSeed = Number(process.env['SIMULATION_SEED'] ?? 1)

describe('delivery in simulated time', () => {
  it(`keeps every event in exactly one object, over ${runs} random schedules`, { timeout: 3_600_000 }, async () => {
    const failed = []
    let disturbances = 0
    for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
      const result = await simulate(seed)
      disturbances += result.kills + result.freezes
      if (result.problems.length > 0) failed.push({ ...result, problems: result.problems.slice(0, 5) })
    }
    expect(failed).toEqual([])
    expect(disturbances).toBeGreaterThan(runs * 3)
  })

  it('catches a broker that does not fence commits', { timeout: 1_800_000 }, async () => {
    expect(await firstFailure({ noFence: true })).toMatch(/copies|went back/)
  })

  it('catches intents that are not kept', { timeout: 1_800_000 }, async () => {
    expect(await firstFailure({ noIntent: true })).toMatch(/copies/)
  })

  it('gives the same run for the same seed', async () => {
    expect(await simulate(42)).toEqual(await simulate(42))
  })
})

async function firstFailure(mutation: Parameters<typeof simulate>[1]): Promise<string> {
  for (let seed = 1; seed <= 200; seed++) {
    const { problems } = await simulate(seed, mutation)
    if (problems[0]) return problems[0]
  }
  return 'nothing was caught in 200 runs'
}
