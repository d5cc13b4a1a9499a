import { readAvroObject } from '../../src/encoding/avro-reader.js'
import { createTopic, produce } from './kafka-topics.js'

/** An event and where it lies in Kafka. */
export interface SentEvent {
  id: string
  partition: number
  offset: number
  eventType: string
  /** Of the Kafka value. */
  bytes: number
}

interface SendOptions {
  types?: readonly string[]
  partitions?: readonly number[]
}

/** Small types without obligatory fields beside these three: id, user_id, time. */
export const EVENT_TYPES = ['users.messages.webhook.Send', 'users.messages.webhook.Abort'] as const

/** A topic that nobody else writes to, so that the offset of every event is known. */
export class SentEvents {
  readonly sent: SentEvent[] = []

  private constructor(
    private readonly brokers: string[],
    readonly topic: string,
    private readonly partitions: number,
  ) {}

  static async create(brokers: string[], partitions = 1): Promise<SentEvents> {
    return new SentEvents(brokers, await createTopic(brokers, { partitions }), partitions)
  }

  /** Sorted. */
  get ids(): string[] {
    return this.sent.map(({ id }) => id).sort()
  }

  /** Each of `partitions`, all unless told, gets each of `types` in turn. */
  async send(
    count: number,
    { types = EVENT_TYPES, partitions = range(this.partitions) }: SendOptions = {},
  ): Promise<void> {
    const messages = range(count).map((nth) => {
      const id = `e${String(this.sent.length).padStart(5, '0')}`
      const partition = partitions[nth % partitions.length]!
      const offset = this.#endOf(partition)
      const eventType = types[offset % types.length]!
      const value = JSON.stringify({ event_type: eventType, id, user_id: 'u', time: 1_790_000_000 })
      this.sent.push({ id, partition, offset, eventType, bytes: value.length })
      return { value, partition }
    })
    await produce(this.brokers, this.topic, messages)
  }

  /** What lies between these offsets, both included. */
  between(partition: number, first: number, last: number): SentEvent[] {
    return this.sent.filter((event) => event.partition === partition && event.offset >= first && event.offset <= last)
  }

  #endOf(partition: number): number {
    return this.sent.filter((event) => event.partition === partition).length
  }
}

const range = (count: number) => Array.from({ length: count }, (_, n) => n)

/** Ids of all events in all objects whose key begins with `prefix`, sorted. Throws for an object that is broken or empty. */
export function idsOf(objects: ReadonlyMap<string, Buffer>, prefix: string): string[] {
  const ours = [...objects].filter(([key]) => key.startsWith(prefix))
  const ids = ours.flatMap(([key, bytes]) => {
    const events = [...readAvroObject(bytes, key).events()] as { id: string }[]
    if (events.length === 0) throw new Error(`${key} is empty`)
    return events.map(({ id }) => id)
  })
  return ids.sort()
}
