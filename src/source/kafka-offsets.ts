import { MillraceError } from '../runtime/errors.js'
import { fetchCommitted, type CommittedOffset } from './committed-offsets.js'
import { KafkaCluster } from './kafka-cluster.js'
import type { KafkaSettings } from './kafka-settings.js'
import type { TopicPartition } from './kafka-protocol.js'
import { KafkaRights } from './kafka-rights.js'
import { boundsOf, listOffsets, type Bounds } from './partition-offsets.js'
import { withPatience } from './patience.js'

/** What a partition holds: from `low` up to but not including `high`. */
export type PartitionEnds = TopicPartition & Bounds

/** Looks at topics and groups without being a member; never writes. */
export interface KafkaOffsets {
  /** Every partition of the topics, read committed. Rejects with `MillraceError` `TOPIC_MISSING`, `KAFKA_UNREACHABLE`, ... */
  ends(topics: readonly string[]): Promise<PartitionEnds[]>
  /** What the group has committed for every partition of the topics. Rejects as `ends`. */
  committed(groupId: string, topics: readonly string[]): Promise<CommittedOffset[]>
  close(): Promise<void>
}

/** And at what else stands there of topics. */
export interface KafkaSurvey extends KafkaOffsets {
  /** The first offset at or after an instant (Unix milliseconds), or the end; for every partition. Rejects as `ends`. */
  offsetsAt(topics: readonly string[], timestampMs: number): Promise<(TopicPartition & { offset: number })[]>
  /** How long topics keep their records, in milliseconds; null: for ever, or we may not know. Rejects as `ends`. */
  retentionsMs(topics: readonly string[]): Promise<ReadonlyMap<string, number | null>>
  /** What the cluster calls itself; null while nothing has been asked. */
  readonly clusterId: string | null
}

export function createKafkaOffsets({ kafka }: { kafka: KafkaSettings }): KafkaSurvey {
  const cluster = new KafkaCluster(kafka, [])
  return {
    ends: (topics) =>
      withPatience('asking for end offsets', async () => {
        const partitions = await partitionsOf(cluster, topics)
        const bounds = await boundsOf(cluster, partitions)
        return partitions.map((partition, i) => ({ ...partition, ...bounds[i]! }))
      }),
    committed: (groupId, topics) =>
      withPatience('asking for committed offsets', async () => {
        const partitions = await partitionsOf(cluster, topics)
        const coordinator = await cluster.connection(await cluster.findCoordinator(groupId), 'control')
        return fetchCommitted(coordinator, groupId, partitions)
      }),
    offsetsAt: (topics, timestampMs) =>
      withPatience('asking for offsets of an instant', async () => {
        const partitions = await partitionsOf(cluster, topics)
        const [found, bounds] = await Promise.all([
          listOffsets(cluster, partitions, String(timestampMs)),
          boundsOf(cluster, partitions),
        ])
        return partitions.map((partition, i) => ({ ...partition, offset: found[i]! < 0 ? bounds[i]!.high : found[i]! }))
      }),
    retentionsMs: (topics) => withPatience('asking for retention', () => retentionsOf(cluster, topics)),
    get clusterId() {
      return cluster.clusterId
    },
    close: () => {
      cluster.close()
      return Promise.resolve()
    },
  }
}

async function partitionsOf(cluster: KafkaCluster, topics: readonly string[]): Promise<TopicPartition[]> {
  for (const topic of topics) cluster.addTopic(topic)
  await cluster.refresh()
  return topics.flatMap((topic) => {
    const problem = cluster.problemOf(topic)
    if (problem?.type === 'UNKNOWN_TOPIC_OR_PARTITION') {
      throw new MillraceError('TOPIC_MISSING', `topic ${topic} does not exist: create it, or correct its name`)
    }
    if (problem) throw problem
    return cluster.partitionsOf(topic).map((partition) => ({ topic, partition }))
  })
}

async function retentionsOf(cluster: KafkaCluster, topics: readonly string[]): Promise<Map<string, number | null>> {
  await partitionsOf(cluster, topics)
  const rights = new KafkaRights(cluster)
  const retentions = new Map<string, number | null>()
  for (const topic of topics) {
    const ms = Number((await rights.configOf(topic, [RETENTION]))?.get(RETENTION) ?? -1)
    retentions.set(topic, ms < 0 ? null : ms)
  }
  return retentions
}

const RETENTION = 'retention.ms'
