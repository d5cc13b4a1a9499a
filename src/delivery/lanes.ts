import { missingPins, type Catalogue } from '../events/catalogue.js'
import type { HealthRecorder } from '../health/recorder.js'
import { decodeMetadata, type CommitMetadata, type CredentialMarks } from '../range/commit-metadata.js'
import type { ObjectLimits, RangeParts } from '../range/open-range.js'
import type { Clock } from '../runtime/clock.js'
import { MillraceError } from '../runtime/errors.js'
import type { Logger } from '../runtime/logger.js'
import type { Lease, PartitionState, RecordChunk, Source } from '../source/source.js'
import type { Held } from './fill.js'
import type { Committed } from './lane-commits.js'
import { Lane, type WriteRange } from './lane.js'
import type { Sweep } from './lane-fills.js'
import type { MemoryShare } from './memory-budget.js'

export interface LanesParts {
  source: Source
  range: Omit<RangeParts, 'topic' | 'partition' | 'account'>
  limits: ObjectLimits
  maxAgeMs: number
  /** Where a partition without a committed offset starts; a number is an instant in Unix milliseconds. */
  from: 'beginning' | 'end' | number
  catalogue: Catalogue
  memory: MemoryShare
  clock: Clock
  health: HealthRecorder
  logger: Logger
  write: WriteRange
  /** Told what the credentials have done as far as a partition knows; says whether they fail. */
  credentials: CredentialState
}

/** A leased partition. */
export interface LanePartition extends Held {
  topic: string
  partition: number
  committed: number
  /** The offset after everything that was read. */
  next: number
}

interface CredentialState {
  readonly isHolding: boolean
  /** A partition is ours now. */
  found(committed: CommitMetadata): void
  /** Something waits for the credentials. */
  pending(): void
}

/** A topic that lost its end needs a person; looked at again so that a restored one heals by itself. */
const RECREATED_PROBE_MS = 30_000

/** The lanes of one connector: opens them where the last owner stopped, and lets them read as memory allows. */
export class Lanes {
  readonly #parts: LanesParts
  readonly #lanes = new Map<Lease, Lane>()
  readonly #paused = new Set<Lane>()
  /** Lanes whose next offset is beyond the end of their topic. */
  readonly #beyondEnd = new Set<Lane>()
  /** Lanes with something that waits for the credentials; the one whose turn it is first. */
  readonly #waiting = new Set<Lane>()
  /** Offset to drain to, by `topic/partition`; null while the service runs on. */
  #drainTo: ReadonlyMap<string, number> | null = null
  #isStopping = false
  #isPaused = false

  constructor(parts: LanesParts) {
    this.#parts = parts
  }

  /** Opens a lane where the group's commit says; resolves to the offset to read first, rejects when that cannot be. */
  async open(lease: Lease, state: PartitionState): Promise<number> {
    const source = sourceOf(lease)
    try {
      const metadata = this.#recorded(source, state)
      const offset = await this.#firstOffset(lease, state)
      if (lease.valid) this.#add(lease, { offset, ...metadata })
      this.#parts.health.recovered(source)
      return offset
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      this.#parts.health.blocked(source, error)
      throw error
    }
  }

  add(lease: Lease, chunk: RecordChunk): void {
    const lane = this.#lanes.get(lease)
    if (!lane) return
    if (this.#beyondEnd.delete(lane)) this.#parts.health.recovered(lane.source)
    lane.add(chunk)
    // It was underway when reading was paused.
    if (this.#isPaused) lane.close('flush')
  }

  close(lease: Lease): void {
    // Also of a lease that could not be opened: it is somebody else's trouble now.
    this.#parts.health.recovered(sourceOf(lease))
    const lane = this.#lanes.get(lease)
    if (!lane) return
    lane.abandon()
    this.#beyondEnd.delete(lane)
    this.#lanes.delete(lease)
    this.#paused.delete(lane)
    this.#waiting.delete(lane)
    this.#regulate()
  }

  /** Kafka has removed what was to be read next (a recorded gap), or the topic has lost its end (a person is needed). */
  outOfRange(lease: Lease, { position, low, high }: { position: number; low: number; high: number }): void {
    const lane = this.#lanes.get(lease)
    if (!lane) return
    if (position < low) {
      lane.skipTo(low)
      return this.#parts.source.seek(lease, low)
    }
    this.#beyondEnd.add(lane)
    this.#parts.health.blocked(lane.source, recreated(lane.source, position, high))
    this.#parts.clock.after(RECREATED_PROBE_MS, () => {
      if (lease.valid) this.#parts.source.seek(lease, position)
    })
  }

