import { createReadStream, createWriteStream, type WriteStream } from 'node:fs'
import { createInterface } from 'node:readline'

/** What a stream has seen, in order, one JSON document a line: written by the peer, read by the checker. */
type LogEntry = StoredRecord | Throttling

export interface StoredRecord {
  /** Unix milliseconds. */
  atMs: number
  shard: number
  partitionKey: string
  /** Whether the peer has said so to the one who wrote it. */
  isTold: boolean
  /** Base64. */
  data: string
}

/** A shard took nothing for a while. */
export interface Throttling {
  throttled: number
  fromMs: number
  untilMs: number
}

export class StreamLog {
  readonly #file: WriteStream

  constructor(path: string) {
    this.#file = createWriteStream(path)
  }

  add(entry: LogEntry): void {
    this.#file.write(`${JSON.stringify(entry)}\n`)
  }

  /** Resolves when everything is in the file. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#file.end(resolve))
  }
}

export async function* readStreamLog(path: string): AsyncIterable<LogEntry> {
  for await (const line of createInterface({ input: createReadStream(path) })) yield JSON.parse(line) as LogEntry
}
