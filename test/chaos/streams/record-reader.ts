import avro from 'avsc'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { schemaFingerprint } from '../../../src/events/schema-fingerprint.js'

const SCHEMAS = resolve(import.meta.dirname, '../../../schemas')
const MARKER = 'c301'
const MARKER_BYTES = 2
const FINGERPRINT_BYTES = 8

/** Reads records of the single-object encoding [Avro specification] with the published schemas. */
export class RecordReader {
  readonly #types = new Map<string, avro.Type>()

  constructor() {
    for (const eventType of readdirSync(SCHEMAS)) {
      const schema = JSON.parse(readFileSync(join(SCHEMAS, eventType, '1.avsc'), 'utf8')) as avro.Schema
      this.#types.set(schemaFingerprint(schema).toString('hex'), avro.Type.forSchema(schema, { wrapUnions: false }))
    }
  }

  /** The event's fields in the order of its schema. Throws when the record is no event of a published schema. */
  read(record: Buffer): Record<string, unknown> {
    const bodyStart = MARKER_BYTES + FINGERPRINT_BYTES
    if (record.toString('hex', 0, MARKER_BYTES) !== MARKER) throw new Error('it does not begin with C3 01')
    const type = this.#types.get(record.toString('hex', MARKER_BYTES, bodyStart))
    if (!type) throw new Error('no schema has its fingerprint')
    return type.fromBuffer(record.subarray(bodyStart)) as Record<string, unknown>
  }
}
