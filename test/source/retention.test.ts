import { describe, expect, it } from 'vitest'
import { retentionFinding, waitingTimeOf } from '../../src/source/retention.js'

const HOUR_MS = 3_600_000
const periodMs = 48 * HOUR_MS

describe('how long a topic must keep its events', () => {
  it.each([
    ['drop', false, 'failed'],
    ['drop', true, 'warning'],
    // Nothing is ever dropped: what Kafka keeps decides, whatever the period is.
    ['hold', false, 'warning'],
    ['hold', true, 'warning'],
  ] as const)(
    'onExpiry %s, allowShortRetention %s: less than the period is %s',
    (onExpiry, allowShortRetention, is) => {
      const waiting = waitingTimeOf({ periodMs, onExpiry, allowShortRetention })
      const config = new Map([['retention.ms', String(periodMs - 1)]])
      const { status, code, hint } = retentionFinding(config, waiting)
      expect([status, code]).toEqual([is, 'RETENTION_TOO_SHORT'])
      expect(hint?.includes('allowShortRetention')).toBe(is === 'failed')
    },
  )
})
