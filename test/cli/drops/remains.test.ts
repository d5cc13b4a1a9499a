import { describe, expect, it } from 'vitest'
import { remainsOf, uncovered } from '../../../src/cli/drops/remains.js'

const stretch = (firstOffset: number, lastOffset: number) => ({ topic: 't', partition: 1, firstOffset, lastOffset })
const ends = (low: number, high: number) => [
  { topic: 't', partition: 0, low: 0, high: 100 },
  { topic: 't', partition: 1, low, high },
]

describe('what Kafka still has', () => {
  it.each([
    { low: 0, high: 20, available: 'all', gone: null, isBeyondEnd: false },
    { low: 10, high: 20, available: 'all', gone: null, isBeyondEnd: false },
    { low: 11, high: 20, available: 'part', gone: { firstOffset: 10, lastOffset: 10 }, isBeyondEnd: false },
    { low: 19, high: 20, available: 'part', gone: { firstOffset: 10, lastOffset: 18 }, isBeyondEnd: false },
    { low: 20, high: 20, available: 'none', gone: { firstOffset: 10, lastOffset: 19 }, isBeyondEnd: false },
    { low: 0, high: 19, available: 'none', gone: { firstOffset: 10, lastOffset: 19 }, isBeyondEnd: true },
  ])('of 10-19 from $low up to $high: $available', ({ low, high, ...remains }) => {
    expect(remainsOf(stretch(10, 19), ends(low, high))).toEqual(remains)
  })

  it('is nothing where the topic or the partition is gone', () => {
    expect(remainsOf(stretch(0, 1), []).available).toBe('none')
    expect(remainsOf({ ...stretch(0, 1), partition: 2 }, ends(0, 9)).available).toBe('none')
  })
})

describe('what nothing covers', () => {
  const left = (...covered: [number, number][]) =>
    uncovered(
      stretch(10, 19),
      covered.map(([from, to]) => stretch(from, to)),
    ).map(({ firstOffset, lastOffset }) => [firstOffset, lastOffset])

  it('is what lies before, between and after', () => {
    expect(left()).toEqual([[10, 19]])
    expect(left([12, 13], [16, 17])).toEqual([[10, 11], [14, 15], [18, 19]]) // prettier-ignore
    expect(left([16, 19], [10, 11])).toEqual([[12, 15]])
    expect(left([10, 14], [15, 19])).toEqual([])
    expect(left([11, 17], [12, 13])).toEqual([[10, 10], [18, 19]]) // prettier-ignore
  })
})
