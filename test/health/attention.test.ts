import { describe, expect, it } from 'vitest'
import { isStale, needsAttention } from '../../src/health/attention.js'

const MINUTE_MS = 60_000
const NOW_MS = Date.UTC(2026, 10, 21)

/** A running connector with objects of five minutes, changed as told; ages in minutes. */
function looked(change: Partial<Parameters<typeof isStale>[0]> = {}) {
  const sinceMs = NOW_MS - 60 * MINUTE_MS
  const nothing = { oldestUndeliveredAtMs: null, lastSuccessAtMs: null }
  return { enabled: true, state: 'running' as const, sinceMs, ...nothing, maxAgeMs: 5 * MINUTE_MS, ...change }
}

const ago = (minutes: number) => NOW_MS - minutes * MINUTE_MS
const isLooked = (change: Parameters<typeof looked>[0]) => needsAttention(looked(change), NOW_MS)

describe('a person has to look', () => {
  it.each(['credentials-failing', 'dropping', 'blocked', 'stopped'] as const)('at once: %s', (state) => {
    expect(isLooked({ state, sinceMs: NOW_MS })).toBe(true)
  })

  it.each(['starting', 'running', 'paused'] as const)('not: %s', (state) => {
    expect(isLooked({ state, sinceMs: ago(10_000) })).toBe(false)
  })

  it('when it is retried for more than ten minutes', () => {
    expect(isLooked({ state: 'retrying', sinceMs: ago(10) })).toBe(false)
    expect(isLooked({ state: 'retrying', sinceMs: ago(10) - 1 })).toBe(true)
  })

  it('never at one that is saved, not launched', () => {
    expect(isLooked({ enabled: false, state: 'stopped' })).toBe(false)
  })
})

describe('a connector is stale', () => {
  // Three times five minutes, and ten.
  const late = { oldestUndeliveredAtMs: ago(25) - 1 }

  it('when events wait for longer than they should, and nothing is delivered', () => {
    expect(isLooked(late)).toBe(true)
    expect(isLooked({ oldestUndeliveredAtMs: ago(25) })).toBe(false)
    expect(isLooked({ ...late, lastSuccessAtMs: ago(26) })).toBe(true)
  })

  it('not while something is delivered, nor before it had its time', () => {
    expect(isLooked({ ...late, lastSuccessAtMs: ago(1) })).toBe(false)
    expect(isLooked({ ...late, sinceMs: ago(20) })).toBe(false)
  })

  it('not when it is paused, or fails: then that is shown', () => {
    expect(isStale(looked({ ...late, state: 'paused' }), NOW_MS)).toBe(false)
    expect(isStale(looked({ ...late, state: 'retrying' }), NOW_MS)).toBe(false)
  })
})
