import type { SchemaVersion } from '../events/catalogue.js'
import type { Transcoder } from '../events/transcoder.js'
import type { RangeParts } from '../range/open-range.js'
import type { OpenObject } from '../range/object-encoder.js'

/** What stands in the ledger for events whose type nobody can tell. */
const UNDECODABLE = '(undecodable)'

const UNDECODABLE_SCHEMA: SchemaVersion = { eventType: UNDECODABLE, schemaId: 0, isFirst: true, json: '{}' }

/**
 * Makes ranges that only count: what is given up is read and decoded as for delivery, but nothing of it is kept. Its objects'
 * `encodedBytes` are the bytes of the Kafka values.
 */
export function countingParts(parts: RangeParts): RangeParts {
  return {
    ...parts,
    transcoder: countingTranscoder(parts.transcoder),
    formats: { null: countingObject, deflate: countingObject },
    makeRecord: undefined,
    account: () => undefined,
  }
}

/** Undecodable events are given up with the others: as dead letters they would be accounted for twice. */
function countingTranscoder(transcoder: Transcoder): Transcoder {
  return {
    transcode(record, pins) {
      const result = transcoder.transcode(record, pins)
      const length = record.valueEnd - record.valueStart
      if (result.verdict === 'encoded') return { ...result, length }
      if (result.verdict !== 'rejected') return result
      return { verdict: 'encoded', schema: UNDECODABLE_SCHEMA, bytes: record.bytes, length }
    },
  }
}

const countingObject: OpenObject = () => {
  const count = { events: 0, bytes: 0 }
  return {
    append(_bytes, length) {
      count.events++
      count.bytes += length
    },
    get encodedBytes() {
      return count.bytes
    },
    get events() {
      return count.events
    },
    close: () => undefined,
    body: () => Promise.reject(new Error('a counted range has no objects to write')),
  }
}
