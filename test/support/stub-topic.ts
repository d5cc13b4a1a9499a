import type { MillraceError } from '../../src/runtime/errors.js'
import type { PartitionEnds } from '../../src/source/kafka-offsets.js'
import type { TopicRecord } from '../../src/source/kafka-reader.js'
import type { StoredRecord } from '../../src/source/source.js'

/** A topic of Millrace's own with one partition, in memory, as a reader, a writer, and who asks for its ends see it. */
export class StubTopic {
  readonly topic = 'own'
  records: TopicRecord[] = []
  low = 0
  /** Why nobody can read it, or write it. */
  unreadable: MillraceError | null = null
  unwritable: MillraceError | null = null
  /** Reading ends with this after so many records. */
  breaksOff: { after: number; error: MillraceError } | null = null
  /** How often its records were asked for. */
  reads = 0

  readonly offsets = {
    ends: (): Promise<PartitionEnds[]> =>
      this.unreadable
        ? Promise.reject(this.unreadable)
        : Promise.resolve([{ topic: this.topic, partition: 0, low: this.low, high: this.records.length }]),
  }

  readonly reader = { read: (range: PartitionEnds) => this.#read(range) }

  readonly writer = {
    write: (_topic: string, records: readonly StoredRecord[]): Promise<void> => {
      if (this.unwritable) return Promise.reject(this.unwritable)
      this.append(records)
      return Promise.resolve()
    },
  }

  append(records: readonly StoredRecord[]): void {
    for (const record of records) {
      const place = { topic: this.topic, partition: 0, offset: this.records.length, timestampMs: 0 }
      this.records.push({ ...place, ...record })
    }
  }

  async *#read({ low, high }: PartitionEnds): AsyncGenerator<TopicRecord, void> {
    this.reads++
    for (const record of this.records.slice(Math.max(low, this.low), high)) {
      await Promise.resolve()
      if (this.breaksOff && this.breaksOff.after-- === 0) throw this.breaksOff.error
      yield record
    }
  }
}
