import { describe, expect, it } from 'vitest'
import { MemoryBudget } from '../../src/delivery/memory-budget.js'

describe('the memory budget', () => {
  it('lends all that is usable, half of it, to a single connector', () => {
    const share = new MemoryBudget(2000, 1).share(() => {})
    share.account(999)
    expect(share.isExhausted()).toBe(false)
    share.account(1)
    expect(share.isExhausted()).toBe(true)
  })

  it('keeps a part for everyone: a hanging connector never starves a healthy one', () => {
    const budget = new MemoryBudget(2000, 2)
    const hanging = budget.share(() => {})
    const healthy = budget.share(() => {})
    hanging.account(750)
    expect(hanging.isExhausted()).toBe(true)
    healthy.account(249)
    expect(healthy.isExhausted()).toBe(false)
    healthy.account(1)
    expect(healthy.isExhausted()).toBe(true)
  })

  it('says when there is room again, also when another connector gave it back, and only to those who wait', () => {
    const told: string[] = []
    const budget = new MemoryBudget(2000, 2)
    const a = budget.share(() => told.push('a'))
    const b = budget.share(() => told.push('b'))
    a.account(700)
    b.account(300)
    expect([a.isExhausted(), b.isExhausted()]).toEqual([true, true])
    a.account(-10)
    expect(told).toEqual(['a', 'b'])
    a.account(-10)
    expect(told).toEqual(['a', 'b'])
  })
})
