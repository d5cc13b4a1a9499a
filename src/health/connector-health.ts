import { systemClock, type Clock } from '../runtime/clock.js'
import type { Logger } from '../runtime/logger.js'
import { Journal } from './journal.js'
import type {
  Attempt,
  ConnectorState,
  CredentialStep,
  Delivered,
  Dropped,
  HealthRecorder,
  Trouble,
} from './recorder.js'
import { count, sumOf, Tally } from './tally.js'

/** What a connector has done since the process started, in one line. */
export interface ConnectorTotals {
  events: number
  objects: number
  bytes: number
  filtered: number
  tombstones: number
  deadLettered: number
  unknownFields: Readonly<Record<string, number>>
  /** Events in the drop ledger because the credentials failed. */
  dropped: number
  gapOffsets: number
  intentsReplayed: number
}

/** Is told what a person may have to know; `ConnectorHealth` decides nothing about that. */
export interface HealthWatcher {
  /** The state, or what is wrong, has changed. */
  changed(state: ConnectorState, trouble: Trouble | undefined): void
  /** A proof that the connector works: events were delivered, or Kafka no longer blocks it. */
  worked(): void
  /** The first event since the process started went to the dead letters. */
  deadLettered(): void
  credentials(step: CredentialStep): void
}

/** The worse one is shown first: what loses events, what will lose them, what needs a person, what passes by itself. */
const RANKS: readonly Trouble['state'][] = ['dropping', 'credentials-failing', 'blocked', 'retrying']

/** Steps of the 48-hour rule that are worth a look rather than a person. */
const GOOD_STEP = 'recovered'

/**
 * State and counts of one connector in this process. Its state is that of its worst trouble; every change is one line in the
 * log and one entry in the journal, repeated failures of the same kind are counted.
 */
export class ConnectorHealth implements HealthRecorder {
  readonly tally = new Tally()
  readonly journal = new Journal()
  /** Since when it has been in its state. */
  sinceMs: number
  /** When the destination has acknowledged something last. */
  lastSuccessMs: number | null = null
  readonly #unknownFields: Record<string, number> = {}
  readonly #troubles = new Map<string, Trouble>()
  #isReady = false
  #isPaused = false
  #isStopped = false
  #state: ConnectorState = 'starting'
  #shown = 'starting'

  constructor(
    readonly connector: string,
    private readonly logger: Logger,
    private readonly watcher?: HealthWatcher,
    private readonly process: { clock: Pick<Clock, 'nowMs'>; instance: string } = { clock: systemClock, instance: '' },
  ) {
    this.sinceMs = process.clock.nowMs()
  }

