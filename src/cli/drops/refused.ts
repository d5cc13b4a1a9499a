import type { Failure } from '../../destinations/destination.js'
import type { Range, RejectedEvent } from '../../range/range.js'
import { isRecord } from '../calls.js'
import type { KafkaSession } from '../kafka-session.js'

/** Events whose records a stream can never take, read from Kafka once more: fewer where it has removed them meanwhile. */
export async function refusedEvents(
  { topic, partition, first, last }: Range,
  failures: readonly Failure[],
  { reader }: Pick<KafkaSession, 'reader'>,
): Promise<RejectedEvent[]> {
  const messages = new Map(failures.map(({ payload, message }) => [offsetOf(payload), message]))
  const events: RejectedEvent[] = []
  if (messages.size === 0) return events
  for await (const chunk of reader.chunks({ topic, partition, low: first, high: last + 1 })) {
    chunk.forEach((record) => {
      const { offset, timestampMs } = record
      const message = messages.get(offset)
      if (message === undefined) return
      events.push({ offset, timestampMs, record: record.copy(), rejection: { reason: 'REJECTED', message } })
    })
  }
  return events
}

function offsetOf(payload: Failure['payload']): number {
  return isRecord(payload) ? payload.properties.kafka_offset : NaN
}
