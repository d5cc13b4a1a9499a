import type { ConnectorReport } from '../report.js'
import { COLUMNS, type Column } from './columns.js'
import { LOOKS, shownStateOf, type ShownState } from './states.js'

/** What of the table is shown, and in which order: the query of the page. */
export interface TableView {
  search: string
  /** `all`, `attention`, or a state. */
  show: 'all' | 'attention' | ShownState
  sort: Column
  isDescending: boolean
}

const WORST_FIRST = COLUMNS.find(({ key }) => key === 'state')!
/** More than anybody types, less than what would slow a search. */
const MAX_SEARCH_CHARACTERS = 200

/** Reads a query. What it does not know is as if it was not there: an old link still shows the table. */
export function tableViewOf(query: Readonly<Record<string, string>>): TableView {
  const sort = COLUMNS.find(({ key }) => key === query.sort) ?? WORST_FIRST
  const show = query.show as TableView['show']
  return {
    search: (query.q ?? '').slice(0, MAX_SEARCH_CHARACTERS),
    show: show === 'attention' || Object.hasOwn(LOOKS, show ?? '') ? show : 'all',
    sort,
    isDescending: query.order ? query.order === 'desc' : sort.isNumber,
  }
}

/** The link that sorts by a column: the other way round when the table is sorted by it. */
export function sortLink(view: TableView, column: Column): string {
  const isDescending = column === view.sort ? !view.isDescending : column.isNumber
  const order = isDescending ? 'desc' : 'asc'
  return `/?${new URLSearchParams({ q: view.search, show: view.show, sort: column.key, order }).toString()}#connectors`
}

/** All connectors in the order of the view; by name where it makes no difference. */
export function sorted(reports: readonly ConnectorReport[], { sort, isDescending }: TableView): ConnectorReport[] {
  const direction = isDescending ? -1 : 1
  return reports
    .map((report) => ({ report, by: sort.sortBy(report) }))
    .sort((one, other) => direction * compare(one.by, other.by) || BY_NAME.compare(one.report.name, other.report.name))
    .map(({ report }) => report)
}

const BY_NAME = new Intl.Collator('en', { numeric: true })

function compare(one: number | string, other: number | string): number {
  if (typeof one === 'string') return BY_NAME.compare(one, String(other))
  return one === other ? 0 : one < Number(other) ? -1 : 1
}

export function isShown(report: ConnectorReport, { search, show }: TableView): boolean {
  if (!matches(report, show)) return false
  if (search === '') return true
  const text = searchText(report)
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

/** What the search looks through. */
export function searchText({ name, description, contact, destination, topics }: ConnectorReport): string {
  return [name, description, contact, destination.place, ...topics].join(' ').toLowerCase()
}

const matches = (report: ConnectorReport, show: TableView['show']): boolean =>
  show === 'all' || (show === 'attention' ? report.needsAttention : shownStateOf(report) === show)
