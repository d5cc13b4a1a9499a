import { describe, expect, it } from 'vitest'
import { suggestion } from '../../src/config/suggestion.js'

const KEYS = ['maxAge', 'maxEvents', 'maxEventsUnderLoad', 'maxBytes', 'codec']

describe('suggestion', () => {
  it.each([
    ['maxAgee', 'maxAge'],
    ['max_age', 'maxAge'],
    ['MAXEVENTS', 'maxEvents'],
    ['maxEvent', 'maxEvents'],
    ['maxEventUnderLoads', 'maxEventsUnderLoad'],
    ['kodek', 'codec'],
    ['rotation', undefined],
    ['', undefined],
  ])('%j: %s', (word, expected) => expect(suggestion(word, KEYS)).toBe(expected))

  it('has none without candidates', () => expect(suggestion('a', [])).toBeUndefined())
})
