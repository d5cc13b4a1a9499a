import { expect, it } from 'vitest'
import { RecordSlabs } from '../../src/encoding/record-slabs.js'

it('gives every record bytes of its own, small ones side by side', () => {
  const slabs = new RecordSlabs()
  const lengths = [10, 40_000, 0, 30_000, 70_000, 5, 33_000, 32_768]
  const buffers = lengths.map((length, n) => slabs.take(length).fill(n + 1))
  expect(buffers.map(({ length }) => length)).toEqual(lengths)
  expect(buffers.every((bytes, n) => bytes.every((byte) => byte === n + 1))).toBe(true)
  expect(buffers[0]!.buffer).toBe(buffers[3]!.buffer)
  expect(buffers[0]!.buffer).not.toBe(Buffer.allocUnsafe(1).buffer)
})
