import { canonicalForm } from './avro-library.js'

/** The fingerprint of nothing, and the polynomial (Avro specification, "Schema fingerprints": CRC-64-AVRO). */
const EMPTY = 0xc15d213aa4d7a795n

const TABLE = Array.from({ length: 256 }, (_, byte) => {
  let fingerprint = BigInt(byte)
  for (let bit = 0; bit < 8; bit++) fingerprint = (fingerprint >> 1n) ^ (fingerprint & 1n ? EMPTY : 0n)
  return fingerprint
})

/**
 * CRC-64-AVRO of a schema's canonical form: the eight bytes as they stand in a record of the single-object encoding, behind
 * its marker C3 01. Throws for an invalid schema.
 */
export function schemaFingerprint(schema: unknown): Buffer {
  let fingerprint = EMPTY
  for (const byte of Buffer.from(canonicalForm(schema))) {
    fingerprint = (fingerprint >> 8n) ^ TABLE[Number((fingerprint ^ BigInt(byte)) & 0xffn)]!
  }
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(fingerprint)
  return bytes
}
