import type { ConnectorSettings } from '../../config/configuration.js'
import { isStream } from '../../config/rules.js'
import { connectorRanges, type ConnectorRanges } from '../../delivery/connector-ranges.js'
import { deadLetter } from '../../delivery/kafka-records.js'
import { payloadsOf } from '../../delivery/payloads.js'
import type { RecordWriter } from '../../delivery/side-topics.js'
import type { Destination, Failure, Payload } from '../../destinations/destination.js'
import type { createDestination } from '../../destinations/registry.js'
import type { Range } from '../../range/range.js'
import { MillraceError } from '../../runtime/errors.js'
import { isRecord } from '../calls.js'
import type { KafkaSession } from '../kafka-session.js'
import { appendPatiently, writePatiently, type Patience } from '../patience.js'
import type { Project } from '../project.js'
import { replayedRecord } from './ledger.js'
import { missingSchemas, notCommitted, otherRecords, removedMeanwhile, removedOf } from './obstacles.js'
import { cutRanges, recordedRange, type ReadRange } from './ranges.js'
import { refusedEvents } from './refused.js'
import type { Stretch } from './remains.js'
import type { ReplayTarget } from './targets.js'

/** What became of one target. With a `reason` not everything of it is in the destination. */
export interface ReplayResult extends Stretch {
  /** Of the entry; null for offsets that no entry covers. */
  id: string | null
  connector: string
  outcome: 'replayed' | 'partly-replayed' | 'replayable' | 'gone' | 'failed'
  /** Written; with a dry run, to be written. */
  objects: { key: string; events: number }[]
  /** Likewise; only of a stream. */
  records?: number
  events: number
  deadLettered: number
  reason?: string
  message?: string
}

export interface RangeReplayParts extends Patience {
  project: Project
  session: KafkaSession
  writer: RecordWriter
  openDestination: typeof createDestination
  /** This process: host name and process id. */
  instance: string
  /** Offsets of the stretch that are dead letters of the connector already. */
  deadLettered: (connector: string, stretch: Stretch) => ReadonlySet<number>
  /** Deliver what is left where Kafka has removed a part. */
  partial: boolean
  /** Only tell what would be written. */
  dryRun: boolean
}

/**
 * Delivers ranges of one connector after all. Keys and bytes follow from the records and the ledger entry, so that doing it
 * again, after a crash, or beside another process, writes the same bytes to the same keys: nothing else is needed for each
 * event to be in one object. In a stream, whatever is done again is there again. First come the objects or records, then
 * dead letters, then the mark in the ledger.
 */
export class RangeReplay {
  readonly #connector: ConnectorSettings
  readonly #parts: RangeReplayParts
  readonly #ranges: ConnectorRanges
  readonly #destination: Destination
  /** What would happen to every other target too. */
  #givenUp: Ending | undefined

  /** Throws `MillraceError` `CONFIGURATION` where the connector could not be started either. */
  constructor(connector: ConnectorSettings, parts: RangeReplayParts) {
    const { catalogue, configuration } = parts.project
    const { service, accounts } = configuration
    this.#connector = connector
    this.#parts = parts
    this.#ranges = connectorRanges(connector, { service, catalogue, onUnknownField: () => undefined })
    this.#destination = parts.openDestination(connector, accounts, { clock: parts.clock })
  }

  /** Never rejects for what Kafka or the destination does. */
  async replay(target: ReplayTarget): Promise<ReplayResult> {
    const { topic, partition, firstOffset, lastOffset, drop, connector } = target
    const place = { id: drop?.id ?? null, connector: connector.name, topic, partition, firstOffset, lastOffset }
    const nothing = { objects: [], ...(isStream(connector.destination) && { records: 0 }), events: 0, deadLettered: 0 }
    const result: ReplayResult = { ...place, outcome: 'failed', ...nothing }
    const ending = await this.#replay(target, result).catch(endingOf)
    const remark = drop?.replayed ? { message: `it had been replayed before, at ${drop.replayedAt}` } : {}
    const outcome = this.#parts.dryRun ? 'replayable' : 'replayed'
    return { ...result, ...(ending ?? { outcome, ...remark }) }
  }

  close(): Promise<void> {
    return this.#destination.close()
  }

