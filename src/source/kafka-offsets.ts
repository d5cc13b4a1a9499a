import { MillraceError } from '../runtime/errors.js'
import { fetchCommitted, type CommittedOffset } from './committed-offsets.js'
import { KafkaCluster } from './kafka-cluster.js'
import type { KafkaSettings } from './kafka-settings.js'
import type { TopicPartition } from './kafka-protocol.js'
import { boundsOf, type Bounds } from './partition-offsets.js'
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

export function createKafkaOffsets({ kafka }: { kafka: KafkaSettings }): KafkaOffsets {
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
