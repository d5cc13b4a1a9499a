import { html } from 'hono/html'
import type { ConnectorReport, HealthReader } from '../report.js'
import { problemText } from './attention.js'
import { charts } from './charts.js'
import { typeText } from './columns.js'
import { atStake, countdown } from './countdown.js'
import { errorTable, partitionTable, timeline } from './connector-tables.js'
import { facts } from './facts.js'
import { figures } from './figures.js'
import { foreign, type Html } from './markup.js'
import { askDialog, operationButtons } from './operation-buttons.js'
import { deadLetterTable, dropTable, type SideRecords } from './side-records.js'
import { stateMark } from './states.js'
import { since } from './times.js'

export interface ConnectorPageParts {
  reader: HealthReader
  records: SideRecords
}

/** Everything about one connector. */
export async function connectorPage(report: ConnectorReport, parts: ConnectorPageParts, nowMs: number): Promise<Html> {
  const { name, description, contact, topics } = report
  return html`<nav aria-label="Breadcrumb"><a href="/">‹ All connectors</a></nav>
    <div class="title">
      <h1>${foreign(name)}</h1>
      <p>
        ${description ? html`${foreign(description)}<br />` : null}
        <small
          >${topics.length === 1 ? 'topic' : 'topics'} ${foreign(topics.join(', '))} to ${typeText(report.destination)},
          ${foreign(report.destination.place)}${contact ? html`; contact ${foreign(contact)}` : null}</small
        >
      </p>
    </div>
    ${await connectorSections(report, parts, nowMs)} ${askDialog()}`
}

/** The parts of the page that change, each with an id of its own. */
export async function connectorSections(
  report: ConnectorReport,
  { reader, records }: ConnectorPageParts,
  nowMs: number,
): Promise<Html[]> {
  const { drops, deadLetters } = await records.of(report)
  const history = reader.history(report.name)
  return [
    stateSection(report, nowMs),
    figures(report, nowMs),
    charts(report.name, history, nowMs),
    partitionTable(report.partitions, nowMs),
    errorTable(reader.errors(report.name)),
    timeline(reader.timeline(report.name), nowMs),
    dropTable(drops, report),
    deadLetterTable(deadLetters, report),
  ]
}

function stateSection(report: ConnectorReport, nowMs: number): Html {
  const { problem, failing, sinceMs } = report
  return html`<section id="state" class="now ${report.needsAttention ? 'attention' : ''}" aria-labelledby="state-title">
    <h2 id="state-title">${stateMark(report)}</h2>
    <p>since ${since(sinceMs, nowMs)}</p>
    ${problemText(report, nowMs)} ${countdown(report, nowMs)}
    ${facts([
      ['At stake', failing && atStake(failing)],
      ['What to do', problem && foreign(problem.whatToDo)],
    ])}
    ${operationButtons(report)}
  </section>`
}
