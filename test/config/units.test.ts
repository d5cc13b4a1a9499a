import { describe, expect, it } from 'vitest'
import { formatDuration, formatSize, parseDuration, parseSize } from '../../src/config/units.js'
import fc from '../support/properties.js'

describe('parseDuration', () => {
  it.each([
    ['PT5M', 300_000],
    ['PT48H', 172_800_000],
    ['P2D', 172_800_000],
    ['P1W', 604_800_000],
    ['P1DT2H3M4.5S', 93_784_500],
    ['PT0.05S', 50],
    ['PT0S', 0],
    ['5m', 300_000],
    ['48h', 172_800_000],
    ['30s', 30_000],
    ['500ms', 500],
    ['2d', 172_800_000],
  ])('%s is %d ms', (text, durationMs) => expect(parseDuration(text)).toBe(durationMs))

  it.each([
    '',
    'P',
    'PT',
    'P1DT',
    '48',
    '5 m',
    '5M',
    'pt5m',
    'P1M',
    'P1Y',
    'PT1.5H',
    '-5m',
    '+5m',
    '1e3s',
    '5m ',
    '\n5m',
    '1h30m',
    '9'.repeat(17) + 'd',
  ])('%j is none', (text) => expect(parseDuration(text)).toBeUndefined())

  it('reads back what formatDuration writes', () => {
    const duration = fc.integer({ min: 0, max: 10 * 365 * 86_400_000 })
    fc.assert(
      fc.property(duration, (durationMs) => {
        expect(parseDuration(formatDuration(durationMs))).toBe(durationMs)
      }),
    )
  })

  it('is the sum of its parts', () => {
    const part = fc.integer({ min: 0, max: 999 })
    fc.assert(
      fc.property(fc.tuple(part, part, part, part, part), ([days, hours, minutes, seconds, ms]) => {
        const text = `P${days}DT${hours}H${minutes}M${seconds}.${String(ms).padStart(3, '0')}S`
        expect(parseDuration(text)).toBe((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + ms)
      }),
    )
  })
})

describe('formatDuration', () => {
  it.each([
    [0, 'PT0S'],
    [500, 'PT0.5S'],
    [90_000, 'PT1M30S'],
    [172_800_000, 'PT48H'],
  ])('%d ms is %s', (durationMs, text) => expect(formatDuration(durationMs)).toBe(text))
})

describe('parseSize', () => {
  it.each([
    ['256KiB', 262_144],
    ['8MiB', 8_388_608],
    ['8 MiB', 8_388_608],
    ['1GiB', 1_073_741_824],
    ['7B', 7],
    ['65536', 65_536],
  ])('%s is %d bytes', (text, bytes) => expect(parseSize(text)).toBe(bytes))

  it.each(['', '8MB', '8mib', '1.5MiB', '-1', '1e3', 'MiB', '9007199254740993', '9'.repeat(12) + 'GiB'])(
    '%j is none',
    (text) => expect(parseSize(text)).toBeUndefined(),
  )

  it('reads back what formatSize writes', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (bytes) => {
        expect(parseSize(formatSize(bytes))).toBe(bytes)
      }),
    )
    const round = fc.tuple(fc.integer({ min: 1, max: 1023 }), fc.constantFrom('KiB', 'MiB', 'GiB'))
    fc.assert(
      fc.property(round, ([count, unit]) => {
        expect(formatSize(parseSize(`${count}${unit}`) ?? 0)).toBe(`${count}${unit}`)
      }),
    )
  })
})
