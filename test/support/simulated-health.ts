import type { LocalConnector, LocalHealth } from '../../src/health/local-health.js'
import type { Actor, Operations } from '../../src/health/operations.js'
import type { ConnectorState } from '../../src/health/recorder.js'
import {
  OUTCOMES,
  type ConnectorReport,
  type ErrorReport,
  type HealthReader,
  type History,
  type InstanceReport,
  type PartitionReport,
  type Sample,
  type TimelineEntry,
} from '../../src/health/report.js'
import { count, Tally } from '../../src/health/tally.js'

const HOUR_MS = 3_600_000
const STATES: ConnectorState[] = [
  ...(['running', 'retrying', 'credentials-failing', 'dropping', 'blocked', 'paused', 'starting'] as const),
  'stopped',
]
const TYPES = ['s3', 'kinesis', 'event-hubs', 'folder'] as const
const PLACES = {
  s3: (n: number) => `s3://customer-${n}/currents`,
  kinesis: (n: number) => `stream customer-${n} in eu-west-1`,
  'event-hubs': (n: number) => `event hub customer-${n}`,
  folder: (n: number) => `/var/out/customer-${n}`,
}

/** What was asked of it, and a name: `['pause', 'connector-3', 'page']`. */
export type Asked = [operation: string, connector: string, via: string]

/**
 * Connectors that nothing stands behind: the first eight are one of each state, the others run; of every tenth after that
 * something fails. `set` changes one. The same numbers at every start.
 */
export class SimulatedHealth implements HealthReader, LocalHealth, Operations {
  readonly version = '0.1.0'
  readonly instance: InstanceReport
  readonly asked: Asked[] = []
  isLive = true
  isReady = true
  readonly #connectors = new Map<string, ConnectorReport>()
  readonly #tallies = new Map<string, Tally>()
  readonly #listeners = new Set<(names: ReadonlySet<string>) => void>()

  constructor(private readonly options: { connectors: number; partitions: number; nowMs: number }) {
    const { connectors, nowMs } = options
    this.instance = { name: 'host-a/1', version: '0.1.0', startedAtMs: nowMs - 26 * HOUR_MS, seenAtMs: nowMs }
    for (let n = 0; n < connectors; n++) {
      const report = this.#report(n)
      this.#connectors.set(report.name, report)
      this.#tallies.set(report.name, tallyOf(report))
    }
  }

  instances(): InstanceReport[] {
    return [this.instance, { ...this.instance, name: 'host-b/1' }]
  }

