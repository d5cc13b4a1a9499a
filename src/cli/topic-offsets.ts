import { MillraceError } from '../runtime/errors.js'
import type { KafkaOffsets, PartitionEnds } from '../source/kafka-offsets.js'

/** What the topic holds now; nothing where there is no such topic (yet, or any more). */
export async function endsOrNone(offsets: Pick<KafkaOffsets, 'ends'>, topic: string): Promise<PartitionEnds[]> {
  return (await unlessMissing(offsets.ends([topic]))) ?? []
}

/** By partition; nothing where the group has no offset (any more) or the topic is gone. */
export async function committedByPartition(
  offsets: Pick<KafkaOffsets, 'committed'>,
  group: string,
  topic: string,
): Promise<Map<number, number>> {
  const committed = (await unlessMissing(offsets.committed(group, [topic]))) ?? []
  return new Map(committed.flatMap(({ partition, offset }) => (offset === null ? [] : [[partition, offset]])))
}

async function unlessMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'TOPIC_MISSING') return undefined
    throw error
  }
}
