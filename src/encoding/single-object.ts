import type { SchemaVersion } from '../events/catalogue.js'
import { schemaFingerprint } from '../events/schema-fingerprint.js'
import { RecordSlabs } from './record-slabs.js'

/** Avro specification, "Single-object encoding": a marker of two bytes, the fingerprint of the schema in eight, the body. */
const MARKER = Buffer.from([0xc3, 0x01])

/** Puts marker and fingerprint of a schema before an event's body; the bytes are a copy. */
export function singleObject(
  { json }: SchemaVersion,
  slabs = new RecordSlabs(),
): (body: Buffer, length: number) => Buffer {
  const head = Buffer.concat([MARKER, schemaFingerprint(JSON.parse(json))])
  return (body, length) => {
    const bytes = slabs.take(head.length + length)
    head.copy(bytes)
    body.copy(bytes, head.length, 0, length)
    return bytes
  }
}
