import { Writable } from 'node:stream'
import type { Display } from '../../../src/cli/terminal.js'

/** A terminal window that keeps what is written, a string for each write. */
export function recordingDisplay({ columns = 80, rows = 24, hasColors = false } = {}): Display & { writes: string[] } {
  const writes: string[] = []
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      writes.push(chunk)
      done()
    },
  })
  return Object.assign(stream, { columns, rows, hasColors: () => hasColors, writes })
}
