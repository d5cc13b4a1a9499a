import { describe, expect, it } from 'vitest'
import { ago, countdownText, durationText, instant, left } from '../../../src/health/page/times.js'
import { markupOf } from './reports.js'
import fc from '../../support/properties.js'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const NOW_MS = Date.UTC(2026, 10, 21, 19, 10, 43)

describe('a duration', () => {
  it.each([
    [-5, '0 s'],
    [999, '0 s'],
    [40_000, '40 s'],
    [59_999, '59 s'],
    [MINUTE_MS, '1 min'],
    [HOUR_MS - 1, '59 min'],
    [3 * HOUR_MS + 5 * MINUTE_MS, '3 h 5 min'],
    [24 * HOUR_MS + 59 * MINUTE_MS, '24 h'],
    [71 * HOUR_MS, '71 h'],
    [123 * HOUR_MS, '5 d 3 h'],
  ])('of %d ms is %s', (ms, text) => expect(durationText(ms)).toBe(text))

  it.each([
    [-5, '0 s'],
    [12 * MINUTE_MS + 5_999, '12 min 5 s'],
    [24 * HOUR_MS - 1, '23 h 59 min'],
    [120 * HOUR_MS, '120 h 0 min'],
  ])('that counts down, of %d ms, is %s', (ms, text) => expect(countdownText(ms)).toBe(text))

  it('reads the same when the browser counts on', async () => {
    const path = new URL('../../../assets/durations.js', import.meta.url).href
    const browser = (await import(path)) as { durationText: unknown; countdownText: unknown }
    const words = [browser.durationText, browser.countdownText] as ((ms: number) => string)[]
    const anyMs = fc.oneof(fc.integer({ min: -10, max: 12 * HOUR_MS }), fc.integer({ min: 0, max: 2_000 * HOUR_MS }))
    fc.assert(
      fc.property(anyMs, (ms) => {
        expect(words.map((text) => text(ms))).toEqual([durationText(ms), countdownText(ms)])
      }),
    )
  })
})

describe('an instant', () => {
  it('is told in UTC, with the zone', () => {
    expect(markupOf(instant(NOW_MS))).toBe('<time datetime="2026-11-21T19:10:43.000Z">2026-11-21 19:10:43 UTC</time>')
  })

  it('carries what the browser needs to count on', () => {
    expect(markupOf(ago(NOW_MS - 40_000, NOW_MS))).toBe(
      '<time datetime="2026-11-21T19:10:03.000Z" data-words="ago">40 s ago</time>',
    )
    expect(markupOf(left(NOW_MS + 40_000, NOW_MS))).toContain('data-words="left">40 s<')
  })
})
