import { html } from 'hono/html'
import type { ErrorReport, PartitionReport, TimelineEntry } from '../report.js'
import { sentence } from './attention.js'
import { foreign, NOTHING, type Html } from './markup.js'
import { count, countText, many } from './numbers.js'
import { LOOKS, type ShownState } from './states.js'
import { age, ago, instant } from './times.js'

export function partitionTable(partitions: readonly PartitionReport[], nowMs: number): Html {
  return html`<section id="partitions" aria-labelledby="partitions-title">
    <h2 id="partitions-title">${many(partitions.length, 'partition')}</h2>
    ${table(
      ['Topic and partition', 'Owner', 'Committed', 'End', 'Lag', 'Oldest waiting'],
      partitions.map(({ topic, partition, owner, committed, end, lagEvents, oldestUndeliveredAtMs: oldestAtMs }) => [
        html`${foreign(topic)} <small>${partition}</small>`,
        owner === null ? html`<span class="mark serious">nobody</span>` : foreign(owner),
        committed === null ? NOTHING : countText(committed),
        count(end),
        count(lagEvents),
        oldestAtMs === null ? NOTHING : age(oldestAtMs, nowMs),
      ]),
      'Kafka has not said yet which partitions there are.',
    )}
  </section>`
}

/** Errors by code, the most recent first. */
export function errorTable(errors: readonly ErrorReport[]): Html {
  return html`<section id="errors" aria-labelledby="errors-title">
    <h2 id="errors-title">Errors</h2>
    ${table(
      ['Error', 'Count', 'First', 'Last', 'Newest message and what to do'],
      errors.map((error) => [
        html`<code>${error.code}</code>`,
        countText(error.count),
        instant(error.firstAtMs),
        instant(error.lastAtMs),
        html`${foreign(sentence(error))} <small>${foreign(error.whatToDo)}</small>`,
      ]),
      'No error since the processes started.',
    )}
  </section>`
}

const KINDS: Readonly<Record<TimelineEntry['kind'], string>> = {
  state: 'State',
  credentials: '48-hour rule',
  operator: 'Operator',
}

/** What happened, the newest first. */
export function timeline(entries: readonly TimelineEntry[], nowMs: number): Html {
  return html`<section id="timeline" aria-labelledby="timeline-title">
    <h2 id="timeline-title">Timeline</h2>
    ${entries.length === 0 ? html`<p class="hint">Nothing has changed in the last day.</p>` : null}
    <ol class="timeline">
      ${entries.map(
        ({ atMs, kind, what, code, message, instance }) =>
          html`<li class="${kind}">
            <p>${instant(atMs)} <small>${ago(atMs, nowMs)}</small></p>
            <p>
              <b>${KINDS[kind]}: ${wordOf(what)}</b> ${code ? html`<code>${code}</code>` : null}
              ${foreign(sentence({ code: code ?? '', message }))} <small>${foreign(instance)}</small>
            </p>
          </li>`,
      )}
    </ol>
  </section>`
}

const wordOf = (what: string): string => (Object.hasOwn(LOOKS, what) ? LOOKS[what as ShownState].word : what)

/** A plain table: the first cell of a row names it. `none` stands where there is no row. */
export function table(titles: readonly string[], rows: readonly (readonly unknown[])[], none: string): Html {
  if (rows.length === 0) return html`<p class="hint">${none}</p>`
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${titles[0]}">
    <table>
      <thead>
        <tr>
          ${titles.map((title) => html`<th scope="col">${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([first, ...others]) =>
            html`<tr>
              <th scope="row">${first}</th>
              ${others.map((cell) => html`<td>${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}
