import avsc from 'avsc'
import { describe, expect, it } from 'vitest'
import { AvroWriter } from '../../src/events/avro-writer.js'
import fc from '../support/properties.js'

/** What a writer of 1 byte, which has to grow at once, has appended. */
function written(write: (out: AvroWriter) => void): Buffer {
  const out = new AvroWriter(1)
  write(out)
  return out.bytes.subarray(0, out.length)
}

const avro = (schema: string, value: unknown) => avsc.Type.forSchema(schema).toBuffer(value)

describe('AvroWriter', () => {
  it('writes ints as avsc does', () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        expect(written((out) => out.writeInt(value))).toEqual(avro('int', value))
      }),
      { examples: [[0], [-1], [63], [64], [-64], [-65], [2 ** 31 - 1], [-(2 ** 31)]] },
    )
  })

  it('writes longs as avsc does, up to where numbers are exact', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const expected =
          Math.abs(value) < 2 ** 52 ? avro('long', value) : written((out) => out.writeBigLong(BigInt(value)))
        expect(written((out) => out.writeLong(value))).toEqual(expected)
      }),
      { examples: [[2 ** 31], [-(2 ** 31) - 1], [Number.MAX_SAFE_INTEGER], [Number.MIN_SAFE_INTEGER]] },
    )
  })

  it.each([
    [2n ** 63n - 1n, 'feffffffffffffffff01'],
    [-(2n ** 63n), 'ffffffffffffffffff01'],
    [-1n, '01'],
    [9007199254740993n, '8280808080808020'],
  ])('writes %s in the 64-bit form', (value, hex) => {
    expect(written((out) => out.writeBigLong(value)).toString('hex')).toBe(hex)
  })

  it('writes floats and doubles as avsc does', () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        expect(written((out) => out.writeFloat(value))).toEqual(avro('float', value))
        expect(written((out) => out.writeDouble(value))).toEqual(avro('double', value))
      }),
    )
  })

  it('writes strings of any length and script as avsc does', () => {
    const strings = fc.oneof(fc.string({ maxLength: 200 }), fc.string({ unit: 'binary', maxLength: 200 }))
    fc.assert(
      fc.property(strings, (value) => {
        expect(written((out) => out.writeString(value))).toEqual(avro('string', value))
      }),
      { examples: [[''], ['x'.repeat(63)], ['x'.repeat(64)], ['ä'.repeat(63)], ['😀'.repeat(40)]] },
    )
  })

  it.each(['\ud800', 'short \udc00 text', `${'long '.repeat(30)}\ud83d`])('refuses a lone surrogate', (text) => {
    const out = new AvroWriter()
    expect(out.writeString(text)).toBe(false)
    expect(out.length).toBe(0)
  })

  it('keeps what it has when it grows', () => {
    const bytes = written((out) => {
      for (let index = 0; index < 1000; index++) out.writeByte(index & 0xff)
      out.writeBytes(Buffer.from('end'))
    })
    expect(bytes).toHaveLength(1003)
    expect(bytes[999]).toBe(999 & 0xff)
    expect(bytes.subarray(1000).toString()).toBe('end')
  })
})
