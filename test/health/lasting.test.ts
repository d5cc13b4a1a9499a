import { describe, expect, it } from 'vitest'
import { Lasting } from '../../src/health/lasting.js'
import type { Snapshot } from '../../src/health/snapshot.js'
import { NO_TOTALS, snapshotWith } from '../support/sample-connector.js'

const hear = (...heard: Partial<Snapshot>[]) => {
  const lasting = new Lasting()
  for (const change of heard) lasting.hear(snapshotWith({ startedAtMs: 0, atMs: 0, ...change }))
  return lasting
}

describe('what stays known of a connector', () => {
  it('is the latest success of all processes, whoever speaks last', () => {
    expect(hear({}).lastSuccessAtMs).toBeNull()
    expect(hear({ lastSuccessAtMs: 7 }, { lastSuccessAtMs: 5 }, { lastSuccessAtMs: null }).lastSuccessAtMs).toBe(7)
  })

  it('is the size of an event: of those delivered, else of those that were in memory first', () => {
    const buffered = (events: number, bytes: number) => ({ totals: { ...NO_TOTALS, buffered: { events, bytes } } })
    const delivered = { totals: { ...NO_TOTALS, delivered: 10, bytes: 200, buffered: { events: 1, bytes: 1 } } }
    expect(hear({}).bytesPerEvent).toBeNull()
    expect(hear(buffered(4, 40), buffered(1, 99), {}).bytesPerEvent).toBe(10)
    expect(hear(buffered(4, 40), delivered, {}, buffered(1, 99)).bytesPerEvent).toBe(20)
  })
})
