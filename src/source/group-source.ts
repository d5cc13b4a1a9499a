import { systemClock, type Clock } from '../runtime/clock.js'
import type { Logger } from '../runtime/logger.js'
import { loadCodecs } from './codecs.js'
import { Committer } from './committer.js'
import { Fetcher } from './fetcher.js'
import { GroupMember } from './group-member.js'
import { KafkaCluster } from './kafka-cluster.js'
import type { KafkaSettings } from './kafka-settings.js'
import { LeaseOpener } from './lease-opener.js'
import { PartitionLease } from './partition-lease.js'
import { listOffsets } from './partition-offsets.js'
import { LATEST } from './kafka-protocol.js'
import type { CommitOutcome, Lease, Source, SourceListener } from './source.js'
import { defaultTuning, type SourceTuning } from './source-tuning.js'
import { partitionKey } from './topic-partitions.js'
import { TopicWatch } from './topic-watch.js'
import { TroubleBoard } from './trouble-board.js'

export interface GroupSourceOptions {
  kafka: KafkaSettings
  groupId: string
  topics: readonly string[]
  logger: Logger
  clock?: Clock
  tuning?: Partial<SourceTuning>
}

/** Before the group is joined again, commits underway get so long to be answered: joining makes them void. */
const COMMITS_BEFORE_JOIN_MS = 2_000
/** `close` promises about 2 s; this leaves room for ending the connections. */
const LEAVE_MS = 1_500

/** A source that is a member of a consumer group. Throws `MillraceError` `KAFKA_UNSUPPORTED` for the wrong kafkajs. */
export function createGroupSource(options: GroupSourceOptions): Source {
  return new GroupSource(options)
}

/**
 * Puts the parts together: the member says which partitions are ours, leases stand for them, the opener asks where to begin,
 * the fetcher reads, the committer commits, the topic watch looks for growth.
 */
class GroupSource implements Source {
  readonly #leases = new Map<string, PartitionLease>()
  readonly #cluster: KafkaCluster
  readonly #clock: Clock
  readonly #tuning: SourceTuning
  readonly #stop = new AbortController()
  #running: RunningParts | undefined

  constructor(readonly options: GroupSourceOptions) {
    this.#clock = options.clock ?? systemClock
    this.#tuning = { ...defaultTuning, ...options.tuning }
    this.#cluster = new KafkaCluster(options.kafka, options.topics)
  }

  start(listener: SourceListener): void {
    const parts = (this.#running = this.#assemble(listener))
    void parts.member.run()
    void parts.watch.run()
  }

  pause(lease: Lease): void {
    ownLease(lease).paused = true
  }

  resume(lease: Lease): void {
    ownLease(lease).paused = false
    this.#started.fetcher.wake()
  }

  seek(lease: Lease, offset: number): void {
    const own = ownLease(lease)
    own.position = offset
    own.seeks++
    this.#started.fetcher.wake()
  }

  commit(lease: Lease, offset: number, metadata: string): Promise<CommitOutcome> {
    return this.#started.committer.commit(ownLease(lease), offset, metadata)
  }

  async offsetAt({ topic, partition }: Lease, timestampMs: number): Promise<number> {
    const wanted = [{ topic, partition }]
    const [found] = await listOffsets(this.#cluster, wanted, String(timestampMs))
    if (found !== undefined && found >= 0) return found
    const [high] = await listOffsets(this.#cluster, wanted, LATEST)
    return high!
  }

  async close(): Promise<void> {
    if (this.#stop.signal.aborted) return
    this.#stop.abort()
    if (this.#running) {
      const { fetcher, listener, member } = this.#running
      fetcher.stop()
      this.#revokeAll(listener)
      const enough = new AbortController()
      await Promise.race([member.leave().catch(() => {}), this.#clock.sleep(LEAVE_MS, enough.signal)])
      enough.abort()
    }
    this.#cluster.close()
  }

  get #started(): RunningParts {
    if (!this.#running) throw new Error('the source has not been started')
    return this.#running
  }

  #assemble(listener: SourceListener): RunningParts {
    const troubles = new TroubleBoard(listener)
    const shared = { cluster: this.#cluster, clock: this.#clock, tuning: this.#tuning, troubles }
    const { groupId, topics, logger } = this.options
    const member: GroupMember = new GroupMember(
      { groupId, topics },
      this.#cluster,
      {
        owned: () => [...this.#leases.keys()],
        joining: () => {
          for (const lease of this.#leases.values()) lease.unsettle()
          return committer.settled(COMMITS_BEFORE_JOIN_MS)
        },
        assigned: (assignment, continuous) => this.#assigned(assignment, continuous),
        expelled: () => this.#revokeAll(listener),
      },
      shared,
    )
    const committer = new Committer(member, shared)
    const opener = new LeaseOpener({ ...shared, member, listener, logger, opened: () => fetcher.wake() })
    const fetcher: Fetcher = new Fetcher({
      ...shared,
      codecs: loadCodecs(),
      leases: () => this.#leases.values(),
      sink: {
        records: (lease, chunk) => listener.records(lease, chunk),
        outOfRange: (lease, position) => void opener.outOfRange(lease, position),
      },
    })
    const watch = new TopicWatch({
      ...shared,
      topics,
      member,
      leases: () => this.#leases.values(),
      stop: this.#stop.signal,
      refreshed: () => fetcher.wake(),
    })
    return { listener, troubles, member, committer, opener, fetcher, watch }
  }

  #assigned(assignment: Record<string, number[]>, continuous: boolean): void {
    const { listener, member, opener, troubles, watch } = this.#started
    const mine = Object.entries(assignment).flatMap(([topic, partitions]) =>
      partitions.map((partition) => ({ topic, partition, key: partitionKey(topic, partition) })),
    )
    const keys = new Set(mine.map(({ key }) => key))
    for (const lease of [...this.#leases.values()]) {
      if (continuous && keys.has(lease.key)) lease.keep(member.generation)
      else this.#revoke(lease, listener)
    }
    const added = mine.filter(({ key }) => !this.#leases.has(key))
    const leases = added.map(({ topic, partition }) => {
      const lease = new PartitionLease(topic, partition, member.memberId, member.generation)
      this.#leases.set(lease.key, lease)
      return lease
    })
    const { groupId, logger } = this.options
    logger.debug({ groupId, generation: member.generation, partitions: [...keys] }, 'partitions assigned')
    listener.rebalanced()
    watch.report()
    troubles.joined()
    if (leases.length > 0) void opener.open(leases)
  }

  #revokeAll(listener: SourceListener): void {
    for (const lease of [...this.#leases.values()]) this.#revoke(lease, listener)
  }

  #revoke(lease: PartitionLease, listener: SourceListener): void {
    this.#leases.delete(lease.key)
    lease.end()
    this.#started.troubles.worked(lease.key)
    listener.revoked(lease)
  }
}

interface RunningParts {
  listener: SourceListener
  troubles: TroubleBoard
  member: GroupMember
  committer: Committer
  opener: LeaseOpener
  fetcher: Fetcher
  watch: TopicWatch
}

function ownLease(lease: Lease): PartitionLease {
  if (lease instanceof PartitionLease) return lease
  throw new TypeError('this lease was not given out by this source')
}
