import { expect, test } from 'vitest'
import { crc32c } from '../../src/source/crc32c.js'
import fc from '../support/properties.js'

// RFC 3720, appendix B.4; the last one is the check value of the CRC catalogue.
test.each([
  ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
  ['32 ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['ascending', Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
  ['descending', Buffer.from(Array.from({ length: 32 }, (_, i) => 31 - i)), 0x113fdb5c],
  ['check value', Buffer.from('123456789'), 0xe3069283],
  ['nothing', Buffer.alloc(0), 0],
])('%s', (_, bytes, expected) => {
  expect(crc32c(bytes)).toBe(expected)
})

test('any part of any memory, as bit by bit', () => {
  const bytes = fc.uint8Array({ maxLength: 200 })
  const cut = fc.nat({ max: 200 })
  fc.assert(
    fc.property(bytes, cut, cut, (array, a, b) => {
      const whole = Buffer.concat([Buffer.alloc(1), array])
      const [start, end] = [Math.min(a, b, whole.length), Math.min(Math.max(a, b), whole.length)]
      expect(crc32c(whole, start, end)).toBe(bitByBit(whole.subarray(start, end)))
    }),
  )
})

function bitByBit(bytes: Buffer): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return ~crc >>> 0
}