  get totals(): ConnectorTotals {
    const { delivered, objects, bytes, filtered, tombstones, deadLettered, dropped, intentsReplayed } = this.tally
    return {
      ...{ events: sumOf(delivered), objects: sumOf(objects), bytes, filtered: filtered - tombstones, tombstones },
      ...{ deadLettered: sumOf(deadLettered), unknownFields: this.#unknownFields },
      ...{ dropped: dropped.get('credentials') ?? 0, gapOffsets: dropped.get('retention') ?? 0, intentsReplayed },
    }
  }

  /** It has joined its group once. */
  get isReady(): boolean {
    return this.#isReady
  }

  /** What keeps it from Kafka now, whatever is worse. */
  get kafkaTrouble(): Trouble | undefined {
    return this.#troubles.get('kafka')
  }

  /** Its worst trouble; the oldest of those. */
  get trouble(): Trouble | undefined {
    const troubles = [...this.#troubles.values()]
    return RANKS.flatMap((rank) => troubles.find(({ state }) => state === rank) ?? [])[0]
  }

  get state(): ConnectorState {
    if (this.#isStopped) return 'stopped'
    if (this.#isPaused) return 'paused'
    return this.trouble?.state ?? (this.#isReady ? 'running' : 'starting')
  }

  ready(): void {
    this.#isReady = true
    const wasBlocked = this.#troubles.get('kafka')?.state === 'blocked'
    this.#troubles.delete('kafka')
    this.#show()
    if (wasBlocked) this.watcher?.worked()
  }

  /** The last word, with everything it has done. */
  stopped(): void {
    this.#isStopped = true
    this.#enter('the process has stopped')
    this.logger.info({ connector: this.connector, state: this.state, ...this.totals }, 'connector is stopped')
  }

  /** An operator has asked for it. */
  paused(isPaused: boolean): void {
    this.#isPaused = isPaused
    this.#show()
  }

  /** What an operator has done: for the timeline. */
  operated(what: string, message: string): void {
    this.#note('operator', what, message)
  }

  troubled(source: string, trouble: Trouble): void {
    this.#troubles.set(source, trouble)
    this.#show()
  }

  blocked(source: string, { code, message }: { code: string; message: string }): void {
    this.failed(code, message)
    this.troubled(source, { state: 'blocked', code, message })
  }

  recovered(source: string): void {
    if (this.#troubles.delete(source)) this.#show()
  }

  failed(code: string, message: string): void {
    this.journal.failed(code, message, this.process.clock.nowMs())
  }

  consumed(offsets: number): void {
    this.tally.consumed += offsets
  }

  returned(offsets: number): void {
    this.tally.returned += offsets
  }

  attempted({ outcome, durationMs, isTaken, isProbe, failures }: Attempt): void {
    const { attempts, probes, attemptSeconds } = this.tally
    count(attempts, outcome)
    if (isProbe) count(probes, outcome)
    attemptSeconds.observe(durationMs / 1000)
    if (isTaken) this.lastSuccessMs = this.process.clock.nowMs()
    // Of a call all of whose objects fail alike one stands for all.
    for (const { code, message } of new Map(failures.map((failure) => [failure.code, failure])).values())
      this.failed(code, message)
  }

  delivered(delivered: Delivered): void {
    const { tally } = this
    const isFirstDeadLetter = tally.deadLettered.size === 0 && delivered.deadLettered.size > 0
    for (const [type, events] of delivered.eventTypes) count(tally.delivered, type, events)
    for (const [reason, events] of delivered.deadLettered) count(tally.deadLettered, reason, events)
    this.#objects(delivered)
    tally.bytes += delivered.bytes
    this.#filtered(delivered)
    if (Number.isFinite(delivered.earliestMs))
      tally.latencySeconds.observe(Math.max(0, this.process.clock.nowMs() - delivered.earliestMs) / 1000)
    if (isFirstDeadLetter) this.watcher?.deadLettered()
    if (delivered.events + delivered.deadLettered.size > 0) this.watcher?.worked()
  }

  dropped(dropped: Dropped): void {
    if (dropped.events > 0) count(this.tally.dropped, 'credentials', dropped.events)
    this.#filtered(dropped)
  }

  credentials(step: CredentialStep): void {
    const line = { connector: this.connector, step: step.step, ...factsOf(step) }
    this.logger[step.step === GOOD_STEP ? 'info' : 'error'](line, step.message)
    this.#note('credentials', step.step, step.message, step.code)
    this.watcher?.credentials(step)
  }

  unknownField(eventType: string): void {
    this.#unknownFields[eventType] = (this.#unknownFields[eventType] ?? 0) + 1
  }

  gap(topic: string, partition: number, first: number, last: number): void {
    count(this.tally.dropped, 'retention', last - first + 1)
    const gap = { connector: this.connector, topic, partition, firstOffset: first, lastOffset: last }
    this.logger.error(gap, 'Kafka removed these offsets before they were delivered: recorded in the drop ledger')
  }

  intentReplayed(): void {
    this.tally.intentsReplayed++
  }

  commitFailed(): void {
    this.tally.commitFailures++
  }

  rebalanced(): void {
    this.tally.rebalances++
  }

  #objects({ objects, closedBy }: Delivered): void {
    const { tally } = this
    if (objects.length > 0) count(tally.objects, closedBy, objects.length)
    for (const { events, bytes } of objects) {
      tally.objectEvents.observe(events)
      tally.objectBytes.observe(bytes)
    }
  }

  #filtered({ filtered, tombstones }: { filtered: number; tombstones: number }): void {
    this.tally.filtered += filtered + tombstones
    this.tally.tombstones += tombstones
  }

  /** One line per change of state or of what is wrong. */
  #show(): void {
    const { state, trouble } = this
    const shown = trouble ? [state, trouble.code, trouble.kept].join(' ') : state
    if (shown === this.#shown) return
    this.#shown = shown
    this.#enter(trouble?.message ?? `connector is ${state}`, trouble?.code)
    this.watcher?.changed(state, trouble)
    const line = { connector: this.connector, state, ...(trouble && factsOf(trouble)) }
    if (!trouble) this.logger.info(line, `connector is ${state}`)
    else this.logger[state === 'retrying' ? 'warn' : 'error'](line, trouble.message)
  }

  #enter(message: string, code?: string): void {
    const { state } = this
    if (state !== this.#state) this.sinceMs = this.process.clock.nowMs()
    this.#state = state
    this.#note('state', state, message, code)
  }

  #note(kind: 'state' | 'credentials' | 'operator', what: string, message: string, code?: string): void {
    const { clock, instance } = this.process
    this.journal.add({ atMs: clock.nowMs(), kind, what, ...(code !== undefined && { code }), message, instance })
  }
}

/** What a log line names beside the words; instants in ISO 8601. */
function factsOf({
  code,
  failingSinceMs,
  dropAtMs,
}: Pick<Trouble, 'code' | 'failingSinceMs' | 'dropAtMs'>): Record<string, string> {
  return {
    code,
    ...(failingSinceMs !== undefined && { failingSince: new Date(failingSinceMs).toISOString() }),
    ...(dropAtMs !== undefined && { dropAt: new Date(dropAtMs).toISOString() }),
  }
}
