import { describe, expect, it } from 'vitest'
import type { LocalConnector } from '../../../src/health/local-health.js'
import { metricsText } from '../../../src/health/metrics/metrics-text.js'
import type { ConnectorState } from '../../../src/health/recorder.js'
import type { ConnectorReport } from '../../../src/health/report.js'
import { count } from '../../../src/health/tally.js'
import { seededRandom } from '../../support/seeded-random.js'
import { SimulatedHealth } from '../../support/simulated-health.js'
import { samplesOf, type ReadSample } from './samples.js'

const nowMs = Date.UTC(2026, 10, 21, 12)
const HOUR = 3_600

const simulated = (connectors = 8, partitions = 2) => new SimulatedHealth({ connectors, partitions, nowMs })

const textOf = async (read: () => Promise<Buffer[]>) => Buffer.concat(await read()).toString()

/** Without what the process says of itself. */
const ours = (text: string) => text.slice(0, text.indexOf('# HELP process_'))

async function scrape(health: SimulatedHealth): Promise<ReadSample[]> {
  return samplesOf(ours(await textOf(metricsText(health))))
}

/** Values by what tells them apart beside the connector: `state=running`. */
function of(samples: ReadSample[], name: string, connector: string): Record<string, number> {
  const mine = samples.filter((sample) => sample.name === name && sample.labels['connector'] === connector)
  const key = ({ labels }: ReadSample) =>
    Object.entries(labels)
      .filter(([label]) => label !== 'connector' && label !== 'destination_type')
      .map(([label, value]) => `${label}=${value}`)
      .join(' ')
  return Object.fromEntries(mine.map((sample) => [key(sample), sample.value]))
}

