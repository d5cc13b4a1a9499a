import avro from 'avsc'
import { inflateRawSync } from 'node:zlib'

const MAGIC = Buffer.from('Obj\u0001')
const SYNC_BYTES = 16

export interface AvroFile {
  codec: string
  /** In the order of the file, fields in the order of the schema. */
  events: Record<string, unknown>[]
}

/**
 * Reads a whole Avro object container file [Avro specification, "Object Container Files"], written for the checker alone.
 * Throws when anything is missing, left over or empty.
 */
export function readAvroFile(file: Buffer): AvroFile {
  const reader = new Reader(file)
  if (!reader.bytes(MAGIC.length).equals(MAGIC)) throw new Error('it does not begin as an Avro file')
  const header = readMetadata(reader)
  const sync = reader.bytes(SYNC_BYTES)
  const codec = header.get('avro.codec')?.toString() ?? 'null'
  const type = avro.Type.forSchema(JSON.parse(String(header.get('avro.schema'))) as avro.Schema, { wrapUnions: false })
  const events: Record<string, unknown>[] = []
  while (!reader.isAtEnd) events.push(...readBlock(reader, { codec, type, sync }))
  if (events.length === 0) throw new Error('it holds no event')
  return { codec, events }
}

/** An offset below 0: the data ended before the value did. */
interface Decoded {
  value: Record<string, unknown>
  offset: number
}

interface BlockFormat {
  codec: string
  type: avro.Type
  sync: Buffer
}

function readBlock(reader: Reader, { codec, type, sync }: BlockFormat): Record<string, unknown>[] {
  const count = reader.long()
  const stored = reader.bytes(reader.long())
  if (!reader.bytes(SYNC_BYTES).equals(sync)) throw new Error('a block does not end with the sync marker')
  const data = codec === 'deflate' ? inflateRawSync(stored) : stored
  const events: Record<string, unknown>[] = []
  let position = 0
  for (let n = 0; n < count; n++) {
    const event: Decoded = type.decode(data, position)
    if (event.offset < 0) throw new Error('a block ends within an event')
    events.push(event.value)
    position = event.offset
  }
  if (position !== data.length) throw new Error('a block holds more than its events')
  return events
}

function readMetadata(reader: Reader): Map<string, Buffer> {
  const entries = new Map<string, Buffer>()
  for (let count = reader.long(); count !== 0; count = reader.long()) {
    // A negative count is followed by the size of the block of entries.
    if (count < 0) reader.long()
    for (let n = 0; n < Math.abs(count); n++)
      entries.set(reader.bytes(reader.long()).toString(), reader.bytes(reader.long()))
  }
  return entries
}

class Reader {
  #position = 0

  constructor(private readonly file: Buffer) {}

  get isAtEnd(): boolean {
    return this.#position === this.file.length
  }

  bytes(length: number): Buffer {
    const end = this.#position + length
    if (length < 0 || end > this.file.length) throw new Error('it is cut off')
    const bytes = this.file.subarray(this.#position, end)
    this.#position = end
    return bytes
  }

  /** A zigzag variable-length integer; none in a file's frame is larger than a file. */
  long(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const [byte = 0] = this.bytes(1)
      value += (byte & 127) * scale
      if (byte < 128) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    }
  }
}
