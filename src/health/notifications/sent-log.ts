/**
 * Remembers which notifications have been taken on, so that each goes out once. `claim` resolves to true for the first who
 * asks for an id, to false for everybody after that.
 *
 * `MemorySentLog` knows its own process only. What must go out once over restarts and several instances (everything that
 * hangs on T0) is claimed where T0 itself is kept, in the commit metadata: who has written "warned of step 24h" there, and
 * only that one, calls `Notifier.notify`. A log that is kept durably can also be given to the notifier instead of this one.
 */
export interface SentLog {
  claim(id: string): Promise<boolean>
}

/** Enough for years of one connector's troubles; ids are below 200 bytes. */
const MAX_IDS = 10_000

export class MemorySentLog implements SentLog {
  readonly #ids = new Set<string>()

  claim(id: string): Promise<boolean> {
    if (this.#ids.has(id)) return Promise.resolve(false)
    this.#ids.add(id)
    const [oldest] = this.#ids
    if (oldest !== undefined && this.#ids.size > MAX_IDS) this.#ids.delete(oldest)
    return Promise.resolve(true)
  }
}
