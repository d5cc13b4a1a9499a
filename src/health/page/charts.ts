import { html } from 'hono/html'
import type { History } from '../report.js'
import { pathOf } from './columns.js'
import { table } from './connector-tables.js'
import { NOT_KNOWN, NOTHING, type Html } from './markup.js'
import { count, countText, rateText } from './numbers.js'
import { beforeFine, HOUR_MS, slicesOf, type Slice } from './slices.js'
import { durationText, instant } from './times.js'

const MINUTE_MS = 60_000
/** As many rows as a person reads: twelve for the hour, twenty-four for the day. */
const SLICE_OF_HOUR_MS = 5 * MINUTE_MS
const SLICE_OF_DAY_MS = HOUR_MS

const CHARTS = [
  { kind: 'lag', title: 'Lag', unit: 'events that wait' },
  { kind: 'throughput', title: 'Throughput', unit: 'events a second' },
  { kind: 'outcomes', title: 'Answers of the destination', unit: 'a minute, by outcome' },
  { kind: 'latency', title: 'Latency of the destination', unit: 'milliseconds' },
] as const

/** Lag, throughput, outcomes and latency over the last hour and day: drawn by scripts, and as tables for everybody. */
export function charts(name: string, history: History, nowMs: number): Html {
  const { fine, fineMs, coarse, coarseMs } = history
  const lastHour = [
    ...slicesOf(fine, fineMs, SLICE_OF_HOUR_MS),
    ...slicesOf(beforeFine(history, nowMs), coarseMs, SLICE_OF_HOUR_MS),
  ]
  return html`<section id="history" aria-labelledby="history-title">
    <div class="bar">
      <h2 id="history-title">History</h2>
      <fieldset class="spans with-script">
        <legend class="unseen">Time shown by the charts</legend>
        <label><input type="radio" name="span" value="hour" checked /> Last hour</label>
        <label><input type="radio" name="span" value="day" /> Last day</label>
      </fieldset>
    </div>
    <div class="charts with-script" data-history="${pathOf(name)}/history" data-keep>
      ${CHARTS.map(
        ({ kind, title, unit }) =>
          html`<figure>
            <figcaption>${title} <small>${unit}</small></figcaption>
            <div class="plot" data-chart="${kind}" aria-hidden="true"></div>
          </figure>`,
      )}
    </div>
    ${numbers('The last hour in numbers', lastHour)}
    ${numbers('The last day in numbers', slicesOf(coarse, coarseMs, SLICE_OF_DAY_MS))}
  </section>`
}

function numbers(title: string, slices: readonly Slice[]): Html {
  return html`<details id="${title.toLowerCase().replaceAll(' ', '-')}">
    <summary>${title}</summary>
    ${table(
      [
        ...['Until', 'Lag at most', 'Oldest at most', 'In /s', 'Out /s', 'Accepted calls', 'Failed calls'],
        ...['Dropped', 'Dead letters', 'Latency p50 / p99 at most'],
      ],
      slices.map(row),
      'Nothing is known yet.',
    )}
  </details>`
}

function row(slice: Slice): (Html | string)[] {
  const { oldestUndeliveredAgeMs: ageMs, failures, p50Ms, p99Ms } = slice
  return [
    instant(slice.atMs),
    count(slice.lagEvents),
    ageMs === null ? NOTHING : durationText(ageMs),
    rateText(slice.inPerSecond),
    rateText(slice.outPerSecond),
    countText(slice.ok),
    failures.length === 0 ? '0' : failures.map(([outcome, times]) => `${outcome} ${countText(times)}`).join(', '),
    countText(slice.dropped),
    countText(slice.deadLettered),
    p50Ms === null || p99Ms === null ? NOT_KNOWN : `${countText(p50Ms)} / ${countText(p99Ms)} ms`,
  ]
}
