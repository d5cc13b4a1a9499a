import type { ConnectorDocument } from '../../health/api/documents.js'
import { many, sizeText } from '../../health/page/numbers.js'
import { LOOKS } from '../../health/page/states.js'
import { countdownText, durationText, instantText } from '../../health/page/times.js'
import type { ConnectorState } from '../../health/recorder.js'
import { BLANK, paragraph, type Line, type View } from './line.js'
import { stateText, toneOf } from './state.js'

const INDENT = '    '
const BAR_CHARACTERS = 24

type Failing = NonNullable<ConnectorDocument['failing']>

/** How many connectors need a person, and of each what is wrong, since when, what is at stake, what to do. */
export function attentionLines(connectors: readonly ConnectorDocument[], view: View): Line[] {
  const some = connectors.filter(({ needsAttention }) => needsAttention).sort(byUrgency)
  return [headlineOf(some.length, connectors.length), ...some.flatMap((one) => [BLANK, ...troubleLines(one, view)])]
}

/** What drops events first, then what will drop them next, then the others as they stand in the configuration. */
function byUrgency(one: ConnectorDocument, other: ConnectorDocument): number {
  const bySeverity = LOOKS[other.state].severity - LOOKS[one.state].severity
  return bySeverity || dropOf(one).localeCompare(dropOf(other))
}

/** Sorts as text; behind every instant where nothing will be dropped. */
const dropOf = ({ failing }: ConnectorDocument) => failing?.dropAt ?? 'never'

function headlineOf(some: number, all: number): Line {
  if (all === 0) return { text: 'There is no connector.' }
  if (all === 1)
    return some === 0 ? { text: 'The connector needs no attention.' } : bad('The connector needs attention.')
  if (some === 0) return { text: `None of ${all} connectors needs attention.` }
  return bad(`${some} of ${all} connectors ${some === 1 ? 'needs' : 'need'} attention.`)
}

const bad = (text: string): Line => ({ text, tone: 'bad' })

/** What is wrong with one connector: its state and since when, and below what is known of that. */
export function troubleLines(connector: ConnectorDocument, view: View): Line[] {
  const { nowMs } = view
  const { name, since, needsAttention } = connector
  const sinceMs = Date.parse(since)
  const mark = needsAttention ? '!' : '-'
  const age = durationText(nowMs - sinceMs)
  const text = `${mark} ${name}: ${stateText(connector)} since ${instantText(sinceMs)} (${age})`
  return [
    ...paragraph({ text, tone: toneOf(connector) }, view),
    ...particularsOf(connector, nowMs).flatMap((particular) => paragraph({ text: particular }, view, INDENT)),
  ]
}

function particularsOf(connector: ConnectorDocument, nowMs: number): string[] {
  const { problem, failing, state } = connector
  return [
    ...(problem ? [codeAndMessage(problem)] : []),
    ...(failing ? [countdownOf(failing, state, nowMs), ...stakeOf(failing)] : []),
    ...(problem ? [`What to do: ${problem.whatToDo}`] : []),
  ]
}

/** Most messages begin with their code. */
export function codeAndMessage({ code, message }: { code: string; message: string }): string {
  return message.startsWith(code) ? message : `${code}: ${message}`
}

/** `[############------------] 24 h 0 min left until events are dropped, at …`: from T0 to the instant of dropping. */
function countdownOf({ since, dropAt, kept }: Failing, state: ConnectorState, nowMs: number): string {
  if (dropAt === null) return 'Nothing is dropped: this connector holds its events.'
  const [sinceMs, dropAtMs] = [Date.parse(since), Date.parse(dropAt)]
  const bar = barOf((nowMs - sinceMs) / (dropAtMs - sinceMs))
  const at = instantText(dropAtMs)
  if (nowMs < dropAtMs) return `${bar} ${countdownText(dropAtMs - nowMs)} left until events are dropped, at ${at}`
  if (kept !== null) return `${bar} over since ${at}; nothing is dropped: ${kept}`
  const now = state === 'dropping' ? 'events are being dropped' : 'the next refusal of the credentials drops events'
  return `${bar} over since ${at}: ${now}`
}

function barOf(part: number): string {
  const full = Math.min(BAR_CHARACTERS, Math.max(0, Math.floor(part * BAR_CHARACTERS)))
  return `[${'#'.repeat(full)}${'-'.repeat(BAR_CHARACTERS - full)}]`
}

function stakeOf({ eventsAtStake, bytesAtStake }: Failing): string[] {
  if (eventsAtStake === null) return []
  const size = bytesAtStake === null ? '' : `, about ${sizeText(bytesAtStake)}`
  return [`At stake: ${many(eventsAtStake, 'event')}${size}`]
}
