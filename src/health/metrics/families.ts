import type { ConnectorState } from '../recorder.js'
import { OUTCOMES, type ConnectorReport, type DropReason } from '../report.js'
import { sumOf } from '../tally.js'
import { counter, counterBy, gauge, histogram, seconds, type Family, type Scraped } from './family.js'
import { label, sample } from './open-metrics.js'

/** Exhaustive by their types. A first drop has to be an increase from 0 for Prometheus to see it. */
const DROP_REASONS = namesOf<DropReason>({ credentials: true, retention: true })
const STATES = namesOf<ConnectorState>({
  ...{ starting: true, running: true, retrying: true, 'credentials-failing': true },
  ...{ dropping: true, blocked: true, paused: true, stopped: true },
})

/** Where events go, and that none is missing. */
const EVENTS: readonly Family[] = [
  counter(
    {
      name: 'millrace_events_consumed',
      help: 'Records read from Kafka, and offsets that Kafka had removed before they were read.',
    },
    ({ consumed }) => consumed,
  ),
  counter(
    {
      name: 'millrace_events_returned',
      help: 'Records read and let go of undelivered (lost partitions, failing credentials); they are read again.',
    },
    ({ returned }) => returned,
  ),
  counterBy(
    { name: 'millrace_events_delivered', help: 'Events that the destination acknowledged.', by: 'event_type' },
    ({ delivered }) => delivered,
  ),
  counter(
    { name: 'millrace_events_filtered', help: 'Records that the configuration does not select, and tombstones.' },
    ({ filtered }) => filtered,
  ),
  counterBy(
    {
      ...{ name: 'millrace_events_dropped', by: 'reason' },
      help: 'Events given up, each in the drop ledger: by the 48-hour rule, or because Kafka had removed them.',
    },
    ({ dropped }) => dropped,
    DROP_REASONS,
  ),
  counterBy(
    { name: 'millrace_events_dead_lettered', help: 'Events written to the dead-letter topic.', by: 'reason' },
    ({ deadLettered }) => deadLettered,
  ),
  gauge(
    {
      name: 'millrace_unaccounted_events',
      help: 'Consumed, and neither returned, delivered, filtered, dropped, dead-lettered nor buffered: must be 0.',
    },
    unaccounted,
  ),
  gauge(
    { name: 'millrace_buffered_events', help: 'Records held in memory, whatever becomes of them.' },
    ({ buffered }) => buffered.events,
  ),
  gauge({ name: 'millrace_buffered_bytes', help: 'Encoded bytes held in memory.' }, ({ buffered }) => buffered.bytes),
]

/** Calls of the destination, and what was written. */
const DELIVERY: readonly Family[] = [
  counter(
    { name: 'millrace_delivered_bytes', help: 'Encoded bytes that the destination acknowledged.' },
    ({ bytes }) => bytes,
  ),
  counterBy(
    { name: 'millrace_delivery_attempts', help: 'Calls of the destination, by what became of them.', by: 'outcome' },
    ({ attempts }) => attempts,
    OUTCOMES,
  ),
  histogram(
    { name: 'millrace_delivery_duration_seconds', help: 'How long a call of the destination took.' },
    ({ attemptSeconds }) => attemptSeconds,
  ),
  histogram(
    {
      name: 'millrace_end_to_end_latency_seconds',
      help: 'From the Kafka timestamp of the oldest event of what was delivered together to its acknowledgement.',
    },
    ({ latencySeconds }) => latencySeconds,
  ),
  counterBy(
    { name: 'millrace_objects_written', help: 'Objects, by what closed them.', by: 'closed_by' },
    ({ objects }) => objects,
  ),
  histogram(
    { name: 'millrace_object_events', help: 'Events of an object.' },
    ({ objectEvents }) => objectEvents,
    writesObjects,
  ),
  histogram(
    { name: 'millrace_object_bytes', help: 'Encoded size of an object.' },
    ({ objectBytes }) => objectBytes,
    writesObjects,
  ),
  counterBy(
    {
      ...{ name: 'millrace_credential_probes', by: 'outcome' },
      help: 'Calls that asked whether failing credentials work again, by what became of them.',
    },
    ({ probes }) => probes,
  ),
]

