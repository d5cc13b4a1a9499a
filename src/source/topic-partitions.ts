import type { TopicPartition } from './kafka-protocol.js'

/** How a partition is named in messages and maps: `topic/partition`. */
export const partitionKey = (topic: string, partition: number) => `${topic}/${partition}`

/** Partitions gathered by topic, as most requests want them. */
export function byTopic<P extends TopicPartition>(partitions: P[]): { topic: string; partitions: P[] }[] {
  return [...groupBy(partitions, ({ topic }) => topic)].map(([topic, list]) => ({ topic, partitions: list }))
}

/** `Map.groupBy`, which Node 20 does not have. */
export function groupBy<T, K>(list: Iterable<T>, keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const item of list) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}