describe('the text of /metrics', () => {
  it('has one connector to the letter', async () => {
    const text = await textOf(metricsText(simulated(1, 1)))
    const labels = 'connector="connector-0",destination_type="s3"'
    expect(text).toContain(
      [
        '# TYPE millrace_events_consumed counter',
        '# HELP millrace_events_consumed Records read from Kafka, and offsets that Kafka had removed before they were read.',
        `millrace_events_consumed_total{${labels}} 10100`,
        '# TYPE millrace_events_returned counter',
        '',
      ].join('\n'),
    )
    expect(text).toContain(
      [
        '# TYPE millrace_object_events histogram',
        '# HELP millrace_object_events Events of an object.',
        ...[
          ...['1.0 0', '10.0 0', '100.0 0', '1000.0 40'],
          ...['5000.0 40', '15000.0 40', '50000.0 40', '100000.0 40', '+Inf 40'],
        ].map((bucket) => `millrace_object_events_bucket{${labels},le="${bucket.replace(' ', '"} ')}`),
        `millrace_object_events_count{${labels}} 40`,
        `millrace_object_events_sum{${labels}} 10000`,
        '',
      ].join('\n'),
    )
    expect(text.split('# EOF')).toHaveLength(2)
    expect(text.endsWith('# EOF\n')).toBe(true)
  })

  it('counts what became of the events', async () => {
    const samples = await scrape(simulated())
    expect(of(samples, 'millrace_events_delivered_total', 'connector-3')).toEqual({
      'event_type=users.messages.email.Open': 3334,
      'event_type=users.messages.pushnotification.Send': 3334,
      'event_type=users.behaviors.Purchase': 3335,
    })
    expect(of(samples, 'millrace_events_filtered_total', 'connector-3')).toEqual({ '': 60 })
    expect(of(samples, 'millrace_events_dropped_total', 'connector-3')).toEqual({
      'reason=credentials': 20,
      'reason=retention': 0,
    })
    expect(of(samples, 'millrace_events_dead_lettered_total', 'connector-3')).toEqual({ 'reason=NOT_JSON': 20 })
    expect(of(samples, 'millrace_buffered_events', 'connector-0')).toEqual({ '': 20 })
    expect(of(samples, 'millrace_buffered_bytes', 'connector-0')).toEqual({ '': 8_700 })
  })

  it('accounts for every event, and says how many it cannot account for', async () => {
    const health = simulated()
    const unaccounted = (await scrape(health)).filter(({ name }) => name === 'millrace_unaccounted_events')
    expect(unaccounted.map(({ value }) => value)).toEqual(Array.from({ length: 8 }, () => 0))

    const { tally } = health.connectors()[2]!
    tally.consumed += 50
    tally.returned += 10
    tally.filtered += 3
    count(tally.delivered, 'users.behaviors.Purchase', 20)
    count(tally.dropped, 'retention', 5)
    count(tally.deadLettered, 'TOO_LARGE', 4)
    expect(of(await scrape(health), 'millrace_unaccounted_events', 'connector-2')).toEqual({ '': 8 })
  })

  it('says by name in which state a connector is', async () => {
    const samples = await scrape(simulated())
    const states: ConnectorState[] = [
      ...(['running', 'retrying', 'credentials-failing', 'dropping', 'blocked', 'paused', 'starting'] as const),
      'stopped',
    ]
    for (const [n, state] of states.entries()) {
      const expected = Object.fromEntries(states.map((other) => [`state=${other}`, other === state ? 1 : 0]))
      expect(of(samples, 'millrace_connector_state', `connector-${n}`)).toEqual(expected)
    }
  })

  it('has the lag of each partition that is known', async () => {
    const health = simulated()
    const { partitions } = health.connector('connector-1')!
    health.set('connector-1', { partitions: [partitions[0]!, { ...partitions[1]!, lagEvents: null }] })
    const samples = await scrape(health)
    expect(of(samples, 'millrace_consumer_lag_events', 'connector-0')).toEqual({
      'topic=events.0 partition=0': 0,
      'topic=events.0 partition=1': 0,
    })
    expect(of(samples, 'millrace_consumer_lag_events', 'connector-1')).toEqual({ 'topic=events.1 partition=0': 1_001 })
  })

  it('has instants in seconds, and none that there is not', async () => {
    const samples = await scrape(simulated())
    const now = nowMs / 1_000
    const one = (name: string, n: number) => of(samples, `millrace_${name}`, `connector-${n}`)
    expect(one('credentials_failing_since_timestamp_seconds', 2)).toEqual({ '': now - 24 * HOUR })
    expect(one('drop_deadline_timestamp_seconds', 2)).toEqual({ '': now + 24 * HOUR })
    expect(one('oldest_undelivered_timestamp_seconds', 2)).toEqual({ '': now - 24 * HOUR })
    expect(one('kafka_retention_headroom_seconds', 2)).toEqual({ '': 100 * HOUR })
    expect(one('last_success_timestamp_seconds', 0)).toEqual({ '': now - 2 })
    for (const name of ['credentials_failing_since', 'drop_deadline', 'oldest_undelivered'])
      expect(one(`${name}_timestamp_seconds`, 0)).toEqual({})
    expect(one('kafka_retention_headroom_seconds', 0)).toEqual({})
  })

  it('has objects only of destinations that take objects', async () => {
    const samples = await scrape(simulated())
    expect(of(samples, 'millrace_object_bytes_count', 'connector-0')).toEqual({ '': 40 })
    expect(of(samples, 'millrace_object_bytes_count', 'connector-1')).toEqual({})
    expect(of(samples, 'millrace_delivery_duration_seconds_count', 'connector-1')).toEqual({ '': 40 })
  })

  it('escapes what stands in a label', async () => {
    const health = simulated(1, 1)
    count(health.connectors()[0]!.tally.deadLettered, 'a "quoted" \\ and\nbroken one', 3)
    const text = await textOf(metricsText(health))
    expect(text).toContain('destination_type="s3",reason="a \\"quoted\\" \\\\ and\\nbroken one"} 3\n')
  })

  it('is the same as a text that was never made before, whatever changes between two scrapes', async () => {
    const running = simulated(12, 3).connectors().map(changeable)
    const random = seededRandom(6)
    const local = { version: '0.1.0', connectors: () => running }
    const read = metricsText(local)
    for (let round = 0; round < 30; round++) {
      for (let changes = 0; changes < 3; changes++) change(running[Math.floor(random() * running.length)]!, random)
      expect(ours(await textOf(read))).toBe(ours(await textOf(metricsText(local))))
    }
  })

  it('makes anew only what has changed, and what the process says', async () => {
    const running = simulated(5, 3).connectors()
    const read = metricsText({ version: '0.1.0', connectors: () => running })
    const before = await read()
    running[3]!.tally.consumed++
    const after = await read()
    const changed = after.filter((piece, index) => piece !== before[index])
    expect(changed.map((piece) => piece.toString().split(' ', 3)[2])).toEqual([
      ...['millrace_events_consumed', 'millrace_unaccounted_events', 'process_cpu_user_seconds'],
    ])
  })

  it('takes up connectors that come, and forgets those that go', async () => {
    const health = simulated(3, 1)
    let running: LocalConnector[] = health.connectors()
    const read = metricsText({ version: '0.1.0', connectors: () => running })
    const names = async () =>
      new Set(samplesOf(ours(await textOf(read))).flatMap(({ labels }) => labels['connector'] ?? []))
    expect(await names()).toEqual(new Set(['connector-0', 'connector-1', 'connector-2']))
    running = [running[2]!]
    expect(await names()).toEqual(new Set(['connector-2']))
    running = health.connectors()
    expect(await names()).toEqual(new Set(['connector-0', 'connector-1', 'connector-2']))
  })

  it('has as many samples after a million events as before, and only labels whose values are few', async () => {
    const health = simulated(20, 4)
    const before = await scrape(health)
    for (const { tally } of health.connectors()) {
      tally.consumed += 1_000_000
      tally.filtered += 1_000_000
      tally.bytes += 435_000_000
      for (let i = 0; i < 1_000; i++) tally.attemptSeconds.observe(i)
    }
    const after = await scrape(health)
    expect(after).toHaveLength(before.length)

    const labelsByName = new Map(after.map(({ name, labels }) => [name, Object.keys(labels)]))
    const withOwn = (label: string) =>
      [...labelsByName].flatMap(([name, labels]) => (labels.includes(label) ? name : []))
    expect(withOwn('event_type')).toEqual(['millrace_events_delivered_total'])
    expect(withOwn('partition')).toEqual(['millrace_consumer_lag_events'])
    expect(withOwn('topic')).toEqual(['millrace_consumer_lag_events'])
    const all = new Set([...labelsByName.values()].flat())
    expect([...all].sort()).toEqual(
      ['connector', 'destination_type', 'event_type', 'reason', 'outcome', 'closed_by', 'state']
        .concat(['topic', 'partition', 'le', 'version'])
        .sort(),
    )
  })

  it('says what operators expect of a process', async () => {
    const names = new Set(samplesOf(await textOf(metricsText(simulated(1, 1)))).map(({ name }) => name))
    for (const name of [
      ...['process_cpu_seconds_total', 'process_resident_memory_bytes', 'process_start_time_seconds'],
      ...['nodejs_eventloop_lag_p99_seconds', 'nodejs_heap_size_used_bytes', 'millrace_build_info'],
    ])
      expect(names).toContain(name)
  })
})

