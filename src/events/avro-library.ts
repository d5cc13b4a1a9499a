import avsc from 'avsc'

/** The only place that imports the Avro library: it checks schemas and reads events back. Writing is ours, for speed. */

/** What is wrong with a schema, in the library's words; undefined when it is valid Avro. */
export function avroSchemaProblem(schema: unknown): string | undefined {
  try {
    avsc.Type.forSchema(schema as avsc.Schema)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** The schema in Parsing Canonical Form (Avro specification): equal for schemas that read the same. Throws for an invalid one. */
export function canonicalForm(schema: unknown): string {
  return JSON.stringify(avsc.Type.forSchema(schema as avsc.Schema).schema())
}

/** Reads the event at `position`; `end` is negative when the bytes end before it does. Throws when they are no such event. */
export type DecodeEvent = (bytes: Buffer, position: number) => { value: unknown; end: number }

/** A reader for events of `schema`, given as parsed JSON. A long beyond 2^53 becomes a bigint. Throws for an invalid schema. */
export function eventDecoder(schema: unknown): DecodeEvent {
  const type = avsc.Type.forSchema(schema as avsc.Schema, { registry: { long: EXACT_LONG } })
  return (bytes, position) => {
    const decoded: { value: unknown; offset: number } = type.decode(bytes, position)
    return { value: decoded.value, end: decoded.offset }
  }
}

/** The library's own long refuses what a JavaScript number cannot hold. */
const EXACT_LONG = avsc.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => {
    const value = bytes.readBigInt64LE()
    return BigInt.asIntN(54, value) === value ? Number(value) : value
  },
  toBuffer: (value: number | bigint) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(BigInt(value))
    return bytes
  },
  fromJSON: Number,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === 'number' || typeof value === 'bigint',
  compare: (a: bigint, b: bigint) => (a === b ? 0 : a < b ? -1 : 1),
})
