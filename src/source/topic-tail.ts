import type { Clock } from '../runtime/clock.js'
import { MillraceError } from '../runtime/errors.js'
import type { KafkaOffsets, PartitionEnds } from './kafka-offsets.js'
import type { KafkaReader, TopicRecord } from './kafka-reader.js'
import { endsOrNone } from './missing-topic.js'

export interface TopicTailParts {
  topic: string
  offsets: Pick<KafkaOffsets, 'ends'>
  reader: Pick<KafkaReader, 'read'>
  /** Every record once, in order per partition; and after a topic was made anew, from its first offset on. */
  onRecord: (record: TopicRecord) => void
}

/** Reads a topic of Millrace's own from its first record on, without a consumer group: every process reads all of it. */
export class TopicTail {
  readonly #positions = new Map<number, number>()

  constructor(private readonly parts: TopicTailParts) {}

  /** Reads what has come since the last time. Resolves when all of it is read; rejects with `MillraceError`. */
  async read(): Promise<void> {
    const { topic, offsets, reader, onRecord } = this.parts
    for (const ends of await endsOrNone(offsets, topic)) {
      const low = this.#firstOf(ends)
      if (low >= ends.high) continue
      for await (const record of reader.read({ ...ends, low })) {
        onRecord(record)
        this.#positions.set(ends.partition, record.offset + 1)
      }
      this.#positions.set(ends.partition, ends.high)
    }
  }

  /** Reads on every `everyMs` until `signal` aborts; `onTurn` is told each time whether Kafka has answered. */
  async follow(clock: Clock, everyMs: number, signal: AbortSignal, onTurn: (isRead: boolean) => void): Promise<void> {
    while (!signal.aborted) {
      onTurn(await this.#tryToRead())
      await clock.sleep(everyMs, signal)
    }
  }

  async #tryToRead(): Promise<boolean> {
    try {
      await this.read()
      return true
    } catch (error) {
      // Whoever delivers says what is wrong with Kafka; here it is simply tried again.
      if (error instanceof MillraceError) return false
      throw error
    }
  }

  #firstOf({ partition, low, high }: PartitionEnds): number {
    const position = this.#positions.get(partition) ?? low
    return position > high ? low : Math.max(position, low)
  }
}