/** The connector with a report that can be replaced, while its tally stays. */
function changeable(connector: LocalConnector) {
  let report = connector.report()
  let buffered = connector.buffered()
  return {
    ...connector,
    report: () => report,
    buffered: () => buffered,
    replace: (changed: Partial<ConnectorReport>) => (report = { ...report, ...changed }),
    buffer: (events: number) => (buffered = { events, bytes: events * 435 }),
  }
}

/** Something that happens to a connector. */
function change(connector: ReturnType<typeof changeable>, random: () => number): void {
  const { tally } = connector
  const few = 1 + Math.floor(random() * 5)
  const changes = [
    () => (tally.consumed += few),
    () => (tally.returned += few),
    () => (tally.bytes += few),
    () => tally.rebalances++,
    () => tally.commitFailures++,
    () => tally.intentsReplayed++,
    () => count(tally.delivered, `users.behaviors.Kind${few}`, few),
    () => count(tally.dropped, 'retention', few),
    () => count(tally.deadLettered, `REASON_${few}`),
    () => count(tally.objects, 'bytes'),
    () => count(tally.attempts, 'throttled'),
    () => count(tally.probes, 'credentials'),
    () => tally.attemptSeconds.observe(few),
    () => tally.latencySeconds.observe(few),
    () => tally.objectEvents.observe(few),
    () => tally.objectBytes.observe(few),
    () => connector.buffer(few),
    () => connector.replace({ state: random() < 0.5 ? 'blocked' : 'running' }),
    () => connector.replace({ failing: null, oldestUndeliveredAtMs: null, lastSuccessAtMs: nowMs + few }),
    () => connector.replace({ partitions: lagging(connector.report(), few) }),
    () => connector.replace({ retentionHeadroomMs: few * 1_000 }),
  ]
  changes[Math.floor(random() * changes.length)]!()
}

const lagging = ({ partitions }: ConnectorReport, lagEvents: number) => partitions.map((one) => ({ ...one, lagEvents }))
