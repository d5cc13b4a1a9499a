import type { Clock } from '../runtime/clock.js'
import type { Logger } from '../runtime/logger.js'
import { Backoff } from './backoff.js'
import { fetchCommitted, type CommittedOffset } from './committed-offsets.js'
import type { GroupMember } from './group-member.js'
import type { KafkaCluster } from './kafka-cluster.js'
import { kafkaErrorType, troubleOf } from './kafka-error.js'
import type { PartitionLease } from './partition-lease.js'
import { boundsOf, type Bounds } from './partition-offsets.js'
import type { PartitionState, SourceListener } from './source.js'
import { partitionKey } from './topic-partitions.js'
import type { TroubleBoard } from './trouble-board.js'

interface LeaseOpenerParts {
  cluster: KafkaCluster
  member: GroupMember
  listener: SourceListener
  logger: Logger
  clock: Clock
  troubles: TroubleBoard
  /** A lease has a position now. */
  opened: () => void
}

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5_000

/** Finds out what Kafka has of a partition, and asks the listener where to begin, or to go on. */
export class LeaseOpener {
  readonly #parts: LeaseOpenerParts

  constructor(parts: LeaseOpenerParts) {
    this.#parts = parts
  }

  /** Until every lease has a position or is dead. A partition that cannot be opened does not hold up the others. */
  async open(leases: PartitionLease[]): Promise<void> {
    const isAsked = await this.#attempt(leases, async (living) => {
      const states = await this.#statesOf(living)
      return living.map((lease, i) => this.#begin(lease, states[i]!))
    })
    await Promise.all(isAsked ?? leases.map((lease) => this.#openAlone(lease)))
  }

  /** Asks the brokers what they have, and the listener what to do; until then nothing is read. */
  async outOfRange(lease: PartitionLease, position: number): Promise<void> {
    const { seeks } = lease
    const backoff = this.#backoff()
    while (lease.valid && lease.seeks === seeks) {
      const bounds = await this.#attempt([lease], () => boundsOf(this.#parts.cluster, [lease]))
      if (bounds) return this.#tellOutOfRange(lease, { position, seeks, bounds: bounds[0]! })
      await backoff.wait(lease.ended)
      await this.#refresh()
    }
  }

  #tellOutOfRange(lease: PartitionLease, asked: { position: number; seeks: number; bounds: Bounds }): void {
    const { position, seeks, bounds } = asked
    if (!lease.valid || lease.seeks !== seeks) return
    if (position < bounds.low || position > bounds.high)
      return this.#parts.listener.outOfRange(lease, { position, ...bounds })
    // A new leader had not caught up when it refused; now it has.
    lease.position = position
    this.#parts.opened()
  }

  async #openAlone(lease: PartitionLease): Promise<void> {
    const backoff = this.#backoff()
    while (lease.valid) {
      await backoff.wait(lease.ended)
      await this.#refresh()
      const states = await this.#attempt([lease], (living) => this.#statesOf(living))
      if (states) return this.#begin(lease, states[0]!)
    }
  }

  async #begin(lease: PartitionLease, state: PartitionState): Promise<void> {
    const { listener, logger, opened } = this.#parts
    const { seeks } = lease
    try {
      const offset = await listener.assigned(lease, state)
      if (lease.seeks === seeks) lease.position = offset
    } catch (error) {
      if (!lease.valid) return
      logger.warn({ partition: lease.key, reason: String(error) }, 'the partition could not be taken up, trying again')
      return this.#openAlone(lease)
    }
    opened()
  }

  /** Undefined when it failed. */
  async #attempt<T>(leases: PartitionLease[], work: (living: PartitionLease[]) => Promise<T>): Promise<T | undefined> {
    const { member, troubles } = this.#parts
    const living = leases.filter((lease) => lease.valid)
    if (living.length === 0) return undefined
    try {
      const result = await work(living)
      for (const { key } of living) troubles.worked(key)
      return result
    } catch (error) {
      if (kafkaErrorType(error) === undefined) throw error
      member.forgetCoordinator()
      for (const { key, valid } of living) if (valid) troubles.failed(key, troubleOf(error, `opening ${key}`))
      return undefined
    }
  }

  async #statesOf(leases: PartitionLease[]): Promise<PartitionState[]> {
    const { cluster, member } = this.#parts
    const topics = [...new Set(leases.map(({ topic }) => topic))]
    const partitions = topics.flatMap((topic) => cluster.partitionsOf(topic).map((partition) => ({ topic, partition })))
    const [committed, bounds] = await Promise.all([
      member.coordinator('control').then((open) => fetchCommitted(open, member.identity.groupId, partitions)),
      boundsOf(cluster, leases),
    ])
    return leases.map((lease, i) => stateOf(lease, committed, bounds[i]!))
  }

  async #refresh(): Promise<void> {
    try {
      await this.#parts.cluster.refresh()
    } catch (error) {
      if (kafkaErrorType(error) === undefined) throw error
    }
  }

  #backoff(): Backoff {
    return new Backoff(this.#parts.clock, FIRST_PAUSE_MS, LONGEST_PAUSE_MS)
  }
}

function stateOf(lease: PartitionLease, committed: CommittedOffset[], bounds: Bounds): PartitionState {
  const mine = committed.find(({ topic, partition }) => partitionKey(topic, partition) === lease.key)
  const offset = mine?.offset ?? null
  return {
    committed: offset,
    metadata: mine?.metadata ?? '',
    ...bounds,
    isNewPartition: offset === null && committed.some((other) => other.topic === lease.topic && other.offset !== null),
  }
}
