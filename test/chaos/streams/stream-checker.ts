import type { Problems } from '../problems.js'
import { digestOfEvent, type Produced } from '../produced.js'
import type { StoredRecord } from './stream-log.js'

/** A record that the stream has stored, by the place of its event in Kafka. */
export interface Arrival {
  partition: number
  offset: number
  /** Unix milliseconds. */
  atMs: number
  /** Whether the stream has told that it is stored. */
  isTold: boolean
  isRepeat: boolean
}

/**
 * Holds what is in a stream against what was produced (delivery.md §1: streams): every event is there, as it was, under its
 * partition key; and of the events of one key and one partition of Kafka each comes, for the first time, after those before it.
 */
export class StreamChecker {
  readonly arrivals: Arrival[] = []
  repeats = 0
  /** By partition: the offsets that have been seen. */
  readonly #seen: Set<number>[]
  readonly #newestOfKey = new Map<string, number>()

  constructor(
    private readonly produced: Produced,
    private readonly read: (record: Buffer) => Record<string, unknown>,
    private readonly problems: Problems,
  ) {
    this.#seen = produced.partitions.map(() => new Set())
  }

  add({ data, partitionKey, atMs, isTold }: StoredRecord): void {
    const event = this.#readEvent(data)
    if (!event) return
    const id = String(event['id'])
    const produced = this.produced.events.get(id)
    if (!produced) return this.problems.add('unknown event', id)
    if (digestOfEvent(event) !== produced.digest) this.problems.add('wrong value', id)
    if (partitionKey !== (event['user_id'] ?? id)) this.problems.add('misplaced', `${id} has another partition key`)
    const { partition, offset } = produced
    const isRepeat = this.#seen[partition]!.has(offset)
    this.#seen[partition]!.add(offset)
    this.arrivals.push({ partition, offset, atMs, isTold, isRepeat })
    if (isRepeat) this.repeats++
    else this.#checkOrder(`${partitionKey} in partition ${partition}`, offset)
  }

  /** Call it after the last record. */
  finish(): void {
    for (const { id, partition, offset } of this.produced.events.values())
      if (!this.#seen[partition]!.has(offset))
        this.problems.add('missing', `${id}, partition ${partition}, offset ${offset}`)
  }

  #readEvent(data: string): Record<string, unknown> | undefined {
    try {
      return this.read(Buffer.from(data, 'base64'))
    } catch (error) {
      this.problems.add('wrong value', `a record cannot be read: ${String(error)}`)
      return undefined
    }
  }

  #checkOrder(key: string, offset: number): void {
    const newest = this.#newestOfKey.get(key) ?? -1
    if (offset < newest) this.problems.add('order', `offset ${offset} of ${key} comes after ${newest}`)
    else this.#newestOfKey.set(key, offset)
  }
}
