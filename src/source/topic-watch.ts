import type { Clock } from '../runtime/clock.js'
import type { GroupMember } from './group-member.js'
import type { KafkaCluster } from './kafka-cluster.js'
import { kafkaErrorType, troubleOf, type Trouble } from './kafka-error.js'
import type { PartitionLease } from './partition-lease.js'
import type { SourceTuning } from './source-tuning.js'
import type { TroubleBoard } from './trouble-board.js'

interface TopicWatchParts {
  cluster: KafkaCluster
  topics: readonly string[]
  member: GroupMember
  leases: () => Iterable<PartitionLease>
  clock: Clock
  tuning: SourceTuning
  troubles: TroubleBoard
  stop: AbortSignal
  /** The cluster has told us anew where things are. */
  refreshed: () => void
}

const AREA = 'metadata'

/** Looks for topics that have grown or appeared, and for leaders of partitions that have none. */
export class TopicWatch {
  readonly #parts: TopicWatchParts

  constructor(parts: TopicWatchParts) {
    this.#parts = parts
  }

  /** Until `stop` aborts. */
  async run(): Promise<void> {
    const { clock, cluster, refreshed, stop, troubles, tuning } = this.#parts
    while (!stop.aborted) {
      await clock.sleep(this.#isComplete() ? tuning.metadataMaxAgeMs : tuning.missingTopicCheckMs, stop)
      if (stop.aborted) return
      try {
        await cluster.refresh()
      } catch (error) {
        if (kafkaErrorType(error) === undefined) throw error
        if (!stop.aborted) troubles.failed(AREA, troubleOf(error, 'asking the cluster about topics'))
        continue
      }
      troubles.worked(AREA)
      this.report()
      if (this.#hasGrown()) this.#parts.member.rejoin()
      refreshed()
    }
  }

  /** Says which topics are missing, as far as the cluster has told. */
  report(): void {
    const { cluster, topics, troubles } = this.#parts
    for (const topic of topics) {
      const trouble = this.#troubleOf(topic)
      if (trouble) troubles.failed(`topic ${topic}`, trouble)
      else if (cluster.partitionsOf(topic).length > 0) troubles.worked(`topic ${topic}`)
    }
  }

  #troubleOf(topic: string): Trouble | undefined {
    const { cluster } = this.#parts
    const problem = cluster.problemOf(topic)
    if (!problem) return undefined
    if (!MISSING.has(problem.type)) return troubleOf(problem, `asking about topic ${topic}`)
    // A broker that has just started may not know yet what the cluster has had all along.
    const needsPerson = cluster.partitionsOf(topic).length === 0
    return {
      code: 'TOPIC_MISSING',
      message: `topic ${topic} does not exist: create it, or correct its name`,
      needsPerson,
    }
  }

  #isComplete(): boolean {
    const { cluster, leases, topics } = this.#parts
    const hasLeaders = [...leases()].every(({ topic, partition }) => cluster.leaderOf(topic, partition) !== undefined)
    return hasLeaders && topics.every((topic) => cluster.partitionsOf(topic).length > 0)
  }

  /** Only the leader of the group can divide the new partitions, and only it knows how many it has divided. */
  #hasGrown(): boolean {
    const { cluster, member } = this.#parts
    const divided = member.dividedPartitions
    return divided !== undefined && [...divided].some(([topic, count]) => cluster.partitionsOf(topic).length > count)
  }
}

const MISSING = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_TOPIC_EXCEPTION'])
