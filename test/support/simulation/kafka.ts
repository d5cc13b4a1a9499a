import type { CommitOutcome, Lease, PartitionState, RecordChunk, RecordView } from '../../../src/source/source.js'
import type { Source, SourceListener } from '../../../src/source/source.js'
import type { SimulatedProcess, World } from './world.js'

export interface Committed {
  offset: number
  metadata: string
}

/** What can be taken away to see that its absence is caught. */
export interface Mutation {
  /** The broker accepts commits of any member and generation. */
  noFence?: boolean
  /** Commit metadata is not kept: no intent is ever found. */
  noIntent?: boolean
}

const SESSION_TIMEOUT_MS = 10_000
const HEARTBEAT_MS = 2_000
/** A commit that finds no broker is sent again after so long. */
const OUTAGE_RETRY_MS = 10_000

/** One topic and one consumer group, as a real broker behaves as far as delivery depends on it. */
export class SimulatedKafka {
  readonly topic = 'events'
  readonly committed = new Map<number, Committed>()
  readonly violations: string[] = []
  /** Told each commit that the broker accepts, with what stood there before. */
  onCommitted: (partition: number, before: Committed, after: Committed) => void = () => undefined
  /** No broker answers. */
  isDown = false
  readonly #members = new Map<string, SimulatedSource>()
  /** Everybody who may still read, expelled or not. */
  readonly #readers = new Set<SimulatedSource>()
  readonly #ends: number[]
  #generation = 0
  #joined = 0
  #owners = new Map<number, string>()

  constructor(
    readonly world: World,
    partitions: number,
    readonly mutation: Mutation,
    /** Probability that a commit's connection is cut, before or after the broker applied it. */
    public cutRate: number,
  ) {
    this.#ends = Array.from({ length: partitions }, () => 0)
  }

