import { describe, expect, it } from 'vitest'
import { FaultRules, type Occasion } from './fault-rules.js'

interface Rule extends Occasion {
  action: 'cut' | 'delay'
  to?: string
}

const faults = (rules: Rule[], seed?: number) => {
  const made = new FaultRules<Rule, string>(({ to }, request) => to === undefined || to === request, seed)
  made.set(rules)
  return made
}

describe('FaultRules', () => {
  it('strikes the nth request that the rule applies to, and only that', () => {
    const rules = faults([{ action: 'cut', to: 'a', nth: 2 }])
    const struck = ['a', 'b', 'b', 'a', 'a'].map((request) => rules.decide(request)?.action)
    expect(struck).toEqual([undefined, undefined, undefined, 'cut', undefined])
  })

  it('strikes at most so many times, then the next rule does', () => {
    const rules = faults([{ action: 'cut', times: 2 }, { action: 'delay' }])
    const struck = ['a', 'a', 'a', 'a'].map((request) => rules.decide(request)?.action)
    expect(struck).toEqual(['cut', 'cut', 'delay', 'delay'])
    expect(rules.done).toEqual({ cut: 2, delay: 2 })
  })

  it('strikes with the probability, in the same places for the same seed', () => {
    const run = (seed: number) => {
      const rules = faults([{ action: 'cut', probability: 0.2 }], seed)
      return Array.from({ length: 10_000 }, () => rules.decide('a') !== undefined)
    }
    const share = run(7).filter(Boolean).length / 10_000
    expect(share).toBeGreaterThan(0.18)
    expect(share).toBeLessThan(0.22)
    expect(run(7)).toEqual(run(7))
    expect(run(8)).not.toEqual(run(7))
  })

  it('is healed by an empty list and remembers what it did', () => {
    const rules = faults([{ action: 'cut' }])
    rules.decide('a')
    rules.set([])
    expect(rules.decide('a')).toBeUndefined()
    expect(rules.done).toEqual({ cut: 1 })
  })
})
