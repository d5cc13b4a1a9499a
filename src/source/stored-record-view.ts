import type { RecordView, StoredRecord } from './source.js'

/** A copied record as the view that decoding takes. */
export function storedRecordView(record: StoredRecord, place: { offset: number; timestampMs: number }): RecordView {
  const { key, value, headers } = record
  return {
    ...place,
    bytes: value ?? EMPTY,
    valueStart: value ? 0 : -1,
    valueEnd: value ? value.length : -1,
    header: (name) => headers.findLast((header) => header.name === name)?.value ?? undefined,
    key: () => key,
    copy: () => record,
  }
}

const EMPTY = Buffer.alloc(0)
