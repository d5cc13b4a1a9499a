import type { KafkaCluster } from './kafka-cluster.js'
import { KafkaError } from './kafka-error.js'
import { EARLIEST, LATEST, READ_COMMITTED, type TopicPartition } from './kafka-protocol.js'
import { errorOfCode } from './kafkajs-internals.js'
import { byTopic, groupBy, partitionKey } from './topic-partitions.js'

export interface Bounds {
  /** The first offset the broker still has. */
  low: number
  /** The offset the next record will get, as far as transactions are finished. */
  high: number
}

/** Bounds of partitions, in the order asked. Throws `KafkaError` when a leader does not tell. */
export async function boundsOf(cluster: KafkaCluster, partitions: TopicPartition[]): Promise<Bounds[]> {
  const [lows, highs] = await Promise.all([
    listOffsets(cluster, partitions, EARLIEST),
    listOffsets(cluster, partitions, LATEST),
  ])
  return partitions.map((_, i) => ({ low: lows[i]!, high: highs[i]! }))
}

/**
 * The first offset at or after a timestamp (Unix milliseconds as text, or `EARLIEST` or `LATEST`) of each partition, in the
 * order asked; -1 when there is none.
 */
export async function listOffsets(cluster: KafkaCluster, partitions: TopicPartition[], timestamp: string) {
  const offsets = new Map<string, number>()
  const byLeader = groupBy(partitions, (p) => cluster.leaderOf(p.topic, p.partition))
  await Promise.all(
    [...byLeader].map(async ([leader, led]) => {
      if (leader === undefined) throw new KafkaError('LEADER_NOT_AVAILABLE', `${nameOf(led[0]!)} has no leader now`)
      await askLeader(cluster, leader, { led, timestamp, offsets })
    }),
  )
  return partitions.map((partition) => offsets.get(nameOf(partition))!)
}

async function askLeader(
  cluster: KafkaCluster,
  leader: number,
  { led, timestamp, offsets }: { led: TopicPartition[]; timestamp: string; offsets: Map<string, number> },
): Promise<void> {
  const topics = byTopic(led).map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ partition }) => ({ partition, timestamp })),
  }))
  const connection = await cluster.connection(leader, 'control')
  const { responses } = await connection.call('ListOffsets', { isolationLevel: READ_COMMITTED, topics })
  for (const { topic, partitions } of responses) {
    for (const { partition, offset, errorCode } of partitions) {
      if (errorCode !== 0) throw errorOfCode(errorCode, `offsets of ${topic}/${partition}`)
      offsets.set(nameOf({ topic, partition }), Number(offset))
    }
  }
  const unanswered = led.find((partition) => !offsets.has(nameOf(partition)))
  if (unanswered) throw new KafkaError('UNKNOWN', `the broker said nothing about ${nameOf(unanswered)}`)
}

const nameOf = ({ topic, partition }: TopicPartition) => partitionKey(topic, partition)
