import { describe, expect, it } from 'vitest'
import { connectorsTable } from '../../../src/cli/status/connectors-table.js'
import { durationText } from '../../../src/health/page/times.js'
import { NOW_MS, sampleConnector, sampleConnectors } from './sample-connectors.js'

const tableFor = (columns: number) => connectorsTable(sampleConnectors(), { nowMs: NOW_MS, columns })
const textsFor = (columns: number) => tableFor(columns).map(({ text }) => text)
const cellsOf = (line = '') => line.trim().split(/ {2,}/)

describe('the table of connectors', () => {
  it('has the columns of the status page', () => {
    const [header, running, retrying, failing] = textsFor(Infinity)
    expect(cellsOf(header)).toEqual([
      ...['connector', 'state', 'destination', 'oldest', 'lag', 'in/s', 'out/s', 'dead letters', 'dropped'],
      'last success',
    ])
    expect(cellsOf(running)).toEqual([
      ...['connector-0', 'running', 's3://customer-0/currents', '-', '0', '10.0', '9.5', '20', '0', '2 s ago'],
    ])
    expect(cellsOf(retrying).slice(0, 5)).toEqual([
      ...['connector-1', 'retrying', 'stream customer-1 in eu-west-1', durationText(24 * 3_600_000), '3,003'],
    ])
    expect(cellsOf(failing)[1]).toBe('! credentials-failing')
  })

  it('has a row for every connector, in their order, and says what is dropped', () => {
    const rows = textsFor(Infinity).slice(1)
    expect(rows.map((row) => cellsOf(row)[0])).toEqual(sampleConnectors().map(({ name }) => name))
    expect(cellsOf(rows[3])[8]).toBe('20')
  })

  it('says - for what is not known, and that a connector is not launched', () => {
    const unknown = { enabled: false, lagEvents: null, oldestUndeliveredAt: null, lastSuccessAt: null }
    const [, row] = connectorsTable([sampleConnector('stopped', unknown)], { nowMs: NOW_MS, columns: Infinity })
    const cells = cellsOf(row?.text)
    expect([cells[1], cells[3], cells[4], cells[9]]).toEqual(['not launched', '-', '-', '-'])
  })

  it.each([120, 100, 80, 60])('fits %i columns, without what matters least', (columns) => {
    const lines = textsFor(columns)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns)
    expect(cellsOf(lines[0])).toEqual(expect.arrayContaining(['connector', 'state', 'oldest', 'lag']))
    expect(cellsOf(lines[0])).not.toContain('destination')
  })

  it('has every column where they fit exactly', () => {
    const widest = Math.max(...textsFor(Infinity).map((line) => line.length))
    expect(textsFor(widest)).toEqual(textsFor(Infinity))
    expect(textsFor(widest - 1)).not.toEqual(textsFor(Infinity))
  })

  it('shows what is wrong in colour as well as in words', () => {
    const tones = tableFor(Infinity).map(({ tone }) => tone)
    expect(tones).toEqual(['title', undefined, 'unsure', 'bad', 'bad', 'bad', 'faint', 'unsure', 'faint'])
  })
})
