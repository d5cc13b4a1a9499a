import type { TimelineEntry } from './report.js'

/** As many as a page shows, and as fit into one record of Kafka beside the errors. */
const MOST_ENTRIES = 100
/** Tables of errors have fewer names; what is more can only be a provider's invention. */
const MOST_CODES = 50
/** Enough for a sentence and the name of an object. */
const MOST_MESSAGE_CHARS = 500

/** Errors of one code, as they were counted. */
export interface CountedError {
  code: string
  /** The newest message. */
  message: string
  firstAtMs: number
  lastAtMs: number
  count: number
}

/** What has happened to a connector in one process: the newest changes, and its errors by code. */
export class Journal {
  readonly #entries: TimelineEntry[] = []
  readonly #errors = new Map<string, CountedError>()
  /** Grows with every change. */
  version = 0

  /** Newest last. */
  get entries(): readonly TimelineEntry[] {
    return this.#entries
  }

  get errors(): readonly CountedError[] {
    return [...this.#errors.values()]
  }

  add(entry: TimelineEntry): void {
    this.version++
    this.#entries.push({ ...entry, message: entry.message.slice(0, MOST_MESSAGE_CHARS) })
    if (this.#entries.length > MOST_ENTRIES) this.#entries.shift()
  }

  failed(code: string, message: string, atMs: number): void {
    this.version++
    const known = this.#errors.get(code)
    const error = { code, message: message.slice(0, MOST_MESSAGE_CHARS), firstAtMs: known?.firstAtMs ?? atMs }
    // Last in the map is what happened last.
    this.#errors.delete(code)
    this.#errors.set(code, { ...error, lastAtMs: atMs, count: (known?.count ?? 0) + 1 })
    const [oldest] = this.#errors.keys()
    if (this.#errors.size > MOST_CODES && oldest !== undefined) this.#errors.delete(oldest)
  }
}
