import { describe, expect, it } from 'vitest'
import { matchesPattern, selectsType } from '../../src/events/event-selection.js'

describe('matchesPattern', () => {
  it.each([
    ['*', 'users.messages.email.Open', true],
    ['users.messages.*', 'users.messages.email.Open', true],
    ['users.messages.*', 'users.messages', false],
    ['*.Open', 'users.messages.email.Open', true],
    ['*.Open', 'users.messages.email.OpenX', false],
    ['users.*.Open', 'users.messages.email.Open', true],
    ['users.*.email.*', 'users.messages.email.Open', true],
    ['users.*email*pen', 'users.messages.email.Open', true],
    ['users.messages.email.Open', 'users.messages.email.Open', true],
    ['users.messages.email', 'users.messages.email.Open', false],
    ['users.messages.email.Open*', 'users.messages.email.Open', true],
    ['a*a', 'a', false],
    ['ab*ba', 'aba', false],
    ['**', '', true],
    ['users.messages.email.O.en', 'users.messages.email.Open', false],
  ])('%s and %s: %s', (pattern, name, expected) => {
    expect(matchesPattern(pattern, name)).toBe(expected)
  })

  it('is quick with a pattern and a name made to be slow', () => {
    const startedAt = performance.now()
    expect(matchesPattern('*a'.repeat(50) + 'b', 'a'.repeat(500_000))).toBe(false)
    expect(performance.now() - startedAt).toBeLessThan(60_000)
  })
})

describe('selectsType', () => {
  const selection = { include: ['users.*'], exclude: ['*.Send'], anonymousUsers: 'include' } as const

  it.each([
    ['users.messages.email.Open', true],
    ['users.messages.email.Send', false],
    ['agentconsole.AgentExecuted', false],
  ])('exclude wins: %s %s', (name, expected) => {
    expect(selectsType(selection, name)).toBe(expected)
  })
})
