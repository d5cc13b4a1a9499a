import { describe, expect, it } from 'vitest'
import { atStake, countdown } from '../../../src/health/page/countdown.js'
import type { ConnectorReport, FailingCredentials } from '../../../src/health/report.js'
import { HOUR_MS, markupOf, NOW_MS, reportWith, textOf } from './reports.js'

const FAILING: FailingCredentials = {
  ...{ sinceMs: NOW_MS - 36 * HOUR_MS, dropAtMs: NOW_MS + 12 * HOUR_MS, kept: null },
  ...{ eventsAtStake: 1_020, bytesAtStake: 744_600 },
}

function shown(change: Partial<FailingCredentials>, state: ConnectorReport['state'] = 'credentials-failing') {
  return markupOf(countdown(reportWith({ state, failing: { ...FAILING, ...change } }), NOW_MS))
}

describe('the countdown', () => {
  it('tells what is left, from when, to the exact instant, and how far it is', () => {
    const html = shown({})
    expect(textOf(html)).toContain('12 h 0 min left, then events are dropped')
    expect(textOf(html)).toContain('credentials fail since 2026-11-20 07:10:43 UTC')
    expect(textOf(html)).toContain('dropped after 2026-11-22 07:10:43 UTC')
    expect(html).toContain('75 % of the period has passed')
    expect(html).toContain('class="passed" width="75.00"')
    expect(html).toContain(`data-to-ms="${NOW_MS + 12 * HOUR_MS}"`)
  })

  it('is full when the period is over, and says what happens', () => {
    const over = { dropAtMs: NOW_MS - 1 }
    expect(shown(over)).toContain('width="100.00"')
    expect(textOf(shown(over))).toContain('The period is over. The next refusal of the credentials drops events')
    expect(textOf(shown(over, 'dropping'))).toContain('Events are being dropped')
    expect(textOf(shown({ ...over, kept: 'the clock is not sane' }))).toContain(
      'Nothing is dropped: the clock is not sane',
    )
  })

  it('has no bar where nothing is ever dropped', () => {
    expect(textOf(shown({ dropAtMs: null }))).toBe('Nothing is dropped: this connector holds its events.')
    expect(shown({ dropAtMs: null })).not.toContain('svg')
  })

  it('is not there while credentials work', () => expect(countdown(reportWith({}), NOW_MS)).toBeNull())

  it('tells what is at stake, as far as it is known', () => {
    expect(atStake(FAILING)).toBe('1,020 events, 745 kB')
    expect(atStake({ ...FAILING, bytesAtStake: null })).toBe('1,020 events')
    expect(atStake({ ...FAILING, eventsAtStake: null })).toBeNull()
  })
})
