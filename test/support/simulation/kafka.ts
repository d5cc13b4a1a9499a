import type { CommitOutcome, Lease, PartitionState, RecordChunk, RecordView } from '../../../src/source/source.js'
import type { Source, SourceListener } from '../../../src/source/source.js'
import type { SimulatedProcess, World } from './world.js'

interface Committed {
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

interface Member {
  source: SimulatedSource
  lastSeenMs: number
}

const SESSION_TIMEOUT_MS = 10_000

/** One topic and one consumer group, as a real broker behaves as far as delivery depends on it. */
export class SimulatedKafka {
  readonly topic = 'events'
  readonly committed = new Map<number, Committed>()
  readonly violations: string[] = []
  readonly #members = new Map<string, Member>()
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
    this.#watchSessions()
  }

  get partitions(): number[] {
    return [...this.#ends.keys()]
  }

  end(partition: number): number {
    return this.#ends[partition] ?? 0
  }

  produce(partition: number, records: number): void {
    this.#ends[partition] = this.end(partition) + records
  }

  join(source: SimulatedSource): void {
    source.memberId = `member-${++this.#joined}`
    this.#members.set(source.memberId, { source, lastSeenMs: this.world.nowMs })
    this.#rebalance()
  }

  leave(memberId: string): void {
    if (this.#members.delete(memberId)) this.#rebalance()
  }

  /** False: expelled. */
  heartbeat(memberId: string): boolean {
    const member = this.#members.get(memberId)
    if (member) member.lastSeenMs = this.world.nowMs
    return member !== undefined
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
    this.committed.set(partition, { offset: commit.offset, metadata: this.mutation.noIntent ? '' : commit.metadata })
    return 'ok'
  }

  #watchSessions(): void {
    this.world.after(1_000, () => {
      const lateMs = this.world.nowMs - SESSION_TIMEOUT_MS
      const expelled = [...this.#members].filter(([, member]) => member.lastSeenMs < lateMs)
      for (const [memberId] of expelled) this.#members.delete(memberId)
      if (expelled.length > 0) this.#rebalance()
      this.#watchSessions()
    })
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
    for (const [id, { source }] of this.#members) {
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

  constructor(
    private readonly kafka: SimulatedKafka,
    private readonly process: SimulatedProcess,
  ) {}

  start(listener: SourceListener): void {
    this.#listener = listener
    this.process.after(this.#latencyMs(), () => this.#join())
    this.#heartbeat()
    this.#fetch()
  }

  pause(lease: Lease): void {
    ;(lease as SimulatedLease).isPaused = true
  }

  resume(lease: Lease): void {
    ;(lease as SimulatedLease).isPaused = false
  }

  seek(lease: Lease, offset: number): void {
    ;(lease as SimulatedLease).position = offset
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
    this.kafka.leave(this.memberId)
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
  }

  #send(lease: SimulatedLease, commit: Committed, resolve: (outcome: CommitOutcome) => void): void {
    if (!lease.valid) return resolve('lost')
    const { world } = this.process
    const { generation, partition } = lease
    const memberId = this.memberId
    const isCut = world.chance(this.kafka.cutRate)
    const isCutBefore = isCut && world.chance(0.5)
    const again = () => this.process.after(this.#latencyMs(), () => this.#send(lease, commit, resolve))
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

  #heartbeat(): void {
    this.process.after(2_000, () => {
      if (this.#isClosed) return
      if (this.memberId && !this.kafka.heartbeat(this.memberId)) this.#expelled()
      this.#heartbeat()
    })
  }

  #expelled(): void {
    if (this.#isClosed || this.memberId === '') return
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

  #fetch(): void {
    this.process.after(this.process.world.between(20, 200), () => {
      if (this.#isClosed) return
      for (const lease of [...this.#leases.values()]) this.#read(lease)
      this.#fetch()
    })
  }

  #read(lease: SimulatedLease): void {
    const from = lease.position
    if (from === null || lease.isPaused || !lease.valid) return
    const most = Math.ceil(this.process.world.between(0, 40))
    const next = Math.min(from + most, this.kafka.end(lease.partition))
    if (next === from) return
    lease.position = next
    this.#listener?.records(lease, chunkOf(from, next))
  }

  #latencyMs(): number {
    return this.process.world.between(1, 30)
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
    copy: () => ({ key: null, value: bytes, headers: [] }),
  }
}
