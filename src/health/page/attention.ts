import { html } from 'hono/html'
import type { ConnectorReport, Problem } from '../report.js'
import { pathOf, typeText } from './columns.js'
import { atStake, countdown } from './countdown.js'
import { facts } from './facts.js'
import { foreign, type Html } from './markup.js'
import { countText, many } from './numbers.js'
import { icon, LOOKS, severityOf, shownStateOf, stateMark, type ShownState } from './states.js'
import { age, since } from './times.js'

/** Three screens of a large monitor: who has more trouble than that works through the table. */
const MOST_CARDS = 12

/** Everything that needs a person, the most urgent first, and how all the others are. */
export function attention(reports: readonly ConnectorReport[], nowMs: number): Html {
  const needy = reports.filter(({ needsAttention }) => needsAttention).sort(byUrgency)
  const rest = needy.length - MOST_CARDS
  return html`<section id="attention" aria-labelledby="attention-title">
    <h2 id="attention-title">${needy.length === 0 ? 'Nothing needs you' : html`Needs attention`}</h2>
    <p class="summary">${summary(reports, needy.length)}</p>
    ${stateCounts(reports)}
    <ul class="cards">
      ${needy.slice(0, MOST_CARDS).map((report) => card(report, nowMs))}
    </ul>
    ${rest > 0 ? html`<p><a href="/?show=attention#connectors">and ${many(rest, 'more connector')}</a></p>` : null}
  </section>`
}

/** What drops events first, then what will drop them next, then by severity and age. */
function byUrgency(one: ConnectorReport, other: ConnectorReport): number {
  const bySeverity = severityOf(other) - severityOf(one)
  const dropAt = (report: ConnectorReport) => report.failing?.dropAtMs ?? Number.MAX_SAFE_INTEGER
  return bySeverity || dropAt(one) - dropAt(other) || one.sinceMs - other.sinceMs
}

function summary(reports: readonly ConnectorReport[], needy: number): Html {
  const all = reports.length
  const others = all - needy
  const retrying = reports.filter(({ state }) => state === 'retrying').length
  if (all === 0) return html`No connector is configured: <code>millrace add</code> makes one.`
  if (needy > 0)
    return html`<a href="/?show=attention#connectors">${many(needy, 'connector')}</a> ${needy === 1 ? 'needs' : 'need'}
      a person; ${others} of ${all} ${others === 1 ? 'does' : 'do'} not.`
  if (retrying > 0)
    return html`${retrying} of ${many(all, 'connector')} ${retrying === 1 ? 'is' : 'are'} retrying: that passes by
    itself, and needs you if it lasts.`
  return html`${all === 1 ? 'The connector is' : `All ${many(all, 'connector')} are`} well.`
}

/** How many are in each state, as links that show them. */
function stateCounts(reports: readonly ConnectorReport[]): Html {
  const states = (Object.keys(LOOKS) as ShownState[]).map((state) => ({
    state,
    number: reports.filter((report) => shownStateOf(report) === state).length,
  }))
  return html`<ul class="counts" aria-label="States">
    ${states
      .filter(({ number }) => number > 0)
      .map(
        ({ state, number }) =>
          html`<li>
            <a href="/?show=${state}#connectors">${icon(state)} ${countText(number)} ${LOOKS[state].word}</a>
          </li>`,
      )}
  </ul>`
}

function card(report: ConnectorReport, nowMs: number): Html {
  const { name, destination, failing, problem, sinceMs } = report
  return html`<li class="card" id="card-${name}">
    <h3>${stateMark(report)} <a href="${pathOf(name)}">${foreign(name)}</a></h3>
    <p class="place">${typeText(destination)} · ${foreign(destination.place)}</p>
    ${problemText(report, nowMs)} ${countdown(report, nowMs)}
    ${facts([
      ['Since', failing ? null : since(sinceMs, nowMs)],
      ['At stake', failing && atStake(failing)],
      ['What to do', problem && foreign(problem.whatToDo)],
    ])}
  </li>`
}

/** Code and sentence; of a connector that merely has fallen behind, how far. */
export function problemText(
  { problem, oldestUndeliveredAtMs, needsAttention }: ConnectorReport,
  nowMs: number,
): Html | null {
  if (problem) return html`<p class="problem"><code>${problem.code}</code> ${foreign(sentence(problem))}</p>`
  if (!needsAttention || oldestUndeliveredAtMs === null) return null
  return html`<p class="problem">Its oldest event has waited for ${age(oldestUndeliveredAtMs, nowMs)}.</p>`
}

/** Messages often begin with the code, which stands before them already. */
export function sentence({ code, message }: Pick<Problem, 'code' | 'message'>): string {
  return message.startsWith(`${code}: `) ? message.slice(code.length + 2) : message
}
