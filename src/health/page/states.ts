import { html } from 'hono/html'
import type { ConnectorState } from '../recorder.js'
import type { ConnectorReport } from '../report.js'
import type { Html } from './markup.js'

/** How a state is shown: a word, a shape and a colour, so that none of them stands alone. */
export interface Looks {
  word: string
  /** Of a symbol in `icons.ts`. */
  icon: string
  tone: 'good' | 'quiet' | 'warning' | 'serious' | 'grave'
  /** What is worse is higher: the order of the table. */
  severity: number
}

/** What can be chosen in the filter, the worst first; the last is a connector that is saved for later. */
export type ShownState = ConnectorState | 'not-launched'

export const LOOKS: Readonly<Record<ShownState, Looks>> = {
  dropping: { word: 'Dropping events', icon: 'dropping', tone: 'grave', severity: 8 },
  'credentials-failing': { word: 'Credentials failing', icon: 'credentials-failing', tone: 'grave', severity: 7 },
  blocked: { word: 'Blocked', icon: 'blocked', tone: 'serious', severity: 6 },
  stopped: { word: 'Stopped', icon: 'stopped', tone: 'quiet', severity: 4 },
  retrying: { word: 'Retrying', icon: 'retrying', tone: 'warning', severity: 3 },
  paused: { word: 'Paused', icon: 'paused', tone: 'quiet', severity: 2 },
  starting: { word: 'Starting', icon: 'starting', tone: 'quiet', severity: 1 },
  running: { word: 'Running', icon: 'running', tone: 'good', severity: 0 },
  'not-launched': { word: 'Not launched', icon: 'not-launched', tone: 'quiet', severity: -1 },
}

/** What needs a person stands above everything that does not, whatever its state. */
const ATTENTION_SEVERITY = 10

export const shownStateOf = ({ enabled, state }: ConnectorReport): ShownState => (enabled ? state : 'not-launched')

export function severityOf(report: ConnectorReport): number {
  return LOOKS[shownStateOf(report)].severity + (report.needsAttention ? ATTENTION_SEVERITY : 0)
}

/** Shape of a state, in its colour. */
export const icon = (state: ShownState): Html =>
  html`<svg class="icon ${LOOKS[state].tone}" aria-hidden="true"><use href="#icon-${LOOKS[state].icon}" /></svg>`

/** Shape and word of a state; of one that by itself needs nobody, such as `running`, also that this connector does. */
export function stateMark(report: ConnectorReport): Html {
  const { word, icon: shape, tone } = LOOKS[shownStateOf(report)]
  const isStale = report.needsAttention && tone !== 'grave' && tone !== 'serious'
  return html`<span class="mark ${isStale ? 'serious' : tone}"
    ><svg class="icon" aria-hidden="true"><use href="#icon-${shape}" /></svg>${word}${
      isStale ? ', needs attention' : ''
    }</span
  >`
}
