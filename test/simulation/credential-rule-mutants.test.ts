import { afterEach, describe, expect, it, vi } from 'vitest'
import type * as ClockModule from '../../src/delivery/credentials/credential-clock.js'
import type * as SweeperModule from '../../src/delivery/credentials/sweeper.js'
import type * as TimeModule from '../../src/delivery/credentials/time-sense.js'
import { MUTANTS } from '../support/simulation/rule-mutants.js'
import { simulateRule, type RuleOptions } from '../support/simulation/rule-run.js'

/** So many schedules are enough to catch any of the faults below. */
const MOST_SEEDS = 200

/** Short periods catch faults of the decision itself as well, and sooner. */
const SHORT: RuleOptions = { climate: { periodMs: 600_000, clocks: 'right', isDark: false, onExpiry: 'drop' } }

describe('faults in what surrounds the rule are caught', { timeout: 1_800_000 }, () => {
  it.each(Object.entries(MUTANTS))('%s', async (_what, { climate, caught, ...mutation }) => {
    expect(await firstProblem(simulateRule, { mutation, climate }, caught)).toMatch(caught)
  })
})

/** `simulateRule` on a core in which one module is another. */
async function mutated<Module extends object>(
  path: string,
  change: (module: Module) => Partial<Module>,
): Promise<typeof simulateRule> {
  vi.resetModules()
  vi.doMock(path, async (original: () => Promise<Module>) => {
    const module = await original()
    return { ...module, ...change(module) }
  })
  return (await import('../support/simulation/rule-run.js')).simulateRule
}

async function firstProblem(simulate: typeof simulateRule, options: RuleOptions, caught: RegExp): Promise<string> {
  for (let seed = 1; seed <= MOST_SEEDS; seed++) {
    const problem = (await simulate(seed, options)).problems.find((each) => caught.test(each))
    if (problem) return problem
  }
  return `nothing was caught in ${MOST_SEEDS} runs`
}

describe('faults in the rule are caught', { timeout: 1_800_000 }, () => {
  const CLOCK = '../../src/delivery/credentials/credential-clock.js'
  const SWEEPER = '../../src/delivery/credentials/sweeper.js'
  const TIME = '../../src/delivery/credentials/time-sense.js'

  afterEach(() => {
    for (const path of [CLOCK, SWEEPER, TIME]) vi.doUnmock(path)
    vi.resetModules()
  })

  it('a drop without a probe', async () => {
    const simulate = await mutated<typeof ClockModule>(CLOCK, ({ CredentialClock }) => ({
      CredentialClock: class extends CredentialClock {
        override obstacles(nowMs: number) {
          return super.obstacles(nowMs).filter((obstacle) => obstacle !== 'evidence' && obstacle !== 'observation')
        }
      },
    }))
    const caught = /although the last answer was no refusal|ms after (the refusal|a gap)/
    expect(await firstProblem(simulate, SHORT, caught)).toMatch(caught)
  })

  it('a drop at the period instead of after it', async () => {
    const simulate = await mutated<typeof ClockModule>(CLOCK, ({ CredentialClock }) => ({
      CredentialClock: class extends CredentialClock {
        override get dropAtMs() {
          return super.dropAtMs - 1
        }
      },
    }))
    const instant: RuleOptions = { climate: { ...SHORT.climate, isInstant: true } }
    expect(await firstProblem(simulate, instant, /after 600000 ms of failing/)).toMatch(/after 600000 ms of failing/)
  })

  it('an outage that stops the clock', async () => {
    const simulate = await mutated<typeof ClockModule>(CLOCK, ({ CredentialClock }) => ({
      CredentialClock: class extends CredentialClock {
        override interrupted() {
          if (this.failingSinceMs !== null) this.succeeded(this.failingSinceMs)
          super.interrupted()
        }
      },
    }))
    const caught = /without a success/
    expect(await firstProblem(simulate, SHORT, caught)).toMatch(caught)
  })

  it('an outage that does not begin the observation anew', async () => {
    const simulate = await mutated<typeof ClockModule>(CLOCK, ({ CredentialClock }) => ({
      CredentialClock: class extends CredentialClock {
        override interrupted() {}
      },
    }))
    const caught = /although the last answer was no refusal|ms after a gap/
    expect(await firstProblem(simulate, SHORT, caught)).toMatch(caught)
  })

  it('freezes and jumps of the clock that nobody notices', async () => {
    const simulate = await mutated<typeof TimeModule>(TIME, ({ TimeSense }) => ({
      TimeSense: class extends TimeSense {
        override look() {
          super.look()
          return false
        }
      },
    }))
    const caught = /ms after a gap/
    expect(await firstProblem(simulate, SHORT, caught)).toMatch(caught)
  })

  it('obstacles that are looked at once for a sweep', async () => {
    const simulate = await mutated<typeof SweeperModule>(SWEEPER, ({ Sweeper }) => ({
      Sweeper: class extends Sweeper {
        #isSweeping = false

        override async sweep(...given: Parameters<InstanceType<typeof Sweeper>['sweep']>) {
          this.#isSweeping = true
          try {
            return await super.sweep(...given)
          } finally {
            this.#isSweeping = false
          }
        }

        override obstacles() {
          return this.#isSweeping ? Promise.resolve([]) : super.obstacles()
        }
      },
    }))
    const caught = /given up (although|\d+ ms after)/
    expect(await firstProblem(simulate, SHORT, caught)).toMatch(caught)
  })
})
