/**
 * CRC-32C (Castagnoli), the checksum of Kafka's record batches. node:zlib has another polynomial only.
 * "Slicing by 16": sixteen tables, so that sixteen bytes cost four loads and sixteen look-ups that do not wait for each other.
 */

/** The polynomial, bits reversed (RFC 3720, section 12.1). */
const POLYNOMIAL = 0x82f63b78
const SLICES = 16
/** One block, and what may lie before the first aligned word. */
const SMALLEST_WORTH_BLOCKS = SLICES + 3
const tables = makeTables()
const [t0, t1, t2, t3, t4, t5, t6, t7, t8, t9, t10, t11, t12, t13, t14, t15] = tables as Tables

type Tables = [
  ...[Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array],
  ...[Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array],
]

/** The checksum of `bytes[start, end)`, as an unsigned number. */
export function crc32c(bytes: Buffer, start = 0, end = bytes.length): number {
  if (end - start < SMALLEST_WORTH_BLOCKS) return ~byBytes(bytes, start, end, -1) >>> 0
  // Words can only be read where the memory is aligned to them.
  const firstWord = Math.min(end, start + ((4 - ((bytes.byteOffset + start) & 3)) & 3))
  let crc = byBytes(bytes, start, firstWord, -1)
  const blocks = (end - firstWord) >>> 4
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + firstWord, blocks * 4)
  crc = byBlocks(words, crc)
  return ~byBytes(bytes, firstWord + blocks * 16, end, crc) >>> 0
}

function byBytes(bytes: Buffer, start: number, end: number, seed: number): number {
  let crc = seed
  for (let at = start; at < end; at++) crc = t0[(crc ^ bytes[at]!) & 255]! ^ (crc >>> 8)
  return crc
}

/** Words are little-endian, as on every machine Node runs on. */
function byBlocks(words: Int32Array, seed: number): number {
  let crc = seed
  for (let at = 0; at < words.length; at += 4) {
    const a = words[at]! ^ crc
    const b = words[at + 1]!
    const c = words[at + 2]!
    const d = words[at + 3]!
    crc =
      t15[a & 255]! ^
      t14[(a >>> 8) & 255]! ^
      t13[(a >>> 16) & 255]! ^
      t12[a >>> 24]! ^
      t11[b & 255]! ^
      t10[(b >>> 8) & 255]! ^
      t9[(b >>> 16) & 255]! ^
      t8[b >>> 24]! ^
      t7[c & 255]! ^
      t6[(c >>> 8) & 255]! ^
      t5[(c >>> 16) & 255]! ^
      t4[c >>> 24]! ^
      t3[d & 255]! ^
      t2[(d >>> 8) & 255]! ^
      t1[(d >>> 16) & 255]! ^
      t0[d >>> 24]!
  }
  return crc
}

/** Table k: what a byte does to the checksum when k zero bytes follow it. */
function makeTables(): Int32Array[] {
  const made = Array.from({ length: SLICES }, () => new Int32Array(256))
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
    made[0]![byte] = crc
  }
  for (let k = 1; k < SLICES; k++) {
    for (let byte = 0; byte < 256; byte++) {
      const before = made[k - 1]![byte]!
      made[k]![byte] = made[0]![before & 255]! ^ (before >>> 8)
    }
  }
  return made
}
