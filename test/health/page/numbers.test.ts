import { describe, expect, it } from 'vitest'
import { count, many, rateText, sizeText } from '../../../src/health/page/numbers.js'
import { markupOf } from './reports.js'

describe('numbers for people', () => {
  it.each([
    [0, '0 B'],
    [0.4, '0 B'],
    [730, '730 B'],
    [1_000, '1.0 kB'],
    [1_234_567, '1.2 MB'],
    [120_000_000, '120 MB'],
    [5e18, '5,000 PB'],
  ])('%d bytes: %s', (bytes, text) => expect(sizeText(bytes)).toBe(text))

  it.each([
    [0, '0'],
    [9.46, '9.5'],
    [0.04, '0.0'],
    [99.97, '100'],
    [12_345.6, '12,346'],
  ])('%d a second: %s', (rate, text) => expect(rateText(rate)).toBe(text))

  it('counts in the right number', () => {
    expect([many(1, 'event'), many(1_234, 'event'), many(2, 'process', 'processes')]).toEqual([
      ...['1 event', '1,234 events', '2 processes'],
    ])
  })

  it('says that something is not known, never zero', () => {
    expect(markupOf(count(null))).toContain('not known')
    expect(count(0)).toBe('0')
  })
})
