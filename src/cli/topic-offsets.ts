import type { KafkaOffsets } from '../source/kafka-offsets.js'
import { unlessMissing } from '../source/missing-topic.js'

/** By partition; nothing where the group has no offset (any more) or the topic is gone. */
export async function committedByPartition(
  offsets: Pick<KafkaOffsets, 'committed'>,
  group: string,
  topic: string,
): Promise<Map<number, number>> {
  const committed = (await unlessMissing(offsets.committed(group, [topic]))) ?? []
  return new Map(committed.flatMap(({ partition, offset }) => (offset === null ? [] : [[partition, offset]])))
}
