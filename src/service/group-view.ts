import type { GroupView } from '../delivery/views.js'
import type { KafkaOffsets } from '../source/kafka-offsets.js'

/** What a consumer group has committed for its topics, for whoever decides something about the whole connector. */
export function groupView(offsets: KafkaOffsets, groupId: string, topics: readonly string[]): GroupView {
  return {
    committed: async () => {
      const committed = await offsets.committed(groupId, topics)
      return committed.map(({ topic, partition, metadata }) => ({ source: `${topic}/${partition}`, metadata }))
    },
    ends: async () => {
      const ends = await offsets.ends(topics)
      return new Map(ends.map(({ topic, partition, high }) => [`${topic}/${partition}`, high]))
    },
  }
}
