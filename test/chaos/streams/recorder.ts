import { StreamLog, type StoredRecord } from './stream-log.js'

/** A stream that breaks its word, so that the checkers have something to find: one record in so many of each kind. */
const BROKEN_EVERY = 500

/** Writes what a peer stores into its log; a sabotaged one leaves out records, and stores others late. */
export class Recorder {
  readonly #log: StreamLog
  #held: StoredRecord[] = []
  #count = 0

  constructor(
    path: string,
    private readonly isSabotaged: boolean,
  ) {
    this.#log = new StreamLog(path)
  }

  stored(record: Omit<StoredRecord, 'atMs'>): void {
    const entry = { atMs: Date.now(), ...record }
    const turn = ++this.#count % BROKEN_EVERY
    if (!this.isSabotaged || turn > 1) this.#log.add(entry)
    else if (turn === 1) this.#held.push(entry)
    // What was held back comes after much else of its key; every other one never.
    if (turn === 0) for (const late of this.#held.splice(0)) this.#log.add(late)
  }

  throttled(shard: number, fromMs: number): void {
    this.#log.add({ throttled: shard, fromMs, untilMs: Date.now() })
  }

  close(): Promise<void> {
    return this.#log.close()
  }
}