  get partitions(): number[] {
    return [...this.#ends.keys()]
  }

  end(partition: number): number {
    return this.#ends[partition] ?? 0
  }

  produce(partition: number, records: number): void {
    this.#ends[partition] = this.end(partition) + records
    for (const source of this.#readers) source.wake()
  }

  join(source: SimulatedSource): void {
    source.memberId = `member-${++this.#joined}`
    this.#members.set(source.memberId, source)
    this.#readers.add(source)
    this.#rebalance()
  }

  /** Closed by itself: it reads nothing any more. */
  leave(source: SimulatedSource): void {
    this.#readers.delete(source)
    this.expel(source.memberId)
  }

  expel(memberId: string): void {
    if (this.#members.delete(memberId)) this.#rebalance()
  }

  isMember(memberId: string): boolean {
    return this.#members.has(memberId)
  }

  /** All partitions are given out anew, to anybody. */
  shuffle(): void {
    const ids = [...this.#members.keys()]
    for (const partition of this.partitions) if (ids.length > 0) this.#owners.set(partition, this.world.pick(ids))
    this.#rebalance()
  }

  /** An OffsetCommit request as the coordinator sees it: member and generation are checked, ownership is not. */
  commit(memberId: string, generation: number, partition: number, commit: Committed): 'ok' | 'expelled' | 'stale' {
    if (!this.mutation.noFence) {
      if (!this.#members.has(memberId)) return 'expelled'
      if (generation !== this.#generation) return 'stale'
    }
    const before = this.committed.get(partition)
    if (before && commit.offset < before.offset)
      this.violations.push(`commit of ${partition} went back to ${commit.offset}`)
    if (commit.offset > this.end(partition)) this.violations.push(`commit of ${partition} passed its end`)
    const after = { offset: commit.offset, metadata: this.mutation.noIntent ? '' : commit.metadata }
    this.committed.set(partition, after)
    this.onCommitted(partition, before ?? { offset: 0, metadata: '' }, after)
    return 'ok'
  }

  /** A new generation: owners keep what they have as far as it is balanced. Each member learns of it in its own time. */
  #rebalance(): void {
    this.#generation++
    const ids = [...this.#members.keys()]
    const most = Math.ceil(this.#ends.length / Math.max(1, ids.length))
    const count = new Map(ids.map((id) => [id, 0]))
    const owners = new Map<number, string>()
    const give = (partition: number, id: string) => {
      owners.set(partition, id)
      count.set(id, (count.get(id) ?? 0) + 1)
    }
    for (const [partition, id] of this.#owners) if ((count.get(id) ?? most) < most) give(partition, id)
    for (const partition of this.partitions) {
      const poorest = ids.reduce<string | undefined>(
        (a, b) => (a && (count.get(a) ?? 0) <= (count.get(b) ?? 0) ? a : b),
        undefined,
      )
      if (!owners.has(partition) && poorest) give(partition, poorest)
    }
    this.#owners = owners
    for (const [id, source] of this.#members) {
      const mine = [...owners].filter(([, owner]) => owner === id).map(([partition]) => partition)
      source.learn(this.#generation, mine)
    }
  }
}

class SimulatedLease implements Lease {
  valid = true
  isPaused = false
  position: number | null = null

  constructor(
    readonly topic: string,
    readonly partition: number,
    public generation: number,
  ) {}
}

/** A group member with the promises of `Source`, in simulated time. */
export class SimulatedSource implements Source {
  memberId = ''
  #listener: SourceListener | null = null
  #leases = new Map<number, SimulatedLease>()
  #generation = -1
  #isClosed = false
  #isFetching = false

  constructor(
    private readonly kafka: SimulatedKafka,
    private readonly process: SimulatedProcess,
  ) {}

  start(listener: SourceListener): void {
    this.#listener = listener
    this.process.onSilence = () => this.#fallSilent()
    this.process.after(this.#latencyMs(), () => this.#join())
  }

  pause(lease: Lease): void {
    ;(lease as SimulatedLease).isPaused = true
  }

  resume(lease: Lease): void {
    ;(lease as SimulatedLease).isPaused = false
    this.wake()
  }

  seek(lease: Lease, offset: number): void {
    ;(lease as SimulatedLease).position = offset
    this.wake()
  }

  offsetAt(): Promise<number> {
    return Promise.resolve(0)
  }

  commit(given: Lease, offset: number, metadata: string): Promise<CommitOutcome> {
    const lease = given as SimulatedLease
    return new Promise((resolve) => this.#send(lease, { offset, metadata }, resolve))
  }

  close(): Promise<void> {
    this.#isClosed = true
    this.#revokeAll()
    this.kafka.leave(this)
    return Promise.resolve()
  }

  /** The answer to JoinGroup and SyncGroup arrives in the process some time after the generation began. */
  learn(generation: number, partitions: number[]): void {
    this.process.after(this.#latencyMs() * 3, () => {
      if (generation <= this.#generation || this.#isClosed) return
      this.#generation = generation
      for (const lease of [...this.#leases.values()]) {
        if (partitions.includes(lease.partition)) lease.generation = generation
        else this.#revoke(lease)
      }
      for (const partition of partitions) if (!this.#leases.has(partition)) this.#open(partition)
    })
  }

  #join(): void {
    if (!this.#isClosed) this.kafka.join(this)
  }

  #open(partition: number): void {
    const lease = new SimulatedLease(this.kafka.topic, partition, this.#generation)
    this.#leases.set(partition, lease)
    this.process.after(this.#latencyMs(), () => void this.#assign(lease))
  }

  async #assign(lease: SimulatedLease): Promise<void> {
    if (!lease.valid) return
    const committed = this.kafka.committed.get(lease.partition)
    const state: PartitionState = {
      committed: committed?.offset ?? null,
      metadata: committed?.metadata ?? '',
      low: 0,
      high: this.kafka.end(lease.partition),
      isNewPartition: false,
    }
    lease.position = (await this.#listener?.assigned(lease, state)) ?? null
    this.#listener?.healthy()
    this.wake()
  }

  #send(lease: SimulatedLease, commit: Committed, resolve: (outcome: CommitOutcome) => void): void {
    if (!lease.valid) return resolve('lost')
    const { world } = this.process
    const { generation, partition } = lease
    const memberId = this.memberId
    const isCut = this.kafka.isDown || world.chance(this.kafka.cutRate)
    const isCutBefore = this.kafka.isDown || (isCut && world.chance(0.5))
    const againMs = this.kafka.isDown ? OUTAGE_RETRY_MS : this.#latencyMs()
    const again = () => this.process.after(againMs, () => this.#send(lease, commit, resolve))
    // What has left the process reaches the broker, whatever becomes of the process.
    world.after(this.#latencyMs() * (world.chance(0.1) ? 50 : 1), () => {
      const answer = isCutBefore ? 'ok' : this.kafka.commit(memberId, generation, partition, commit)
      this.process.after(this.#latencyMs(), () => {
        if (isCut || answer === 'stale') return again()
        if (answer === 'ok') return resolve(lease.valid ? 'accepted' : 'lost')
        this.#expelled()
        resolve('lost')
      })
    })
  }

  /** Heartbeats end with the process, or pause with it; the first one after a long silence says that it was expelled. */
  #fallSilent(): void {
    const { world, silences } = this.process
    world.after(SESSION_TIMEOUT_MS + world.between(-HEARTBEAT_MS, 1_000), () => {
      const isSilent = this.process.isDead || (this.process.isFrozen && this.process.silences === silences)
      if (isSilent) this.kafka.expel(this.memberId)
    })
    this.process.after(world.between(0, HEARTBEAT_MS), () => {
      if (this.memberId && !this.kafka.isMember(this.memberId)) this.#expelled()
    })
  }

  #expelled(): void {
    if (this.#isClosed || this.memberId === '') return
    const expelled = this.memberId
    // Where the answer was about an older membership, nobody sends heartbeats for this one any more.
    this.process.world.after(SESSION_TIMEOUT_MS, () => this.kafka.expel(expelled))
    this.memberId = ''
    this.#revokeAll()
    this.process.after(this.#latencyMs(), () => this.#join())
  }

  #revokeAll(): void {
    for (const lease of [...this.#leases.values()]) this.#revoke(lease)
  }

  #revoke(lease: SimulatedLease): void {
    lease.valid = false
    this.#leases.delete(lease.partition)
    this.#listener?.revoked(lease)
  }

  /** There may be something to read. */
  wake(): void {
    if (this.#isFetching || this.#isClosed || ![...this.#leases.values()].some((lease) => this.#isReadable(lease)))
      return
    this.#isFetching = true
    const { world } = this.process
    this.process.after(this.kafka.isDown ? OUTAGE_RETRY_MS : world.latencyMs(20, 200), () => {
      this.#isFetching = false
      if (this.#isClosed) return
      if (!this.kafka.isDown) for (const lease of [...this.#leases.values()]) this.#read(lease)
      this.wake()
    })
  }

  #isReadable({ position, isPaused, valid, partition }: SimulatedLease): boolean {
    return position !== null && !isPaused && valid && position < this.kafka.end(partition)
  }

  #read(lease: SimulatedLease): void {
    if (!this.#isReadable(lease)) return
    const from = lease.position!
    const most = Math.ceil(this.process.world.between(0, 40))
    const next = Math.min(from + most, this.kafka.end(lease.partition))
    lease.position = next
    this.#listener?.records(lease, chunkOf(from, next))
  }

  #latencyMs(): number {
    return this.process.world.latencyMs(1, 30)
  }
}

/** Timestamps spread a partition over a few hours: one every 400 offsets. */
function chunkOf(from: number, next: number): RecordChunk {
  return {
    from,
    next,
    forEach: (each) => {
      for (let offset = from; offset < next; offset++) each(recordAt(offset))
    },
  }
}

function recordAt(offset: number): RecordView {
  const bytes = Buffer.from(String(offset))
  return {
    offset,
    timestampMs: Math.floor(offset / 400) * 3_600_000,
    bytes,
    valueStart: 0,
    valueEnd: bytes.length,
    header: () => undefined,
    key: () => null,
    copy: () => ({ key: null, value: bytes, headers: [] }),
  }
}