  /** From now on every lane reads up to its offset (by `topic/partition`) only, and delivers that without waiting for age. */
  drainTo(ends: ReadonlyMap<string, number>): void {
    this.#drainTo = ends
    for (const lane of this.#lanes.values()) this.#drain(lane)
  }

  /** An operator asks for it: what was read is delivered, and nothing more is read, probed or dropped until `resume`. */
  pause(): void {
    this.#isPaused = true
    this.#regulate()
    this.flush()
  }

  resume(): void {
    this.#isPaused = false
    this.#regulate()
    if (this.hasPending) this.#parts.credentials.pending()
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Closes every open range now. */
  flush(): void {
    for (const lane of this.#lanes.values()) lane.close('flush')
  }

  /** What is leased, and how far it is. */
  get partitions(): LanePartition[] {
    return [...this.#lanes.values()].map(({ lease, commits, next, held }) => {
      const { topic, partition } = lease
      return { topic, partition, committed: commits.committed.offset, next, ...held }
    })
  }

  /** Offsets in memory that are not settled. */
  get heldOffsets(): number {
    let offsets = 0
    for (const lane of this.#lanes.values()) offsets += lane.held.offsets
    return offsets
  }

  /** Stops reading, closes every open range and resolves when all closed ones are delivered, or given up. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#regulate()
    for (const lane of this.#lanes.values()) lane.close('shutdown')
    await Promise.all([...this.#lanes.values()].map((lane) => lane.settled()))
  }

  #recorded(source: string, state: PartitionState): CommitMetadata {
    const decoded = decodeMetadata(state.metadata)
    if (decoded.kind === 'newer') throw newerMetadata(source, decoded.version)
    if (decoded.kind === 'foreign') {
      this.#parts.logger.warn({ partition: source }, 'commit metadata of another tool ignored')
      return { intent: null, marks: {} }
    }
    const { intent, marks } = decoded
    if (!intent) return { intent, marks }
    const missing = missingPins(this.#parts.catalogue, intent.schemas)
    if (missing.length > 0) throw missingSchemas(source, missing)
    if (intent.end >= state.high) throw recreated(source, intent.end + 1, state.high)
    return { intent, marks }
  }

  /** The credentials fail: see `Lane.hold`. */
  hold(): void {
    for (const lane of this.#lanes.values()) lane.hold()
    this.#regulate()
  }

  release(): void {
    this.#waiting.clear()
    for (const lane of this.#lanes.values()) lane.release()
    this.#regulate()
  }

  /** True while something waits for the credentials. */
  get hasPending(): boolean {
    return this.#waiting.size > 0
  }

  /** True while something waits for the credentials, and may be tried. */
  get canProbe(): boolean {
    return this.hasPending && !this.#isPaused
  }

  /** True when nothing waits for the credentials, nor is being tried or given up; of a paused connector nobody knows. */
  get isIdle(): boolean {
    const isAtIt = [...this.#lanes.values()].some(({ isProbing, isDropping }) => isProbing || isDropping)
    return !this.hasPending && !isAtIt && !this.#isPaused
  }

  /** Writes a range of the lane whose turn it is; all of them have their turn, so that one refused folder is told from all. */
  async probe(): Promise<void> {
    const [lane] = this.#waiting
    if (!lane) return
    this.#waiting.delete(lane)
    await lane.probe()
  }

  /** Gives up what waits, a partition after the other, each up to the end that `sweepOf` knows of it. */
  async sweep(sweepOf: (source: string) => Sweep | null): Promise<void> {
    for (const lane of [...this.#waiting]) {
      const sweep = sweepOf(lane.source)
      if (!sweep || !this.#waiting.delete(lane)) continue
      await lane.sweep(sweep)
    }
  }

  /** True while something goes to the drop ledger. */
  get isDropping(): boolean {
    return [...this.#lanes.values()].some((lane) => lane.isDropping)
  }

  /** Changes the marks of every partition, as far as the leases live. */
  async mark(change: (marks: CredentialMarks) => CredentialMarks): Promise<void> {
    await Promise.all([...this.#lanes.values()].map(({ commits }) => commits.mark(change)))
  }

  /** Any lane whose lease lives. */
  get anyLane(): Lane | undefined {
    return [...this.#lanes.values()][0]
  }

  /** The lane of a partition, while its lease lives. */
  laneOf(source: string): Lane | undefined {
    return [...this.#lanes.values()].find((lane) => lane.source === source)
  }

  #parked(lane: Lane): void {
    this.#waiting.add(lane)
    this.#parts.credentials.pending()
  }

  async #firstOffset(lease: Lease, state: PartitionState): Promise<number> {
    if (state.committed !== null) return state.committed
    const first = await this.#startOf(lease, state)
    // Pinned before anything is read: a connector that starts at the end and is restarted must not skip (fault 52).
    await this.#parts.source.commit(lease, first, '')
    return first
  }

  async #startOf(lease: Lease, state: PartitionState): Promise<number> {
    const { from, source } = this.#parts
    if (from === 'beginning' || state.isNewPartition) return state.low
    return from === 'end' ? state.high : source.offsetAt(lease, from)
  }

  #add(lease: Lease, committed: Committed): void {
    const { range, memory, source, credentials } = this.#parts
    const { topic, partition } = lease
    credentials.found(committed)
    const parts = {
      ...this.#parts,
      lease,
      range: { ...range, topic, partition, account: (deltaBytes: number) => memory.account(deltaBytes) },
      commit: source.commit.bind(source),
      seek: (offset: number) => source.seek(lease, offset),
      onFlow: () => this.#regulate(),
      onParked: () => this.#parked(lane),
    }
    const lane: Lane = new Lane(parts, committed, credentials.isHolding)
    this.#lanes.set(lease, lane)
    this.#drain(lane)
    if (lane.isParked) this.#parked(lane)
    this.#regulate()
  }

  #drain(lane: Lane): void {
    if (this.#drainTo) lane.drainTo(this.#drainTo.get(lane.source) ?? 0)
  }

  /** Lets every lane read that wants records, as far as memory goes; without memory the largest range closes first. */
  #regulate(): void {
    const isExhausted = this.#parts.memory.isExhausted()
    if (isExhausted) this.#closeLargest()
    const exempt = isExhausted ? this.#mustGoOn() : null
    for (const lane of this.#lanes.values()) {
      const mayRead = !this.#isStopping && !this.#isPaused && (!isExhausted || lane === exempt)
      this.#setFlow(lane, mayRead && lane.wantsRecords)
    }
  }

  /** There is room in memory again. */
  readOn(): void {
    this.#regulate()
  }

  #setFlow(lane: Lane, flows: boolean): void {
    if (flows !== this.#paused.has(lane)) return
    if (flows) {
      this.#paused.delete(lane)
      this.#parts.source.resume(lane.lease)
    } else {
      this.#paused.add(lane)
      this.#parts.source.pause(lane.lease)
    }
  }

  /** Until half of what is held is on its way: then enough will come back to read on. */
  #closeLargest(): void {
    const lanes = [...this.#lanes.values()].filter((lane) => lane.canClose).sort((a, b) => b.openBytes - a.openBytes)
    let openBytes = [...this.#lanes.values()].reduce((sum, lane) => sum + lane.openBytes, 0)
    for (const lane of lanes) {
      if (openBytes <= this.#parts.memory.heldBytes / 2) return
      openBytes -= lane.openBytes
      lane.close('memory')
    }
  }

  /** A replayed range cannot be closed before its end: with nothing on its way, the largest one goes on alone. */
  #mustGoOn(): Lane | null {
    const lanes = [...this.#lanes.values()]
    if (lanes.some((lane) => lane.isDelivering)) return null
    return lanes.filter((lane) => lane.isReplaying).sort((a, b) => b.openBytes - a.openBytes)[0] ?? null
  }
}

/** What a partition's trouble goes by in the connector's health. */
function sourceOf({ topic, partition }: Lease): string {
  return `${topic}/${partition}`
}

function newerMetadata(source: string, version: number): MillraceError {
  const message = `${source}: the commit was written by a newer Millrace (metadata version ${version}): run that version here too`
  return new MillraceError('KAFKA_UNSUPPORTED', message)
}

function missingSchemas(source: string, missing: readonly string[]): MillraceError {
  const message = `${source}: a range is being written with schemas this instance does not have (${missing.join(', ')}): add them to service.schemas`
  return new MillraceError('SCHEMA', message)
}

function recreated(source: string, offset: number, high: number): MillraceError {
  const message = `${source}: offset ${offset} was read before, but the topic now ends at ${high}: it was recreated or has lost records. Reset the group's offset to where reading should go on`
  return new MillraceError('TOPIC_RECREATED', message)
}
