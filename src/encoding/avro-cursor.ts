/** Reads the primitives of an Avro body one after the other, exactly. For bodies that were encoded here: nothing is checked. */
export class AvroCursor {
  position = 0

  constructor(readonly bytes: Buffer) {}

  readByte(): number {
    return this.bytes.readUInt8(this.position++)
  }

  /** A zigzag number of 7 bits a byte (Avro specification: int and long); a bigint where a number may not be exact. */
  readLong(): number | bigint {
    const start = this.position
    let value = 0
    // Seven bytes carry 49 bits, which a number holds exactly.
    for (let factor = 1; factor <= 128 ** 6; factor *= 128) {
      const byte = this.readByte()
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    }
    this.position = start
    return this.#readBigLong()
  }

  /** A number that is small: a length, a count, an index. */
  readSize(): number {
    return Number(this.readLong())
  }

  readFloat(): number {
    this.position += 4
    return this.bytes.readFloatLE(this.position - 4)
  }

  readDouble(): number {
    this.position += 8
    return this.bytes.readDoubleLE(this.position - 8)
  }

  /** The next bytes as text: UTF-8, or a character of the same number for each. */
  readText(byteLength: number, encoding: 'utf8' | 'latin1'): string {
    this.position += byteLength
    return this.bytes.toString(encoding, this.position - byteLength, this.position)
  }

  #readBigLong(): bigint {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.readByte()
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return (value >> 1n) ^ -(value & 1n)
    }
  }
}
