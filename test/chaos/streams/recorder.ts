import { StreamLog, type StoredRecord } from './stream-log.js'

/** A stream that breaks its word, so that the checkers have something to find: it forgets one record in so many. */
const FORGETS_EVERY = 500

/** Records of one key, from which on it is a busy one: another will follow soon. */
const BUSY = 20

/** Writes what a peer stores into its log; a sabotaged one forgets records, and swaps two of a key now and then. */
export class Recorder {
  readonly #log: StreamLog
  readonly #ofKey = new Map<string, number>()
  #held: StoredRecord | undefined
  #count = 0

  constructor(
    path: string,
    private readonly isSabotaged: boolean,
  ) {
    this.#log = new StreamLog(path)
  }

  stored(record: Omit<StoredRecord, 'atMs'>): void {
    const entry = { atMs: Date.now(), ...record }
    if (this.isSabotaged) this.#sabotage(entry)
    else this.#log.add(entry)
  }

  #sabotage(entry: StoredRecord): void {
    const { partitionKey } = entry
    const ofKey = (this.#ofKey.get(partitionKey) ?? 0) + 1
    this.#ofKey.set(partitionKey, ofKey)
    if (++this.#count % FORGETS_EVERY === 0) return
    if (!this.#held && ofKey % BUSY === 0) {
      this.#held = entry
      return
    }
    this.#log.add(entry)
    if (this.#held?.partitionKey !== partitionKey) return
    this.#log.add(this.#held)
    this.#held = undefined
  }

  throttled(shard: number, fromMs: number): void {
    this.#log.add({ throttled: shard, fromMs, untilMs: Date.now() })
  }

  close(): Promise<void> {
    return this.#log.close()
  }
}
