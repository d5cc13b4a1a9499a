import { html } from 'hono/html'
import type { DestinationReport, ConnectorReport } from '../report.js'
import { foreign, NOTHING, type Html } from './markup.js'
import { count, countText, rateText } from './numbers.js'
import { severityOf, stateMark } from './states.js'
import { age, ago } from './times.js'

/** A column of the table of connectors. */
export interface Column {
  /** In the query of the page. */
  key: string
  title: string
  isNumber: boolean
  /** What it is sorted by; the browser sorts by the same. */
  sortBy(report: ConnectorReport): number | string
  cell(report: ConnectorReport, nowMs: number): Html | string
}

const TYPES: Readonly<Record<DestinationReport['type'], string>> = {
  s3: 'Amazon S3',
  kinesis: 'Amazon Kinesis',
  'event-hubs': 'Azure Event Hubs',
  folder: 'Folder',
}

export const typeText = ({ type }: DestinationReport): string => TYPES[type]

export const droppedOf = ({ totals }: ConnectorReport): number => totals.dropped.credentials + totals.dropped.retention

/** What is not known comes last where the largest is first. */
const LEAST = Number.NEGATIVE_INFINITY

export const COLUMNS: readonly Column[] = [
  {
    ...{ key: 'name', title: 'Connector', isNumber: false },
    sortBy: ({ name }) => name,
    cell: ({ name, description }) =>
      html`<a href="${pathOf(name)}">${foreign(name)}</a> <small>${foreign(description ?? '')}</small>`,
  },
  {
    ...{ key: 'state', title: 'State', isNumber: true },
    sortBy: severityOf,
    cell: (report, nowMs) => html`${stateMark(report)} <small>for ${age(report.sinceMs, nowMs)}</small>`,
  },
  {
    ...{ key: 'destination', title: 'Destination', isNumber: false },
    sortBy: ({ destination }) => `${typeText(destination)} ${destination.place}`,
    cell: ({ destination }) => html`${typeText(destination)} <small>${foreign(destination.place)}</small>`,
  },
  {
    ...{ key: 'oldest', title: 'Oldest waiting', isNumber: true },
    sortBy: ({ oldestUndeliveredAtMs: atMs }) => (atMs === null ? LEAST : -atMs),
    cell: ({ oldestUndeliveredAtMs: atMs }, nowMs) => (atMs === null ? NOTHING : age(atMs, nowMs)),
  },
  {
    ...{ key: 'lag', title: 'Lag', isNumber: true },
    sortBy: ({ lagEvents }) => lagEvents ?? LEAST,
    cell: ({ lagEvents }) => count(lagEvents),
  },
  {
    ...{ key: 'in', title: 'In /s', isNumber: true },
    sortBy: ({ inPerSecond }) => inPerSecond,
    cell: ({ inPerSecond }) => rateText(inPerSecond),
  },
  {
    ...{ key: 'out', title: 'Out /s', isNumber: true },
    sortBy: ({ outPerSecond }) => outPerSecond,
    cell: ({ outPerSecond }) => rateText(outPerSecond),
  },
  {
    ...{ key: 'dead-letters', title: 'Dead letters', isNumber: true },
    sortBy: ({ totals }) => totals.deadLettered,
    cell: ({ totals }) => countText(totals.deadLettered),
  },
  {
    ...{ key: 'dropped', title: 'Dropped', isNumber: true },
    sortBy: droppedOf,
    cell: (report) => countText(droppedOf(report)),
  },
  {
    ...{ key: 'success', title: 'Last success', isNumber: true },
    sortBy: ({ lastSuccessAtMs }) => lastSuccessAtMs ?? LEAST,
    cell: ({ lastSuccessAtMs: atMs }, nowMs) => (atMs === null ? NOTHING : ago(atMs, nowMs)),
  },
]

/** The page of a connector. `/connectors/...` belongs to Kafka Connect's API. */
export const pathOf = (name: string): string => `/c/${encodeURIComponent(name)}`