  /** Resolves to why not everything is delivered. */
  async #replay(target: ReplayTarget, result: ReplayResult): Promise<Ending | undefined> {
    const { project, session, dryRun } = this.#parts
    const obstacle = this.#givenUp ?? missingSchemas(target, project.catalogue) ?? (await notCommitted(target, session))
    if (obstacle) return obstacle
    const removed = await removedOf(target, session)
    const first = removed?.next ?? target.firstOffset
    if (removed && (first > target.lastOffset || !this.#mayBePartial(target))) return removed.obstacle
    let missing = removed?.obstacle
    for await (const { range, leftOut } of this.#rangesOf(target, first)) {
      const others = otherRecords(target.drop, range, leftOut)
      if (others && !(others.outcome === 'gone' && this.#mayBePartial(target))) return others
      missing ??= others
      const problem = (await removedMeanwhile(range, session)) ?? (await this.#deliver(range, result))
      range.release()
      if (problem) return problem
      result.deadLettered += leftOut
    }
    const unmarked = await this.#mark(target, first)
    return unmarked ?? (missing && { ...missing, outcome: dryRun ? 'replayable' : 'partly-replayed' })
  }

  /** What was delivered once is not delivered from another offset on: events would be under two keys. */
  #mayBePartial({ drop }: ReplayTarget): boolean {
    return this.#parts.partial && !drop?.replayed
  }

  async *#rangesOf(target: ReplayTarget, first: number): AsyncGenerator<ReadRange, void> {
    const { session, deadLettered } = this.#parts
    const { name, files } = this.#connector
    const letters = deadLettered(name, target)
    const parts = { reader: session.reader, ranges: this.#ranges, limits: files, deadLettered: letters }
    if (target.drop) yield await recordedRange(target.drop, first, parts)
    else yield* cutRanges(target, first, parts)
  }

  /** Objects or records, then dead letters. */
  async #deliver(range: Range, result: ReplayResult): Promise<Ending | undefined> {
    const { stop, dryRun } = this.#parts
    if (stop.aborted) return this.#stopped()
    const payloads = payloadsOf(range)
    const failures = dryRun ? [] : await writePatiently(payloads, this.#destination, this.#parts)
    count(result, range, payloads, failures)
    // An object is many events, of which only one may be to blame; a record is one.
    const worst = failures.find(({ class: failureClass, payload }) => failureClass !== 'rejected' || !isRecord(payload))
    if (worst) return this.#endingOf(worst)
    return this.#deadLetter(range, failures, result)
  }

  /** What was rejected when it was read, and what the stream has rejected. */
  async #deadLetter(range: Range, failures: readonly Failure[], result: ReplayResult): Promise<Ending | undefined> {
    const { session, dryRun, project, writer, clock, instance } = this.#parts
    const refused = await refusedEvents(range, failures, session)
    if (refused.length < failures.length) return this.#endingOf(failures[0]!)
    const { deadLetters: topic } = project.configuration.kafka.topics
    const by = { connector: this.#connector.name, instance, clock }
    const letters = [...range.rejected, ...refused].map((event) => deadLetter(event, range, by))
    const error = dryRun ? undefined : await appendPatiently(letters, { topic, writer }, this.#parts)
    if (error) return { outcome: 'failed', reason: error.code, message: error.message }
    result.deadLettered += letters.length
    return undefined
  }

  #endingOf({ class: failureClass, code, message }: Failure): Ending {
    if (this.#parts.stop.aborted) return this.#stopped()
    const ending: Ending = { outcome: 'failed', reason: `${failureClass} ${code}`, message }
    if (failureClass !== 'rejected') this.#givenUp = ending
    return ending
  }

  #stopped(): Ending {
    const again = isStream(this.#connector.destination)
      ? 'what was written is then written again'
      : 'nothing is written twice'
    return { outcome: 'failed', reason: 'STOPPED', message: `stopped before all was written: do it again, ${again}` }
  }

  async #mark({ drop }: ReplayTarget, first: number): Promise<Ending | undefined> {
    const { dryRun, project, writer, clock } = this.#parts
    if (!drop || dryRun) return undefined
    const { drops: topic } = project.configuration.kafka.topics
    const record = replayedRecord(drop, clock.nowMs(), first)
    const error = await appendPatiently([record], { topic, writer }, this.#parts)
    if (!error) return undefined
    const message = `it is delivered, but not marked: ${error.message}: replay it again to mark it`
    return { outcome: 'failed', reason: error.code, message }
  }
}

/** How a target ended that is not wholly delivered. */
interface Ending {
  outcome: ReplayResult['outcome']
  reason: string
  message: string
}

/** Counts what is written: of the range's `payloads` everything but `failures`. */
function count(result: ReplayResult, range: Range, payloads: readonly Payload[], failures: readonly Failure[]): void {
  const failed = new Set(failures.map(({ payload }) => payload))
  payloads.forEach((payload, n) => {
    if (failed.has(payload)) return
    // What is no object is a record, of one event.
    const events = range.objects[n]?.encoder.events
    if (events === undefined) result.records = (result.records ?? 0) + 1
    else result.objects.push({ key: payload.key, events })
    result.events += events ?? 1
  })
}

function endingOf(error: unknown): Ending {
  if (!(error instanceof MillraceError)) throw error
  return { outcome: 'failed', reason: error.code, message: error.message }
}
