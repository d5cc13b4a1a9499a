import { html } from 'hono/html'
import type { ConnectorReport } from '../report.js'
import { COLUMNS, type Column } from './columns.js'
import type { Html } from './markup.js'
import { LOOKS, shownStateOf } from './states.js'
import { isShown, searchText, sorted, sortLink, type TableView } from './table-view.js'

/** Search, filter and table. A form of links and fields: scripts only spare the reload. */
export function connectorTable(reports: readonly ConnectorReport[], view: TableView, nowMs: number): Html {
  const shown = new Set(reports.filter((report) => isShown(report, view)))
  return html`<section aria-labelledby="connectors">
    <div class="bar">
      <h2 id="connectors">Connectors</h2>
      ${filterForm(reports, view)}
      <p id="shown" role="status">${shown.size} of ${reports.length} shown</p>
    </div>
    <table id="table" class="connectors">
      <thead>
        <tr>
          ${COLUMNS.map((column) => header(column, view))}
        </tr>
      </thead>
      <tbody>
        ${sorted(reports, view).map((report) => connectorRow(report, nowMs, shown.has(report)))}
      </tbody>
    </table>
    <p id="none" ${shown.size > 0 ? 'hidden' : ''}>No connector matches. <a href="/">Show all</a></p>
  </section>`
}

/** Rows that are not shown are there, hidden: the browser filters without asking. */
export function connectorRow(report: ConnectorReport, nowMs: number, isRowShown = true): Html {
  const attention = report.needsAttention ? 'attention' : ''
  return html`<tr
    id="row-${report.name}"
    data-show="${attention} ${shownStateOf(report)}"
    data-search="${searchText(report)}"
    class="${attention}"
    ${isRowShown ? '' : 'hidden'}
  >
    ${COLUMNS.map((column) => cell(column, report, nowMs))}
  </tr>`
}

function cell(column: Column, report: ConnectorReport, nowMs: number): Html {
  const content = column.cell(report, nowMs)
  const sortBy = column.sortBy(report)
  return column.key === 'name'
    ? html`<th scope="row" data-sort="${sortBy}">${content}</th>`
    : html`<td class="${column.key}" data-title="${column.title}" data-sort="${sortBy}">${content}</td>`
}

function header(column: Column, view: TableView): Html {
  const order = column === view.sort ? (view.isDescending ? 'descending' : 'ascending') : 'none'
  return html`<th
    scope="col"
    aria-sort="${order}"
    class="${column.key}"
    data-key="${column.key}"
    ${column.isNumber ? 'data-number' : ''}
  >
    <a href="${sortLink(view, column)}">${column.title}<span class="arrow" aria-hidden="true"></span></a>
  </th>`
}

function filterForm(reports: readonly ConnectorReport[], view: TableView): Html {
  const states = new Set(reports.map(shownStateOf))
  const options = Object.entries(LOOKS).filter(([state]) => state === view.show || states.has(state as never))
  return html`<form id="filter" role="search" method="get" action="/">
    <label
      ><span class="unseen">Search connectors</span>
      <input type="search" name="q" value="${view.search}" placeholder="Search  /" maxlength="200" autocomplete="off" />
    </label>
    <label
      ><span class="unseen">Show</span>
      <select name="show">
        ${[
          ['all', 'All states'],
          ['attention', 'Needs attention'],
        ].map(([value, word]) => option(value!, word!, view))}
        ${options.map(([state, { word }]) => option(state, word, view))}
      </select>
    </label>
    <input type="hidden" name="sort" value="${view.sort.key}" />
    <input type="hidden" name="order" value="${view.isDescending ? 'desc' : 'asc'}" />
    <button class="without-script">Show</button>
  </form>`
}

const option = (value: string, word: string, { show }: TableView): Html =>
  html`<option value="${value}" ${value === show ? 'selected' : ''}>${word}</option>`
