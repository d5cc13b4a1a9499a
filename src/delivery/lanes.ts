import type { HealthRecorder } from '../health/recorder.js'
import type { CommitMetadata, CredentialMarks } from '../range/commit-metadata.js'
import type { ObjectLimits, RangeParts } from '../range/open-range.js'
import type { Clock } from '../runtime/clock.js'
import { MillraceError } from '../runtime/errors.js'
import type { Lease, PartitionState, RecordChunk } from '../source/source.js'
import type { Held } from './fill.js'
import { Flow, type FlowParts } from './flow.js'
import type { Committed } from './lane-commits.js'
import type { Sweep } from './lane-fills.js'
import { Lane, type WriteRange } from './lane.js'
import { recreated, sourceOf, takeUp, type TakeUpParts } from './take-up.js'
import { WaitingLanes } from './waiting-lanes.js'

export interface LanesParts extends TakeUpParts, FlowParts {
  range: Omit<RangeParts, 'topic' | 'partition' | 'account'>
  limits: ObjectLimits
  maxAgeMs: number
  clock: Clock
  health: HealthRecorder
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

/** The lanes of one connector: opened where the last owner stopped, closed when their lease is dead. */
export class Lanes {
  readonly #parts: LanesParts
  readonly #lanes = new Map<Lease, Lane>()
  readonly #flow: Flow
  readonly #waiting = new WaitingLanes()
  /** Lanes whose next offset is beyond the end of their topic. */
  readonly #beyondEnd = new Set<Lane>()
  /** Offset to drain to, by `topic/partition`; null while the service runs on. */
  #drainTo: ReadonlyMap<string, number> | null = null

  constructor(parts: LanesParts) {
    this.#parts = parts
    this.#flow = new Flow(parts, () => this.#all)
  }

  /** Opens a lane where the group's commit says; resolves to the offset to read first, rejects when that cannot be. */
  async open(lease: Lease, state: PartitionState): Promise<number> {
    const source = sourceOf(lease)
    try {
      const committed = await takeUp(lease, state, this.#parts)
      if (lease.valid) this.#add(lease, committed)
      this.#parts.health.recovered(source)
      return committed.offset
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
    if (this.isPaused) lane.close('flush')
  }

  close(lease: Lease): void {
    // Also of a lease that could not be opened: it is somebody else's trouble now.
    this.#parts.health.recovered(sourceOf(lease))
    const lane = this.#lanes.get(lease)
    if (!lane) return
    lane.abandon()
    this.#lanes.delete(lease)
    this.#beyondEnd.delete(lane)
    this.#waiting.left(lane)
    this.#flow.left(lane)
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
    for (const lane of this.#all) this.#drain(lane)
  }

  /** An operator asks for it: what was read is delivered, and nothing more is read, probed or dropped until `resume`. */
  pause(): void {
    this.#flow.pause()
    this.flush()
  }

  resume(): void {
    this.#flow.resume()
    if (this.hasPending) this.#parts.credentials.pending()
  }

  get isPaused(): boolean {
    return this.#flow.isPaused
  }

  /** There is room in memory again. */
  readOn(): void {
    this.#flow.regulate()
  }

  /** Closes every open range now. */
  flush(): void {
    for (const lane of this.#all) lane.close('flush')
  }

  /** Stops reading, closes every open range and resolves when all closed ones are delivered, or given up. */
  async stop(): Promise<void> {
    this.#flow.stop()
    for (const lane of this.#all) lane.close('shutdown')
    await Promise.all(this.#all.map((lane) => lane.settled()))
  }

  /** What is leased, and how far it is. */
  get partitions(): LanePartition[] {
    return this.#all.map(({ lease, commits, next, held }) => {
      const { topic, partition } = lease
      return { topic, partition, committed: commits.committed.offset, next, ...held }
    })
  }

  /** Offsets in memory that are not settled. */
  get heldOffsets(): number {
    return this.#all.reduce((sum, { held }) => sum + held.offsets, 0)
  }

  /** The credentials fail: see `Lane.hold`. */
  hold(): void {
    for (const lane of this.#all) lane.hold()
    this.#flow.regulate()
  }

  release(): void {
    this.#waiting.clear()
    for (const lane of this.#all) lane.release()
    this.#flow.regulate()
  }

  /** True while something waits for the credentials. */
  get hasPending(): boolean {
    return this.#waiting.size > 0
  }

  /** True while something waits for the credentials, and may be tried. */
  get canProbe(): boolean {
    return this.hasPending && !this.isPaused
  }

  /** True when nothing waits for the credentials, nor is being tried or given up; of a paused connector nobody knows. */
  get isIdle(): boolean {
    const isAtIt = this.#all.some(({ isProbing, isDropping }) => isProbing || isDropping)
    return !this.hasPending && !isAtIt && !this.isPaused
  }

  /** See `WaitingLanes.probe`. */
  probe(): Promise<void> {
    return this.#waiting.probe()
  }

  /** See `WaitingLanes.sweep`. */
  sweep(sweepOf: (source: string) => Sweep | null): Promise<void> {
    return this.#waiting.sweep(sweepOf)
  }

  /** True while something goes to the drop ledger. */
  get isDropping(): boolean {
    return this.#all.some((lane) => lane.isDropping)
  }

  /** Changes the marks of every partition, as far as the leases live. */
  async mark(change: (marks: CredentialMarks) => CredentialMarks): Promise<void> {
    await Promise.all(this.#all.map(({ commits }) => commits.mark(change)))
  }

  /** Any lane whose lease lives. */
  get anyLane(): Lane | undefined {
    return this.#all[0]
  }

  /** The lane of a partition, while its lease lives. */
  laneOf(source: string): Lane | undefined {
    return this.#all.find((lane) => lane.source === source)
  }

  get #all(): Lane[] {
    return [...this.#lanes.values()]
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
      onFlow: () => this.#flow.regulate(),
      onParked: () => this.#parked(lane),
    }
    const lane: Lane = new Lane(parts, committed, credentials.isHolding)
    this.#lanes.set(lease, lane)
    this.#drain(lane)
    if (lane.isParked) this.#parked(lane)
    this.#flow.regulate()
  }

  #parked(lane: Lane): void {
    this.#waiting.add(lane)
    this.#parts.credentials.pending()
  }

  #drain(lane: Lane): void {
    if (this.#drainTo) lane.drainTo(this.#drainTo.get(lane.source) ?? 0)
  }
}
