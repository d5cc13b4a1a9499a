import type { RecordView } from '../../src/source/source.js'

export interface RecordParts {
  headers?: Record<string, string>
  offset?: number
  timestampMs?: number
}

/** A record as the source would give it: its value stands somewhere in larger bytes. */
export function recordView(value: Buffer | string | null, parts: RecordParts = {}): RecordView {
  const { headers = {}, offset = 0, timestampMs = 0 } = parts
  const bytes = value === null ? null : Buffer.from(value)
  const header = (name: string) => (name in headers ? Buffer.from(headers[name] ?? '') : undefined)
  const copied = Object.entries(headers).map(([name, text]) => ({ name, value: Buffer.from(text) }))
  return {
    offset,
    timestampMs,
    bytes: Buffer.concat([PADDING, bytes ?? Buffer.alloc(0), PADDING]),
    valueStart: bytes ? PADDING.length : -1,
    valueEnd: bytes ? PADDING.length + bytes.length : -1,
    header,
    key: () => null,
    copy: () => ({ key: null, value: bytes, headers: copied }),
  }
}

/** Neither JSON nor UTF-8: whoever reads beyond the value notices. */
const PADDING = Buffer.from([0x00, 0xff, 0x7b])
