import type { Failure, Payload, RecordPayload } from './destination.js'
import { hubKey, type BatchPacker, type EventBatch } from './event-hubs-batch.js'

/** The records of one partition key, which are sent one batch after the other. */
export class Run implements Payload {
  readonly rejected: Failure[] = []
  readonly #records: RecordPayload[] = []
  #next = 0
  #mostEvents = Infinity

  /** `partitionKey`: as the event hub is told. */
  constructor(readonly partitionKey: string | null) {}

  add(record: RecordPayload): void {
    this.#records.push(record)
  }

  /** Of the record that is to be sent next. */
  get key(): string {
    return this.#records[this.#next]?.key ?? ''
  }

  /** What is neither stored nor rejected. */
  get unsent(): readonly RecordPayload[] {
    return this.#records.slice(this.#next)
  }

  get isDone(): boolean {
    return this.#next === this.#records.length
  }

  /** The next batch; undefined when the next record is too large for any. */
  pack(packer: BatchPacker, maxBytes: number): EventBatch | undefined {
    return packer.pack(this.#records, this.#next, this.partitionKey, { bytes: maxBytes, events: this.#mostEvents })
  }

  sent(count: number): void {
    this.#next += count
  }

  /** The next record can never be taken; those after it go on. */
  reject(failure: Failure): void {
    const payload = this.#records[this.#next++]
    if (payload) this.rejected.push({ ...failure, payload })
  }

  /** A batch of `count` was too large, whatever the link has said. */
  halve(count: number): void {
    this.#mostEvents = Math.floor(count / 2)
  }
}

/** A run for each partition key, and one for all records without a key, in the order of their first records. */
export function runsOf(records: readonly RecordPayload[]): Run[] {
  const runs = new Map<string | null, Run>()
  for (const record of records) {
    const key = record.partitionKey === null ? null : hubKey(record.partitionKey)
    const run = runs.get(key) ?? new Run(key)
    runs.set(key, run)
    run.add(record)
  }
  return [...runs.values()]
}