/** How the connector is, over all processes that run it: each of them says the same. */
const CONDITION: readonly Family[] = [
  {
    ...{ name: 'millrace_connector_state', type: 'gauge' },
    help: '1 for the state that the connector is in, 0 for the others.',
    seen: ({ report }) => report.state,
    samples: stateSamples,
  },
  {
    ...{ name: 'millrace_consumer_lag_events', type: 'gauge' },
    help: 'Offsets of a partition that are not committed.',
    // Reports are replaced, never changed.
    seen: ({ report }) => report.partitions,
    samples: lagSamples,
  },
  seconds(
    {
      name: 'millrace_oldest_undelivered_timestamp_seconds',
      help: 'Kafka timestamp of the oldest event that is not committed; absent when nothing waits.',
    },
    ({ oldestUndeliveredAtMs }) => oldestUndeliveredAtMs,
  ),
  seconds(
    {
      name: 'millrace_last_success_timestamp_seconds',
      help: 'When the destination acknowledged something last; absent when it has not, as far as is known.',
    },
    ({ lastSuccessAtMs }) => lastSuccessAtMs,
  ),
  seconds(
    {
      name: 'millrace_credentials_failing_since_timestamp_seconds',
      help: 'T0 of the 48-hour rule; absent unless credentials fail.',
    },
    ({ failing }) => failing?.sinceMs ?? null,
  ),
  seconds(
    {
      name: 'millrace_drop_deadline_timestamp_seconds',
      help: 'After this instant events may be dropped; absent unless credentials fail.',
    },
    ({ failing }) => failing?.dropAtMs ?? null,
  ),
  seconds(
    {
      name: 'millrace_kafka_retention_headroom_seconds',
      help: 'Until Kafka removes the oldest undelivered event; absent when it never does, or nothing waits.',
    },
    ({ retentionHeadroomMs }) => retentionHeadroomMs,
  ),
]

const KAFKA: readonly Family[] = [
  counter(
    { name: 'millrace_rebalances', help: 'Times that the consumer group shared its partitions out anew.' },
    ({ rebalances }) => rebalances,
  ),
  counter(
    { name: 'millrace_commit_failures', help: 'Commits that Kafka did not accept.' },
    ({ commitFailures }) => commitFailures,
  ),
  counter(
    { name: 'millrace_intents_replayed', help: 'Ranges that were found begun, and written again.' },
    ({ intentsReplayed }) => intentsReplayed,
  ),
]

/** Everything that `/metrics` says of a connector (operations.md: metrics). */
export const FAMILIES: readonly Family[] = [...EVENTS, ...DELIVERY, ...CONDITION, ...KAFKA]

/** All of it is read at one moment. */
function unaccounted({ tally, buffered }: Scraped): number {
  const lost = sumOf(tally.dropped) + sumOf(tally.deadLettered)
  return tally.consumed - tally.returned - sumOf(tally.delivered) - tally.filtered - lost - buffered.events
}

/** Streams take records. */
function writesObjects({ destination }: ConnectorReport): boolean {
  return destination.type === 's3' || destination.type === 'folder'
}

function stateSamples({ report, labels }: Scraped): string {
  const line = (state: string) =>
    sample('millrace_connector_state', `${labels},${label('state', state)}`, state === report.state ? 1 : 0)
  return STATES.map(line).join('')
}

/** Up to 10,000 partitions a second: what stands before their numbers is made once for a topic. */
function lagSamples({ report, labels }: Scraped): string {
  const lines: string[] = []
  let of: string | undefined
  let start = ''
  for (const { topic, partition, lagEvents } of report.partitions) {
    if (lagEvents === null) continue
    if (topic !== of) start = `millrace_consumer_lag_events{${labels},${label('topic', topic)},partition="`
    of = topic
    lines.push(`${start}${partition}"} ${lagEvents}\n`)
  }
  return lines.join('')
}

function namesOf<Name extends string>(all: Record<Name, true>): Name[] {
  return Object.keys(all) as Name[]
}
