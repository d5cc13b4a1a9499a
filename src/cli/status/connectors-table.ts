import type { ConnectorDocument } from '../../health/api/documents.js'
import { countText, rateText } from '../../health/page/numbers.js'
import { durationText } from '../../health/page/times.js'
import { tableOf } from '../table.js'
import type { Line, View } from './line.js'
import { stateText, toneOf } from './state.js'

interface Column {
  title: string
  cell: (connector: ConnectorDocument, nowMs: number) => string
  /** Numbers are compared digit below digit. */
  isNumber?: boolean
  /** Where the window is narrow, the column with the lowest goes first; without one it stays. */
  worth?: number
}

/** Nothing there, or not known. */
const NONE = '-'

const COLUMNS: readonly Column[] = [
  { title: 'connector', cell: ({ name }) => name },
  { title: 'state', cell: (connector) => `${connector.needsAttention ? '! ' : ''}${stateText(connector)}` },
  { title: 'destination', cell: ({ destination }) => destination.place, worth: 1 },
  { title: 'oldest', cell: ({ oldestUndeliveredAt }, nowMs) => ageText(oldestUndeliveredAt, nowMs), isNumber: true },
  { title: 'lag', cell: ({ lagEvents }) => (lagEvents === null ? NONE : countText(lagEvents)), isNumber: true },
  { title: 'in/s', cell: ({ inPerSecond }) => rateText(inPerSecond), isNumber: true, worth: 3 },
  { title: 'out/s', cell: ({ outPerSecond }) => rateText(outPerSecond), isNumber: true, worth: 4 },
  { title: 'dead letters', cell: ({ totals }) => countText(totals.deadLettered), isNumber: true, worth: 2 },
  { title: 'dropped', cell: ({ totals }) => countText(droppedOf(totals)), isNumber: true, worth: 5 },
  {
    title: 'last success',
    cell: ({ lastSuccessAt }, nowMs) => agoText(lastSuccessAt, nowMs),
    isNumber: true,
    worth: 6,
  },
]

/** A row for each connector, with as many columns as there is room for. */
export function connectorsTable(connectors: readonly ConnectorDocument[], view: View): Line[] {
  const [header = '', ...rows] = fitting(connectors, view)
  const lines = rows.map((text, n) => ({ text, tone: toneOf(connectors[n]!) }))
  return [{ text: header, tone: 'title' }, ...lines]
}

function fitting(connectors: readonly ConnectorDocument[], { nowMs, columns }: View): string[] {
  let shown = COLUMNS
  for (;;) {
    const rows = connectors.map((connector) => shown.map(({ cell }) => cell(connector, nowMs)))
    const lines = tableOf(
      shown.map(({ title }) => title),
      rows,
      shown.map(({ isNumber = false }) => isNumber),
    )
    const least = Math.min(...shown.map(({ worth = Infinity }) => worth))
    if (least === Infinity || lines.every((line) => line.length <= columns)) return lines
    shown = shown.filter(({ worth }) => worth !== least)
  }
}

export function ageText(at: string | null, nowMs: number): string {
  return at === null ? NONE : durationText(nowMs - Date.parse(at))
}

const agoText = (at: string | null, nowMs: number) => (at === null ? NONE : `${ageText(at, nowMs)} ago`)

export const droppedOf = ({ dropped }: ConnectorDocument['totals']) => dropped.credentials + dropped.retention
