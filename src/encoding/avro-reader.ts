import { inflateRawSync } from 'node:zlib'
import { eventDecoder, type DecodeEvent } from '../events/avro-library.js'
import { MillraceError } from '../runtime/errors.js'

/** An Avro object container file, read back: header at once, events one after the other. */
export interface AvroObject {
  /** Everything in the header, in its order, `avro.schema` and `avro.codec` included. */
  readonly metadata: ReadonlyMap<string, string>
  readonly schema: unknown
  readonly codec: 'null' | 'deflate'
  /** Every event, in order; one block is decompressed at a time. Throws as `readAvroObject` does. */
  events(): Generator<unknown, void>
}

const MAGIC = Buffer.from('Obj\x01', 'latin1')
const SYNC_BYTES = 16
const HEADER = 'the header'

/**
 * Reads an Avro object container file of any writer. Throws a `MillraceError` (`NOT_AN_AVRO_FILE`) that says what is wrong
 * where, for files that are none, end too early or are damaged. `name` is what messages call it.
 */
export function readAvroObject(bytes: Buffer, name: string): AvroObject {
  const cursor = new Cursor(bytes, name)
  if (!cursor.take(MAGIC.length, 'its first bytes').equals(MAGIC)) throw cursor.damage('it does not begin like one')
  const metadata = readMetadata(cursor)
  const sync = cursor.take(SYNC_BYTES, HEADER)
  const codec = metadata.get('avro.codec') ?? 'null'
  if (codec !== 'null' && codec !== 'deflate')
    throw cursor.damage(`its codec is ${codec}: null and deflate can be read`)
  const { schema, decode } = decoderOf(metadata, cursor)
  const start = cursor.position
  return { metadata, schema, codec, events: () => readEvents(new Cursor(bytes, name, start), { sync, codec, decode }) }
}

function readMetadata(cursor: Cursor): Map<string, string> {
  const metadata = new Map<string, string>()
  for (let count = cursor.readLong(HEADER); count !== 0; count = cursor.readLong(HEADER)) {
    // A negative count is followed by the block's size in bytes (Avro specification: maps).
    if (count < 0) cursor.readLong(HEADER)
    for (let entry = Math.abs(count); entry > 0; entry--) {
      const key = cursor.takeString(HEADER)
      metadata.set(key, cursor.takeString(HEADER))
    }
  }
  return metadata
}

function decoderOf(metadata: ReadonlyMap<string, string>, cursor: Cursor): { schema: unknown; decode: DecodeEvent } {
  const text = metadata.get('avro.schema')
  if (text === undefined) throw cursor.damage('its header has no schema')
  try {
    const schema: unknown = JSON.parse(text)
    return { schema, decode: eventDecoder(schema) }
  } catch (error) {
    throw cursor.damage('the schema in its header is invalid', error)
  }
}

interface BlockFormat {
  readonly sync: Buffer
  readonly codec: AvroObject['codec']
  readonly decode: DecodeEvent
}

function* readEvents(cursor: Cursor, { sync, codec, decode }: BlockFormat): Generator<unknown, void> {
  while (!cursor.isAtEnd) {
    const place = `the block at byte ${cursor.position}`
    const count = cursor.readLong(place)
    const stored = cursor.take(cursor.readLong(place), place)
    if (!cursor.take(SYNC_BYTES, place).equals(sync)) throw cursor.damage(`${place} does not end with the sync marker`)
    try {
      yield* decodeBlock(codec === 'deflate' ? inflateRawSync(stored) : stored, count, decode)
    } catch (error) {
      throw cursor.damage(`${place} is damaged`, error)
    }
  }
}

/** Throws when the block is not exactly `count` events. */
function* decodeBlock(block: Buffer, count: number, decode: DecodeEvent): Generator<unknown, void> {
  let position = 0
  for (let event = 0; event < count; event++) {
    const { value, end } = decode(block, position)
    if (end < 0) throw new Error('an event is longer than its block')
    position = end
    yield value
  }
  if (position !== block.length) throw new Error('bytes follow the last event of the block')
}

/** Reads forward through the bytes of a file; every end that comes too early is a `MillraceError`. */
class Cursor {
  readonly #bytes: Buffer
  readonly #name: string

  constructor(
    bytes: Buffer,
    name: string,
    public position = 0,
  ) {
    this.#bytes = bytes
    this.#name = name
  }

  get isAtEnd(): boolean {
    return this.position === this.#bytes.length
  }

  /** The next bytes, as a view; `place` is named when there are too few. */
  take(length: number, place: string): Buffer {
    const end = this.position + length
    if (length < 0) throw this.damage(`${place} has a negative length`)
    if (end > this.#bytes.length) throw this.damage(`it ends early, in ${place}`)
    const taken = this.#bytes.subarray(this.position, end)
    this.position = end
    return taken
  }

  takeString(place: string): string {
    return this.take(this.readLong(place), place).toString()
  }

  /** A zigzag number of 7 bits a byte (Avro specification: int and long). */
  readLong(place: string): number {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.take(1, place).readUInt8()
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return Number(BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n)))
    }
    throw this.damage(`${place} has a number of more than 64 bits`)
  }

  damage(problem: string, cause?: unknown): MillraceError {
    return new MillraceError('NOT_AN_AVRO_FILE', `${this.#name} is no complete Avro object file: ${problem}`, { cause })
  }
}
