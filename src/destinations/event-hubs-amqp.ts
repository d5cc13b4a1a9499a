/** Codes of AMQP 1.0, part 1 "Types", section 1.6 "Primitive type definitions". */
const NULL = 0x40
const TRUE = 0x41
const LONG = 0x81
const BINARY_32 = 0xb0
const STRING_8 = 0xa1
const STRING_32 = 0xb1
const SYMBOL_8 = 0xa3
const SYMBOL_32 = 0xb3
const LIST_32 = 0xd0
const MAP_32 = 0xd1

/** A described type with a small code, as all sections of a message are: 0x00, ulong of one byte, the code (section 1.3.2). */
const DESCRIBED = [0x00, 0x53] as const

/** What the sizes of an 8-bit width can say. */
const SHORT = 255

/** Where a list or map began, for `close`. */
export type Mark = number

/**
 * AMQP 1.0 values, appended to one growing buffer that is used again and again: the SDK's own encoder builds an object
 * for every value, at 8 µs for the message of an event against 1 µs here, and has no way to ask for a `long`.
 */
export class AmqpWriter {
  #buffer = Buffer.allocUnsafe(64 * 1024)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Forgets what was written after the first `length` bytes. */
  truncate(length: number): void {
    this.#length = length
  }

  /** What was written from `start` on, in a buffer of its own. */
  copy(start = 0): Buffer {
    return Buffer.from(this.#buffer.subarray(start, this.#length))
  }

  null(): void {
    this.#byte(NULL)
  }

  true(): void {
    this.#byte(TRUE)
  }

  /** A whole number that JavaScript holds exactly. */
  long(value: number): void {
    this.#reserve(9)
    this.#byte(LONG)
    this.#length = this.#buffer.writeInt32BE(Math.floor(value / 2 ** 32), this.#length)
    this.#length = this.#buffer.writeUInt32BE(value >>> 0, this.#length)
  }

  string(text: string): void {
    this.#text(text, STRING_8, STRING_32)
  }

  symbol(text: string): void {
    this.#text(text, SYMBOL_8, SYMBOL_32)
  }

  /** Bytes that are encoded already. */
  raw(bytes: Buffer): void {
    this.#reserve(bytes.length)
    this.#length += bytes.copy(this.#buffer, this.#length)
  }

  /** Begins a section that is a list, such as the properties. */
  openList(section: number): Mark {
    return this.#open(section, LIST_32, 8)
  }

  /** Begins a section that is a map: `count` of `closeCollection` is that of keys and values together. */
  openMap(section: number): Mark {
    return this.#open(section, MAP_32, 8)
  }

  closeCollection(mark: Mark, count: number): void {
    // The size counts the bytes after itself, and so the count.
    this.#buffer.writeUInt32BE(this.#length - mark - 4, mark)
    this.#buffer.writeUInt32BE(count, mark + 4)
  }

  /** Begins a section that is binary. */
  openBinary(section: number): Mark {
    return this.#open(section, BINARY_32, 4)
  }

  closeBinary(mark: Mark): void {
    this.#buffer.writeUInt32BE(this.#length - mark - 4, mark)
  }

  #open(section: number, constructor: number, lengthBytes: number): Mark {
    this.#reserve(4 + lengthBytes)
    for (const byte of [...DESCRIBED, section, constructor]) this.#byte(byte)
    const mark = this.#length
    this.#length += lengthBytes
    return mark
  }

  #text(text: string, short: number, long: number): void {
    // Three bytes for a UTF-16 unit is the most that UTF-8 needs.
    const most = text.length * 3
    this.#reserve(5 + most)
    const isShort = most <= SHORT || Buffer.byteLength(text) <= SHORT
    const header = isShort ? 2 : 5
    const bytes = this.#buffer.write(text, this.#length + header)
    this.#buffer[this.#length] = isShort ? short : long
    if (isShort) this.#buffer[this.#length + 1] = bytes
    else this.#buffer.writeUInt32BE(bytes, this.#length + 1)
    this.#length += header + bytes
  }

  #byte(value: number): void {
    this.#reserve(1)
    this.#buffer[this.#length++] = value
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + bytes))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}
