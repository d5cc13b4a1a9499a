import { describe, expect, it } from 'vitest'
import { deadLetterTable, dropTable, SideRecords } from '../../../src/health/page/side-records.js'
import { FakeClock } from '../../support/fake-clock.js'
import { SimulatedHealth } from '../../support/simulated-health.js'
import { NOW_MS, reportWith, textOf } from './reports.js'

/** The fourth of the simulated connectors drops. */
const DROPPING = 'connector-3'

function records() {
  const health = new SimulatedHealth({ connectors: 4, partitions: 1, nowMs: NOW_MS })
  const clock = new FakeClock(NOW_MS)
  return { health, clock, records: new SideRecords(health, clock), report: health.connector(DROPPING)! }
}

describe('drops and dead letters', () => {
  it('are read once a minute, and at once when there are more', async () => {
    const { health, clock, records: kept, report } = records()
    let reads = 0
    const drops = health.drops.bind(health)
    health.drops = (...asked) => (reads++, drops(...asked))
    await kept.of(report)
    await kept.of(report)
    expect(reads).toBe(1)
    await kept.of({ ...report, totals: { ...report.totals, deadLettered: 21 } })
    expect(reads).toBe(2)
    await clock.advance(60_000)
    await kept.of({ ...report, totals: { ...report.totals, deadLettered: 21 } })
    expect(reads).toBe(3)
    expect(clock.pendingTimers).toBe(0)
  })

  it('do not keep a page waiting, and are there at the next look', async () => {
    const { health, clock, records: kept, report } = records()
    let answer = () => {}
    health.drops = () => new Promise((resolve) => (answer = () => resolve([])))
    const first = kept.of(report)
    await clock.advance(2_000)
    expect((await first).drops).toBe('waiting')
    answer()
    expect((await kept.of(report)).drops).toEqual([])
  })

  it('that cannot be read say how to look for them', async () => {
    const { health, records: kept, report } = records()
    health.drops = () => Promise.reject(new Error('no broker answers'))
    const { drops, deadLetters } = await kept.of(report)
    expect(textOf(dropTable(drops, report))).toContain(`Try millrace drops list --connector ${DROPPING}`)
    expect(deadLetters).toHaveLength(10)
  })

  it('are shown without payloads, with how to replay them', async () => {
    const { records: kept, report } = records()
    const { drops, deadLetters } = await kept.of(report)
    const text = textOf(dropTable(drops, report))
    expect(text).toContain(
      '2026-11-21 19:09:43 UTC credentials InvalidAccessKeyId events.0 0: 100 to 199 100 73.0 kB no',
    )
    expect(text).toContain(`millrace replay --drop ${'0'.repeat(32)}`)
    expect(textOf(deadLetterTable(deadLetters, report))).toContain('events.3 0: 0 2026-11-21 19:10:43 UTC NOT_JSON')
  })

  it('that are none say so', () => {
    const report = reportWith({})
    expect(textOf(dropTable([], report))).toBe('Drop ledger Nothing was dropped.')
    expect(textOf(deadLetterTable('waiting', report))).toContain('Kafka has not answered yet')
  })
})
