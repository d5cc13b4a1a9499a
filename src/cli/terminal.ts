import type { Readable, Writable } from 'node:stream'

/** What a command sees of the process it runs in. */
export interface Terminal {
  env: Readonly<Record<string, string | undefined>>
  stdin: Readable
  /** Where a person is asked, whose answers come from `stdin`; undefined where nobody sits in front of it. */
  screen?: Writable
  /** Standard output where it is a terminal; undefined where it is a pipe or a file. */
  display?: Display
  /** This process among others: host name and process id. */
  instance: string
  /** A line on standard output: results, and nothing but results. */
  out(line: string): void
  /** A line on standard error: progress and what went wrong. */
  err(line: string): void
  /** Aborts at the first SIGTERM or SIGINT. */
  stop: AbortSignal
}

/** A terminal that can be drawn on: what is written there needs no end of line. */
export interface Display extends Writable {
  /** Of its window, as they are now; what does not know them says 0. */
  columns: number
  rows: number
  /** False also where the person wants none (`NO_COLOR`). */
  hasColors(): boolean
}

/** Exit codes (operations.md): 0 ok · 1 runtime · 2 configuration or usage · 3 a check failed · 4 attention needed. */
export type ExitCode = 0 | 1 | 2 | 3 | 4
