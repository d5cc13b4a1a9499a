import type {
  ConnectorDocument,
  ErrorDocument,
  PartitionDocument,
  TimelineDocument,
} from '../../health/api/documents.js'
import { countText, many, rateText, sizeText } from '../../health/page/numbers.js'
import { durationText, instantText } from '../../health/page/times.js'
import { tableOf } from '../table.js'
import { codeAndMessage } from './attention.js'
import { ageText, droppedOf } from './connectors-table.js'
import { BLANK, paragraph, type Line, type View } from './line.js'
import type { ConnectorDetails } from './overview.js'
import { stateText } from './state.js'

const NONE = '-'
const INDENT = '    '

/** What fits a screen; `--json` has all of them. */
const NEWEST_CHANGES = 20

/** Everything that is known of one connector, but for what is wrong with it. */
export function detailLines(connector: ConnectorDetails, view: View): Line[] {
  const { partitions, errors, timeline } = connector
  return [
    ...factsOf(connector, view),
    ...section('Partitions', partitionLines(partitions, view)),
    ...section('Errors', errorLines(errors, view)),
    ...section('Timeline', timelineLines(timeline, view)),
  ]
}

function section(title: string, lines: readonly Line[]): Line[] {
  return [BLANK, { text: title, tone: 'title' }, ...lines]
}

function factsOf(connector: ConnectorDocument, view: View): Line[] {
  const facts = [...identityOf(connector), ...progressOf(connector, view.nowMs), ...totalsOf(connector)]
  const width = Math.max(...facts.map(([name]) => name.length)) + 2
  return facts.flatMap(([name, value]) => {
    const [first, ...rest] = value === null ? [] : paragraph({ text: value }, view, ' '.repeat(width))
    return first ? [{ text: name.padEnd(width) + first.text.slice(width) }, ...rest] : []
  })
}

type Fact = readonly [name: string, value: string | null]

function identityOf(connector: ConnectorDocument): Fact[] {
  const { name, description, contact, destination, topics, instances } = connector
  return [
    ['connector', name],
    ['description', description],
    ['contact', contact],
    ['state', `${stateText(connector)} since ${instantText(Date.parse(connector.since))}`],
    ['destination', `${destination.type}: ${destination.place}`],
    ['topics', topics.join(', ')],
    ['run by', instances.length > 0 ? instances.join(', ') : 'no instance'],
  ]
}

function progressOf(connector: ConnectorDocument, nowMs: number): Fact[] {
  const { lagEvents, oldestUndeliveredAt, lastSuccessAt, retentionHeadroomMs, inPerSecond, outPerSecond } = connector
  return [
    ['lag', lagEvents === null ? 'not known' : many(lagEvents, 'event')],
    ['oldest undelivered', momentText(oldestUndeliveredAt, nowMs)],
    ['last success', momentText(lastSuccessAt, nowMs)],
    ['Kafka keeps it for', retentionHeadroomMs === null ? null : durationText(retentionHeadroomMs)],
    ['in and out', `${rateText(inPerSecond)} and ${rateText(outPerSecond)} events/s, over the last minute`],
  ]
}

function totalsOf({ totals }: ConnectorDocument): Fact[] {
  const { delivered, objects, bytes, filtered, deadLettered, dropped, buffered } = totals
  const why = `by the rule for credentials ${countText(dropped.credentials)}, removed by Kafka ${countText(dropped.retention)}`
  return [
    ['delivered', `${many(delivered, 'event')} in ${many(objects, 'object')}, ${sizeText(bytes)}`],
    ['filtered', countText(filtered)],
    ['dead letters', countText(deadLettered)],
    ['dropped', droppedOf(totals) === 0 ? '0' : `${countText(droppedOf(totals))} (${why})`],
    ['buffered', `${many(buffered.events, 'event')}, ${sizeText(buffered.bytes)}`],
  ]
}

function momentText(at: string | null, nowMs: number): string {
  return at === null ? NONE : `${instantText(Date.parse(at))} (${ageText(at, nowMs)} ago)`
}

function partitionLines(partitions: readonly PartitionDocument[], { nowMs }: View): Line[] {
  if (partitions.length === 0) return [{ text: 'none is known' }]
  const number = (offset: number | null) => (offset === null ? NONE : countText(offset))
  const rows = partitions.map(({ topic, partition, owner, committed, end, lagEvents, oldestUndeliveredAt }) => {
    const offsets = [committed, end, lagEvents].map(number)
    return [`${topic}/${partition}`, owner ?? NONE, ...offsets, ageText(oldestUndeliveredAt, nowMs)]
  })
  const header = ['partition', 'owner', 'committed', 'end', 'lag', 'oldest']
  return tableOf(header, rows, [false, false, true, true, true, true]).map((text) => ({ text }))
}

function errorLines(errors: readonly ErrorDocument[], view: View): Line[] {
  if (errors.length === 0) return [{ text: 'none' }]
  return errors.flatMap(({ code, message, whatToDo, firstAt, lastAt, count }) => {
    const times = `last ${ageText(lastAt, view.nowMs)} ago, first ${instantText(Date.parse(firstAt))}`
    const particulars = [message, `What to do: ${whatToDo}`]
    return [
      ...paragraph({ text: `${code}: ${many(count, 'time')}, ${times}` }, view),
      ...particulars.flatMap((text) => paragraph({ text }, view, INDENT)),
    ]
  })
}

function timelineLines(timeline: readonly TimelineDocument[], view: View): Line[] {
  if (timeline.length === 0) return [{ text: 'nothing has changed' }]
  const left = timeline.length - NEWEST_CHANGES
  return [
    ...timeline
      .slice(0, NEWEST_CHANGES)
      .flatMap(({ at, what, code, message, instance }) => [
        ...paragraph({ text: `${instantText(Date.parse(at))}  ${what} (${instance})` }, view),
        ...paragraph({ text: code === null ? message : codeAndMessage({ code, message }) }, view, INDENT),
      ]),
    ...(left > 0 ? [{ text: `and ${left} before: --json has them` }] : []),
  ]
}
