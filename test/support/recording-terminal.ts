import { Readable } from 'node:stream'
import type { Terminal } from '../../src/cli/terminal.js'

/** A terminal that keeps what it is told, line by line. */
export function recordingTerminal(env: Terminal['env'] = {}): Terminal & { said: { out: string[]; err: string[] } } {
  const said = { out: [] as string[], err: [] as string[] }
  return {
    env,
    stdin: Readable.from([]),
    instance: 'test/1',
    out: (line) => said.out.push(line),
    err: (line) => said.err.push(line),
    stop: new AbortController().signal,
    said,
  }
}
