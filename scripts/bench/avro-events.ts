/**
 * How many events an Avro object file holds, from the counts in front of its blocks: without decompressing anything.
 * Throws when the file ends in the middle of a block.
 */
export function countAvroEvents(file: Buffer): number {
  const reader = { file, position: 4 }
  skipMetadata(reader)
  const sync = file.subarray(reader.position, reader.position + 16)
  reader.position += 16
  let events = 0
  while (reader.position < file.length) {
    events += readLong(reader)
    const size = readLong(reader)
    reader.position += size
    if (!file.subarray(reader.position, reader.position + 16).equals(sync)) throw new Error('a block is not complete')
    reader.position += 16
  }
  return events
}

interface Reader {
  file: Buffer
  position: number
}

/** A map: blocks of pairs, ended by an empty one. A negative count is followed by the block's size. */
function skipMetadata(reader: Reader): void {
  for (let pairs = readLong(reader); pairs !== 0; pairs = readLong(reader)) {
    if (pairs < 0) readLong(reader)
    for (let n = 0; n < Math.abs(pairs) * 2; n++) {
      const length = readLong(reader)
      reader.position += length
    }
  }
}

/** Zigzag varint. Counts and sizes in a file of ours are far below 2^53. */
function readLong(reader: Reader): number {
  let value = 0
  let scale = 1
  for (;;) {
    const byte = reader.file[reader.position++] ?? 0
    value += (byte & 0x7f) * scale
    if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    scale *= 128
  }
}
