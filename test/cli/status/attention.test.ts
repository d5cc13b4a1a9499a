import { describe, expect, it } from 'vitest'
import { attentionLines, troubleLines } from '../../../src/cli/status/attention.js'
import type { ConnectorDocument } from '../../../src/health/api/documents.js'
import { countdownText, durationText } from '../../../src/health/page/times.js'
import { NOW_MS, sampleConnector, sampleConnectors } from './sample-connectors.js'

const VIEW = { nowMs: NOW_MS, columns: Infinity }
const HOUR_MS = 3_600_000
const span = (hours: number) => durationText(hours * HOUR_MS)
const left = (hours: number) => countdownText(hours * HOUR_MS)
const inHours = (hours: number) => new Date(NOW_MS + hours * HOUR_MS).toISOString()

const textsOf = (connector: ConnectorDocument, columns = Infinity) =>
  troubleLines(connector, { nowMs: NOW_MS, columns }).map(({ text }) => text)

/** Failing credentials with this in its document, and what is said of the countdown. */
const countdown = (
  failing: Partial<NonNullable<ConnectorDocument['failing']>>,
  state: 'credentials-failing' | 'dropping' = 'credentials-failing',
) => {
  const base = { since: inHours(-12), dropAt: inHours(36), kept: null, eventsAtStake: 1, bytesAtStake: null }
  return textsOf(sampleConnector(state, { failing: { ...base, ...failing } }))[2]
}

describe('what needs attention', () => {
  it('is what is wrong, since when, what is at stake and what to do', () => {
    expect(textsOf(sampleConnector('credentials-failing'))).toEqual([
      `! connector-2: credentials-failing since 2026-11-21 09:00:00 UTC (${span(3)})`,
      '    InvalidAccessKeyId: AWS does not know the access key (PUT s3://customer/currents/…)',
      `    [############------------] ${left(24)} left until events are dropped, at 2026-11-22 12:00:00 UTC`,
      '    At stake: 3,006 events, about 2.2 MB',
      '    What to do: Enter a key that is active, or make this one active again.',
    ])
    expect(textsOf(sampleConnector('blocked'))).toEqual([
      `! connector-4: blocked since 2026-11-21 09:00:00 UTC (${span(3)})`,
      '    NoSuchBucket: the bucket customer-4 does not exist',
      '    What to do: Create the bucket, or correct its name.',
    ])
  })

  it('names the code where the message does not', () => {
    const problem = { code: 'TLS', message: 'the certificate is over', whatToDo: 'Renew it.' }
    expect(textsOf(sampleConnector('blocked', { problem }))[1]).toBe('    TLS: the certificate is over')
  })

  it('counts down to the very instant, and says what happens then', () => {
    expect(countdown({})).toBe(
      `    [######------------------] ${left(36)} left until events are dropped, at 2026-11-23 00:00:00 UTC`,
    )
    const over = { since: inHours(-49), dropAt: inHours(-1) }
    const shown = '    [########################] over since 2026-11-21 11:00:00 UTC'
    expect(countdown(over)).toBe(`${shown}: the next refusal of the credentials drops events`)
    expect(countdown(over, 'dropping')).toBe(`${shown}: events are being dropped`)
    expect(countdown({ ...over, kept: 'the ledger cannot be written' })).toBe(
      `${shown}; nothing is dropped: the ledger cannot be written`,
    )
    expect(countdown({ dropAt: null })).toBe('    Nothing is dropped: this connector holds its events.')
  })

  it('wraps in a narrow window', () => {
    const lines = textsOf(sampleConnector('credentials-failing'), 60)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60)
    expect(lines.join(' ').replaceAll(/ +/g, ' ')).toBe(
      textsOf(sampleConnector('credentials-failing')).join(' ').replaceAll(/ +/g, ' '),
    )
  })

  it('begins with how many need it, and leaves out those that do not', () => {
    const texts = attentionLines(sampleConnectors(), VIEW).map(({ text }) => text)
    expect(texts[0]).toBe('3 of 8 connectors need attention.')
    expect(texts.filter((text) => /^[!-] /.test(text)).map((text) => text.split(':')[0])).toEqual([
      '! connector-3',
      '! connector-2',
      '! connector-4',
    ])
  })

  it('has first what drops events, then what will drop them next', () => {
    const failing = (name: string, dropAt: string | null) => {
      const when = { since: inHours(-1), dropAt, kept: null, eventsAtStake: 1, bytesAtStake: null }
      return sampleConnector('credentials-failing', { name, failing: when })
    }
    const later = [failing('never', null), failing('later', inHours(9)), failing('soon', inHours(1))]
    const lines = attentionLines([sampleConnector('blocked'), ...later, sampleConnector('dropping')], VIEW)
    const names = lines.flatMap(({ text }) => /^! ([\w-]+):/.exec(text)?.[1] ?? [])
    expect(names).toEqual(['connector-3', 'soon', 'later', 'never', 'connector-4'])
  })

  it.each([
    [[], 'There is no connector.'],
    [['running'], 'The connector needs no attention.'],
    [['running', 'retrying', 'paused'], 'None of 3 connectors needs attention.'],
    [['blocked'], 'The connector needs attention.'],
    [['blocked', 'running'], '1 of 2 connectors needs attention.'],
    [['blocked', 'dropping'], '2 of 2 connectors need attention.'],
  ] as const)('%j: %s', (states, headline) => {
    expect(
      attentionLines(
        states.map((state) => sampleConnector(state)),
        VIEW,
      )[0]?.text,
    ).toBe(headline)
  })
})
