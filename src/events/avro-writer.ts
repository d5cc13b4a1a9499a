/** Room for a typical event many times over; grows when an event needs more. */
const INITIAL_BYTES = 64 * 1024

/** The most bytes the variable-length form of a 64-bit number takes, 7 bits a byte (Avro specification: int and long). */
const MAX_LONG_BYTES = 10

/** Up to here a loop over the characters beats a call into native code (measured on Node 20: about 64). */
const SHORT_STRING = 64

/** Avro primitives, appended to one growing buffer that is used over and over: set `length` to 0 to begin anew. */
export class AvroWriter {
  bytes: Buffer
  length = 0

  constructor(initialBytes = INITIAL_BYTES) {
    this.bytes = Buffer.allocUnsafeSlow(initialBytes)
  }

  writeByte(byte: number): void {
    if (this.length === this.bytes.length) this.#grow(1)
    this.bytes[this.length++] = byte
  }

  writeBytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  /** A number that fits into 32 bits, signed. */
  writeInt(value: number): void {
    this.#reserve(MAX_LONG_BYTES)
    let rest = ((value << 1) ^ (value >> 31)) >>> 0
    while (rest > 0x7f) {
      this.bytes[this.length++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.bytes[this.length++] = rest
  }

  /** A safe integer. */
  writeLong(value: number): void {
    if (value === (value | 0)) return this.writeInt(value)
    this.#reserve(MAX_LONG_BYTES)
    // Zigzag without leaving the safe integers: the sign is the lowest bit, the magnitude is what stands above it.
    const magnitude = value < 0 ? -value - 1 : value
    const sign = value < 0 ? 1 : 0
    this.bytes[this.length++] = (magnitude % 64) * 2 + sign + 0x80
    let rest = Math.floor(magnitude / 64)
    while (rest > 0x7f) {
      this.bytes[this.length++] = (rest % 128) + 0x80
      rest = Math.floor(rest / 128)
    }
    this.bytes[this.length++] = rest
  }

  /** Any 64-bit number, signed. */
  writeBigLong(value: bigint): void {
    this.#reserve(MAX_LONG_BYTES)
    let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
    while (rest > 0x7fn) {
      this.bytes[this.length++] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    this.bytes[this.length++] = Number(rest)
  }

  writeFloat(value: number): void {
    this.#reserve(4)
    this.length = this.bytes.writeFloatLE(value, this.length)
  }

  writeDouble(value: number): void {
    this.#reserve(8)
    this.length = this.bytes.writeDoubleLE(value, this.length)
  }

  /** Returns false, and writes nothing, when UTF-8 cannot carry the string: it holds a lone surrogate. */
  writeString(text: string): boolean {
    if (text.length < SHORT_STRING && this.#writeShortAscii(text)) return true
    return this.#writeAnyString(text)
  }

  #writeShortAscii(text: string): boolean {
    const { length } = text
    this.#reserve(length + 1)
    const { bytes } = this
    let position = this.length
    // Below 64 the length, doubled for its sign bit, is one byte.
    bytes[position++] = length << 1
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index)
      if (code > 0x7f) return false
      bytes[position++] = code
    }
    this.length = position
    return true
  }

  #writeAnyString(text: string): boolean {
    const byteLength = Buffer.byteLength(text)
    if (byteLength !== text.length && LONE_SURROGATE.test(text)) return false
    this.writeLong(byteLength)
    this.#reserve(byteLength)
    this.length += this.bytes.write(text, this.length, byteLength, 'utf8')
    return true
  }

  #reserve(byteLength: number): void {
    if (this.length + byteLength > this.bytes.length) this.#grow(byteLength)
  }

  #grow(byteLength: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.length + byteLength))
    this.bytes.copy(grown, 0, 0, this.length)
    this.bytes = grown
  }
}

const LONE_SURROGATE = /\p{Surrogate}/u
