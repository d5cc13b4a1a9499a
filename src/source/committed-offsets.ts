import type { BrokerConnection } from './broker-connection.js'
import type { TopicPartition } from './kafka-protocol.js'
import { errorOfCode } from './kafkajs-internals.js'
import { byTopic } from './topic-partitions.js'

/** What a group has committed for a partition; `offset` is null when nothing. */
export interface CommittedOffset extends TopicPartition {
  offset: number | null
  metadata: string
}

/** Asks the group's coordinator; never writes. Throws `KafkaError` when it refuses any of the partitions. */
export async function fetchCommitted(
  coordinator: BrokerConnection,
  groupId: string,
  wanted: TopicPartition[],
): Promise<CommittedOffset[]> {
  const topics = byTopic(wanted.map(({ topic, partition }) => ({ topic, partition })))
  const answer = await coordinator.call('OffsetFetch', { groupId, topics })
  if (answer.errorCode !== 0) throw errorOfCode(answer.errorCode, `committed offsets of group ${groupId}`)
  return answer.responses.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition, offset, metadata, errorCode }) => {
      if (errorCode !== 0) throw errorOfCode(errorCode, `committed offset of ${topic}/${partition}`)
      const committed = Number(offset)
      return { topic, partition, offset: committed < 0 ? null : committed, metadata: metadata ?? '' }
    }),
  )
}
