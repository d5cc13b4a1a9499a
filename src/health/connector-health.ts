import type { Logger } from '../runtime/logger.js'
import type { ConnectorState, CredentialStep, Delivered, Dropped, HealthRecorder, Trouble } from './recorder.js'

/** What a connector has done since the process started. */
export interface ConnectorTotals extends Delivered {
  unknownFields: Record<string, number>
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
 * State and totals of one connector. Its state is that of its worst trouble; every change is one line in the log, repeated
 * failures of the same kind are none.
 */
export class ConnectorHealth implements HealthRecorder {
  readonly totals: ConnectorTotals = {
    events: 0,
    objects: 0,
    bytes: 0,
    filtered: 0,
    tombstones: 0,
    deadLettered: 0,
    unknownFields: {},
    dropped: 0,
    gapOffsets: 0,
    intentsReplayed: 0,
  }
  readonly #troubles = new Map<string, Trouble>()
  #isReady = false
  #isStopped = false
  #shown = 'starting'

  constructor(
    readonly connector: string,
    private readonly logger: Logger,
    private readonly watcher?: HealthWatcher,
  ) {}

  /** Its worst trouble; the oldest of those. */
  get trouble(): Trouble | undefined {
    const troubles = [...this.#troubles.values()]
    return RANKS.flatMap((rank) => troubles.find(({ state }) => state === rank) ?? [])[0]
  }

  get state(): ConnectorState {
    if (this.#isStopped) return 'stopped'
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
    this.logger.info({ connector: this.connector, state: this.state, ...this.totals }, 'connector is stopped')
  }

  troubled(source: string, trouble: Trouble): void {
    this.#troubles.set(source, trouble)
    this.#show()
  }

  recovered(source: string): void {
    if (this.#troubles.delete(source)) this.#show()
  }

  delivered(counts: Delivered): void {
    const isFirstDeadLetter = this.totals.deadLettered === 0 && counts.deadLettered > 0
    for (const name of Object.keys(counts) as (keyof Delivered)[]) this.totals[name] += counts[name]
    if (isFirstDeadLetter) this.watcher?.deadLettered()
    if (counts.events + counts.deadLettered > 0) this.watcher?.worked()
  }

  dropped({ events, filtered, tombstones }: Dropped): void {
    this.totals.dropped += events
    this.totals.filtered += filtered
    this.totals.tombstones += tombstones
  }

  credentials(step: CredentialStep): void {
    const line = { connector: this.connector, step: step.step, ...factsOf(step) }
    this.logger[step.step === GOOD_STEP ? 'info' : 'error'](line, step.message)
    this.watcher?.credentials(step)
  }

  unknownField(eventType: string): void {
    this.totals.unknownFields[eventType] = (this.totals.unknownFields[eventType] ?? 0) + 1
  }

  gap(topic: string, partition: number, first: number, last: number): void {
    this.totals.gapOffsets += last - first + 1
    const gap = { connector: this.connector, topic, partition, firstOffset: first, lastOffset: last }
    this.logger.error(gap, 'Kafka removed these offsets before they were delivered: recorded in the drop ledger')
  }

  intentReplayed(): void {
    this.totals.intentsReplayed++
  }

  /** One line per change of state or of what is wrong. */
  #show(): void {
    const { state, trouble } = this
    const shown = trouble ? [state, trouble.code, trouble.kept].join(' ') : state
    if (shown === this.#shown) return
    this.#shown = shown
    this.watcher?.changed(state, trouble)
    const line = { connector: this.connector, state, ...(trouble && factsOf(trouble)) }
    if (!trouble) this.logger.info(line, `connector is ${state}`)
    else this.logger[state === 'retrying' ? 'warn' : 'error'](line, trouble.message)
  }
}

/** What a log line names beside the words; instants in ISO 8601. */
function factsOf({ code, failingSinceMs, dropAtMs }: Omit<Trouble, 'state' | 'message'>): Record<string, string> {
  return {
    code,
    ...(failingSinceMs !== undefined && { failingSince: new Date(failingSinceMs).toISOString() }),
    ...(dropAtMs !== undefined && { dropAt: new Date(dropAtMs).toISOString() }),
  }
}