  connectors(): LocalConnector[] & ConnectorReport[] {
    const all = [...this.#connectors.values()]
    return all.map((report) => ({
      ...report,
      destinationType: report.destination.type,
      tally: this.#tallies.get(report.name)!,
      buffered: () => report.totals.buffered,
      report: () => this.#connectors.get(report.name)!,
    }))
  }

  connector(name: string): ConnectorReport | undefined {
    return this.#connectors.get(name)
  }

  /** Another report of a connector; listeners hear of it. */
  set(name: string, change: Partial<ConnectorReport>): void {
    const report = { ...this.#connectors.get(name)!, ...change }
    this.#connectors.set(name, report)
    this.#tallies.set(name, tallyOf(report))
    for (const listener of this.#listeners) listener(new Set([name]))
  }

  errors(name: string): ErrorReport[] {
    const { problem, sinceMs } = this.#connectors.get(name)!
    if (!problem) return []
    const { nowMs } = this.options
    const older = {
      code: 'SlowDown',
      message: 'SlowDown: PUT of an object was throttled',
      whatToDo: 'nothing: it passes',
    }
    return [
      { ...problem, firstAtMs: sinceMs, lastAtMs: nowMs, count: 812 },
      { ...older, firstAtMs: sinceMs - HOUR_MS, lastAtMs: sinceMs - HOUR_MS / 2, count: 3 },
    ]
  }

  timeline(name: string): TimelineEntry[] {
    const { state, problem, sinceMs } = this.#connectors.get(name)!
    const instance = this.instance.name
    const now: TimelineEntry = {
      ...{ atMs: sinceMs, kind: 'state', what: state, instance },
      ...(problem && { code: problem.code }),
      message: problem?.message ?? `connector is ${state}`,
    }
    return [now, { ...now, atMs: sinceMs - HOUR_MS, what: 'running', message: 'connector is running' }]
  }

  history(name: string): History {
    const { lagEvents } = this.#connectors.get(name)!
    const { nowMs } = this.options
    const [fineMs, coarseMs] = [15_000, 300_000]
    const samples = (stepMs: number, many: number) =>
      Array.from({ length: many }, (_, i) => sampleOf(i, nowMs - (many - 1 - i) * stepMs, stepMs, lagEvents ?? 0))
    return { fineMs, fine: samples(fineMs, 240), coarseMs, coarse: samples(coarseMs, 288) }
  }

  onChange(listener: (names: ReadonlySet<string>) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  live() {
    return this.isLive ? { isOk: true, reason: 'alive' } : { isOk: false, reason: 'nothing has turned for 61 s' }
  }

  ready() {
    return this.isReady ? { isOk: true, reason: 'ready' } : { isOk: false, reason: 'no connector has joined its group' }
  }

  pause(connector: string, actor: Actor): Promise<void> {
    this.set(connector, { state: 'paused', sinceMs: this.options.nowMs })
    return this.#ask('pause', connector, actor)
  }

  resume(connector: string, actor: Actor): Promise<void> {
    this.set(connector, { state: 'running', sinceMs: this.options.nowMs })
    return this.#ask('resume', connector, actor)
  }

  probe(connector: string, actor: Actor): Promise<void> {
    return this.#ask('probe', connector, actor)
  }

  flush(connector: string, actor: Actor): Promise<void> {
    return this.#ask('flush', connector, actor)
  }

  test(connector: string) {
    this.asked.push(['test', connector, ''])
    return Promise.resolve([
      { name: 'credentials', resource: connector, status: 'ok' as const, message: 'accepted', durationMs: 12 },
      ...[{ name: 's3:PutObject', resource: 'arn:aws:s3:::customer/currents/*', status: 'failed' as const }].map(
        (check) => ({ ...check, message: 'denied', code: 'AccessDenied', hint: 'Grant s3:PutObject.', durationMs: 30 }),
      ),
    ])
  }

  drops(connector: string | undefined, most: number) {
    const names = [...this.#connectors.values()].filter(({ state }) => state === 'dropping').map(({ name }) => name)
    const droppedAt = new Date(this.options.nowMs - 60_000).toISOString()
    const failingSince = new Date(this.options.nowMs - 49 * HOUR_MS).toISOString()
    const drops = names
      .filter((name) => connector === undefined || name === connector)
      .map((name, n) => ({
        ...{ id: n.toString(16).padStart(32, '0'), connector: name, topic: 'events.0', partition: 0 },
        ...{ firstOffset: 100, lastOffset: 199, events: 100, bytes: 73_000, reason: 'credentials', failingSince },
        ...{ droppedAt, errorCode: 'InvalidAccessKeyId', replayed: false, replayedAt: null },
      }))
    return Promise.resolve(drops.slice(0, most))
  }

  deadLetters(connector: string, most: number) {
    const { totals, topics } = this.#connectors.get(connector)!
    const many = Math.min(most, totals.deadLettered)
    const atMs = this.options.nowMs
    const place = { topic: topics[0]!, partition: 0, atMs, reason: 'NOT_JSON', eventType: null }
    return Promise.resolve(Array.from({ length: many }, (_, offset) => ({ ...place, offset })))
  }

  #ask(operation: string, connector: string, { via }: Actor): Promise<void> {
    this.asked.push([operation, connector, via])
    return Promise.resolve()
  }

  #report(n: number): ConnectorReport {
    const { partitions: many, nowMs } = this.options
    const state = STATES[n] ?? (n % 10 === 9 ? 'retrying' : 'running')
    const type = TYPES[n % TYPES.length]!
    const name = `connector-${n}`
    const topics = [`events.${n}`]
    const isWell = state === 'running' || state === 'starting'
    const lag = isWell ? n % 7 : 1_000 + n
    const oldestUndeliveredAtMs = lag > 0 ? nowMs - (isWell ? 40_000 : 24 * HOUR_MS) : null
    const partitions = Array.from({ length: many }, (_, partition): PartitionReport => ({
      ...{ topic: topics[0]!, partition, owner: this.instance.name, committed: 5_000, end: 5_000 + lag },
      ...{ lagEvents: lag, oldestUndeliveredAtMs },
    }))
    const lagEvents = lag * many
    return {
      ...{ name, description: `Everything of customer ${n}`, contact: `data@customer-${n}.example`, enabled: true },
      ...{ destination: { type, place: PLACES[type](n) }, topics, state, sinceMs: nowMs - 3 * HOUR_MS },
      ...stateFacts(state, nowMs, lagEvents),
      ...{ lagEvents, oldestUndeliveredAtMs, lastSuccessAtMs: nowMs - (isWell ? 2_000 : 24 * HOUR_MS) },
      ...{ inPerSecond: isWell ? 10 + (n % 90) : 0, outPerSecond: isWell ? 9.5 + (n % 90) : 0 },
      totals: {
        ...{ consumed: 10_000 + n + 100, returned: 0, delivered: 10_000 + n, filtered: 60 },
        ...{ dropped: { credentials: state === 'dropping' ? 20 : 0, retention: 0 }, deadLettered: 20 },
        ...{
          objects: 40,
          bytes: 435 * (10_000 + n),
          buffered: { events: state === 'dropping' ? 0 : 20, bytes: 8_700 },
        },
      },
      ...{ retentionHeadroomMs: lag > 0 ? 100 * HOUR_MS : null, partitions, instances: [this.instance.name] },
    }
  }
}

function stateFacts(state: ConnectorState, nowMs: number, lagEvents: number) {
  const refused = {
    code: 'InvalidAccessKeyId',
    message: 'InvalidAccessKeyId: AWS does not know the access key (PUT s3://customer/currents/…)',
    whatToDo: 'Enter a key that is active, or make this one active again.',
  }
  const stake = { eventsAtStake: lagEvents, bytesAtStake: lagEvents * 730 }
  const problems: Partial<Record<ConnectorState, typeof refused>> = {
    retrying: { code: 'SlowDown', message: 'SlowDown: PUT was throttled', whatToDo: 'Nothing: it passes by itself.' },
    'credentials-failing': refused,
    dropping: refused,
    blocked: {
      ...{ code: 'NoSuchBucket', message: 'NoSuchBucket: the bucket customer-4 does not exist' },
      whatToDo: 'Create the bucket, or correct its name.',
    },
  }
  const failing = {
    'credentials-failing': { sinceMs: nowMs - 24 * HOUR_MS, dropAtMs: nowMs + 24 * HOUR_MS, kept: null, ...stake },
    dropping: { sinceMs: nowMs - 49 * HOUR_MS, dropAtMs: nowMs - HOUR_MS, kept: null, ...stake },
  }
  return {
    problem: problems[state] ?? null,
    needsAttention: ['credentials-failing', 'dropping', 'blocked'].includes(state),
    failing: state === 'credentials-failing' || state === 'dropping' ? failing[state] : null,
  }
}

function sampleOf(i: number, atMs: number, stepMs: number, lagEvents: number): Sample {
  const wave = 1 + Math.sin(i / 9)
  const consumed = Math.round((wave * stepMs) / 20)
  const attempts = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, outcome === 'ok' ? 12 : 0]))
  return {
    ...{ atMs, lagEvents: Math.round(lagEvents * wave), oldestUndeliveredAgeMs: 20_000 * wave, consumed },
    ...{ delivered: Math.round(consumed * 0.95), dropped: 0, deadLettered: i % 50 === 0 ? 1 : 0 },
    attempts: { ...(attempts as Sample['attempts']), throttled: i % 20 === 0 ? 3 : 0 },
    latencyMs: { p50: 20 * wave, p95: 80 * wave, p99: 200 * wave },
  }
}

function tallyOf({ totals }: ConnectorReport): Tally {
  const tally = new Tally()
  const { consumed, returned, filtered, bytes } = totals
  Object.assign(tally, { consumed, returned, filtered, bytes })
  const third = Math.floor(totals.delivered / 3)
  count(tally.delivered, 'users.messages.email.Open', third)
  count(tally.delivered, 'users.messages.pushnotification.Send', third)
  count(tally.delivered, 'users.behaviors.Purchase', totals.delivered - 2 * third)
  count(tally.deadLettered, 'NOT_JSON', totals.deadLettered)
  count(tally.dropped, 'credentials', totals.dropped.credentials)
  count(tally.objects, 'age', totals.objects)
  count(tally.attempts, 'ok', 40)
  for (let i = 0; i < 40; i++) {
    tally.attemptSeconds.observe(0.02 * (i + 1))
    tally.latencySeconds.observe(5 * i)
    tally.objectEvents.observe(250)
    tally.objectBytes.observe(110_000)
  }
  return tally
}
