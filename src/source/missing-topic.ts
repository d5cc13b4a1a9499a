import { MillraceError } from '../runtime/errors.js'
import type { KafkaOffsets, PartitionEnds } from './kafka-offsets.js'

/** What the topic holds now; nothing where there is no such topic (yet, or any more). */
export async function endsOrNone(offsets: Pick<KafkaOffsets, 'ends'>, topic: string): Promise<PartitionEnds[]> {
  return (await unlessMissing(offsets.ends([topic]))) ?? []
}

/** Resolves to undefined where a topic that is asked for does not exist. */
export async function unlessMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'TOPIC_MISSING') return undefined
    throw error
  }
}
