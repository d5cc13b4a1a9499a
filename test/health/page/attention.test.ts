import { describe, expect, it } from 'vitest'
import { attention, sentence } from '../../../src/health/page/attention.js'
import type { ConnectorReport } from '../../../src/health/report.js'
import { HOUR_MS, markupOf, NOW_MS, reportWith, textOf } from './reports.js'

const failing = (name: string, dropAtMs: number | null): ConnectorReport =>
  reportWith({
    ...{ name, state: 'credentials-failing', needsAttention: true },
    failing: { sinceMs: NOW_MS - HOUR_MS, dropAtMs, kept: null, eventsAtStake: null, bytesAtStake: null },
  })

const cardsOf = (html: unknown) => [...markupOf(html).matchAll(/id="card-([^"]+)"/g)].map(([, name]) => name)

describe('what needs attention', () => {
  it('comes in the order of urgency', () => {
    const reports = [
      reportWith({ name: 'blocked', state: 'blocked', needsAttention: true }),
      failing('held', null),
      failing('tomorrow', NOW_MS + 24 * HOUR_MS),
      reportWith({ name: 'well' }),
      failing('soon', NOW_MS + HOUR_MS),
      { ...failing('dropping', NOW_MS - HOUR_MS), state: 'dropping' as const },
    ]
    const html = attention(reports, NOW_MS)
    expect(cardsOf(html)).toEqual(['dropping', 'soon', 'tomorrow', 'held', 'blocked'])
    expect(textOf(html)).toContain('5 connectors need a person; 1 of 6 does not.')
  })

  it('says so when all is well, and when there is nothing', () => {
    expect(textOf(attention([reportWith({}), reportWith({})], NOW_MS))).toBe(
      'Nothing needs you All 2 connectors are well. 2 Running',
    )
    expect(textOf(attention([reportWith({})], NOW_MS))).toContain('The connector is well.')
    expect(textOf(attention([], NOW_MS))).toContain('No connector is configured: millrace add makes one.')
  })

  it('does not call well what is retrying', () => {
    const retrying = reportWith({ state: 'retrying' })
    expect(textOf(attention([retrying, retrying, reportWith({})], NOW_MS))).toContain(
      'Nothing needs you 2 of 3 connectors are retrying: that passes by itself, and needs you if it lasts.',
    )
    expect(textOf(attention([failing('a', null), retrying, retrying], NOW_MS))).toContain('2 of 3 do not.')
  })

  it('shows a dozen, and where the others are', () => {
    const reports = Array.from({ length: 14 }, (_, n) => failing(`c-${n}`, NOW_MS + n))
    const html = attention(reports, NOW_MS)
    expect(cardsOf(html)).toHaveLength(12)
    expect(markupOf(html)).toContain('<a href="/?show=attention#connectors">and 2 more connectors</a>')
  })

  it('tells of one that merely has fallen behind for how long', () => {
    const stale = reportWith({ needsAttention: true, oldestUndeliveredAtMs: NOW_MS - 2 * HOUR_MS })
    const text = textOf(attention([stale], NOW_MS))
    expect(text).toContain('Running, needs attention')
    expect(text).toContain('Its oldest event has waited for 2 h 0 min')
  })

  it('says the code once', () => {
    expect(sentence({ code: 'NoSuchBucket', message: 'NoSuchBucket: it is gone' })).toBe('it is gone')
    expect(sentence({ code: 'NoSuchBucket', message: 'it is gone' })).toBe('it is gone')
  })
})
