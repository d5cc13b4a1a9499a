import { html } from 'hono/html'
import type { ConnectorReport } from '../report.js'
import { NOT_KNOWN, NOTHING, type Html } from './markup.js'
import { count, countText, many, rateText, sizeText } from './numbers.js'
import { age, ago, durationText } from './times.js'

interface Figure {
  title: string
  value: Html | string
  note?: Html | string
}

/** The numbers of a connector. */
export function figures(report: ConnectorReport, nowMs: number): Html {
  return html`<section id="figures" aria-label="Figures">
    <dl class="figures">
      ${[...nowFigures(report, nowMs), ...totalFigures(report)].map(
        ({ title, value, note }) =>
          html`<div>
            <dt>${title}</dt>
            <dd>${value}${note ? html` <small>${note}</small>` : null}</dd>
          </div>`,
      )}
    </dl>
  </section>`
}

function nowFigures(report: ConnectorReport, nowMs: number): Figure[] {
  const { oldestUndeliveredAtMs: oldestAtMs, lastSuccessAtMs, retentionHeadroomMs } = report
  return [
    { title: 'Oldest waiting', value: oldestAtMs === null ? NOTHING : age(oldestAtMs, nowMs) },
    { title: 'Lag', value: count(report.lagEvents), note: 'events' },
    { title: 'In', value: rateText(report.inPerSecond), note: 'events/s' },
    { title: 'Out', value: rateText(report.outPerSecond), note: 'events/s' },
    { title: 'Last success', value: lastSuccessAtMs === null ? NOT_KNOWN : ago(lastSuccessAtMs, nowMs) },
    {
      title: 'Retention headroom',
      value: retentionHeadroomMs === null ? NOTHING : durationText(retentionHeadroomMs),
      note: 'until Kafka removes the oldest',
    },
  ]
}

/** Since the processes started, which the note of the first says. */
function totalFigures({ totals, destination }: ConnectorReport): Figure[] {
  const { delivered, bytes, objects, buffered, filtered, deadLettered, dropped } = totals
  const isObjects = destination.type === 's3' || destination.type === 'folder'
  return [
    {
      title: 'Delivered',
      value: countText(delivered),
      note: `${sizeText(bytes)}${isObjects ? ` in ${many(objects, 'object')}` : ''}, since start`,
    },
    { title: 'Buffered', value: countText(buffered.events), note: sizeText(buffered.bytes) },
    { title: 'Filtered', value: countText(filtered), note: 'not selected' },
    { title: 'Dead letters', value: countText(deadLettered) },
    { title: 'Dropped', value: countText(dropped.credentials), note: 'by the 48-hour rule' },
    { title: 'Lost to retention', value: countText(dropped.retention), note: 'removed by Kafka' },
  ]
}
