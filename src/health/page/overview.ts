import { html } from 'hono/html'
import type { ConnectorReport, HealthReader } from '../report.js'
import { attention } from './attention.js'
import { connectorRow, connectorTable } from './connector-table.js'
import { instanceList } from './layout.js'
import type { Html } from './markup.js'
import type { TableView } from './table-view.js'

/** Everything at a glance: what needs a person, then all connectors, then the processes. */
export function overview(reader: HealthReader, view: TableView, nowMs: number): { title: string; main: Html } {
  const reports = reader.connectors()
  const main = html`<h1 class="unseen">Connectors</h1>
    ${attention(reports, nowMs)} ${connectorTable(reports, view, nowMs)} ${instanceList(reader.instances(), nowMs)}`
  return { title: titleOf(reports), main }
}

/** How many connectors need a person: `(3) Millrace`, so that it shows on the tab. */
function titleOf(reports: readonly ConnectorReport[]): string {
  const needy = reports.filter(({ needsAttention }) => needsAttention).length
  return needy === 0 ? 'Millrace' : `(${needy}) Millrace`
}

/** What a browser puts in the place of what it has, when `names` have changed. */
export function overviewChanges(reader: HealthReader, names: ReadonlySet<string>, nowMs: number): Html[] {
  const reports = reader.connectors()
  const rows = reports.filter(({ name }) => names.has(name)).map((report) => connectorRow(report, nowMs))
  return [attention(reports, nowMs), ...rows, instanceList(reader.instances(), nowMs)]
}
