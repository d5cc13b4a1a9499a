import { describe, expect, it } from 'vitest'
import { Histogram, quantile } from '../../src/health/histogram.js'

const BOUNDS = [1, 10, 100]

function histogramOf(...values: number[]): Histogram {
  const histogram = new Histogram(BOUNDS)
  for (const value of values) histogram.observe(value)
  return histogram
}

describe('a histogram', () => {
  it('counts a value in the first bucket it is not above; beyond all bounds in the last', () => {
    const { counts, count, sum } = histogramOf(0, 1, 1.5, 10, 100, 101, 5_000)
    expect([counts, count, sum]).toEqual([[2, 2, 1, 2], 7, 5_213.5])
  })
})

describe('a quantile', () => {
  it('is linear within a bucket, as Prometheus estimates it', () => {
    const { counts } = histogramOf(2, 3, 4, 5)
    expect(quantile(0.5, BOUNDS, counts)).toBe(5.5)
    expect(quantile(1, BOUNDS, counts)).toBe(10)
  })

  it('begins at nothing in the first bucket, and leaves out empty ones', () => {
    const { counts } = histogramOf(0.5, 0.5, 50, 50)
    expect(quantile(0.25, BOUNDS, counts)).toBe(0.5)
    expect(quantile(0.75, BOUNDS, counts)).toBe(55)
  })

  it('is the last bound beyond it, and null of nothing', () => {
    expect(quantile(0.99, BOUNDS, histogramOf(5_000).counts)).toBe(100)
    expect(quantile(0.99, BOUNDS, histogramOf().counts)).toBeNull()
  })
})
