import { describe, expect, test } from 'vitest'
import { BatchPacker, hubKey } from '../../src/destinations/event-hubs-batch.js'
import { readBatch } from '../support/event-hubs-peer-events.js'
import { recordOf } from './stream-conformance.js'
import fc from '../support/properties.js'

const packer = new BatchPacker()
const generous = { bytes: 1024 * 1024, events: 1000 }

test('another implementation of AMQP reads every text, of any length and any characters', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 300 })
  const number = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
  const properties = fc.record({
    ...{ event_type: text, event_id: text, kafka_topic: text },
    ...{ schema_id: number, kafka_partition: number, kafka_offset: number },
  })
  fc.assert(
    fc.property(properties, text, fc.uint8Array({ maxLength: 600 }), (drawn, key, bytes) => {
      const record = { ...recordOf(key, 0), bytes: Buffer.from(bytes), properties: drawn }
      const batch = packer.pack([record], 0, key, generous)
      const [event] = readBatch(batch?.bytes ?? Buffer.alloc(0)).events
      expect(event).toEqual({
        ...{ partitionKey: key, body: record.bytes, contentType: 'avro/binary', durable: true, properties: drawn },
        messageId: drawn.event_id.length <= 128 ? drawn.event_id : undefined,
      })
    }),
    { numRuns: 200 },
  )
})

test('numbers are longs whatever their value, so that readers find one type', () => {
  for (const offset of [0, 1, 2 ** 31, 2 ** 53 - 1]) {
    const record = recordOf(null, 0)
    const properties = { ...record.properties, kafka_offset: offset }
    const { bytes } = packer.pack([{ ...record, properties }], 0, null, generous) ?? { bytes: Buffer.alloc(0) }
    const value = bytes.indexOf('kafka_offset') + 'kafka_offset'.length
    // 0x81: a long of 8 bytes (AMQP 1.0, part 1, section 1.6.7).
    expect([bytes[value], bytes.readBigInt64BE(value + 1)]).toEqual([0x81, BigInt(offset)])
  }
})

describe('the size of a batch', () => {
  const records = Array.from({ length: 20 }, (_, nth) => recordOf('user', nth, 100 + nth * 37))

  test('as many as fit, to the byte', () => {
    for (let count = 1; count <= records.length; count++) {
      const whole = packer.pack(records.slice(0, count), 0, 'user', generous)
      const size = whole?.bytes.length ?? 0
      expect(packer.pack(records, 0, 'user', { bytes: size, events: 100 })?.count).toBe(count)
      expect(packer.pack(records, 0, 'user', { bytes: size - 1, events: 100 })?.count ?? 0).toBe(count - 1)
    }
  })

  test('goes on where the one before has ended', () => {
    const second = packer.pack(records, 7, 'user', { ...generous, events: 5 })
    expect(readBatch(second?.bytes ?? Buffer.alloc(0)).events.map(({ body }) => body)).toEqual(
      records.slice(7, 12).map(({ bytes }) => bytes),
    )
  })

  test('a batch that was given out is not changed by the next', () => {
    const first = packer.pack(records, 0, 'user', generous)
    const before = Buffer.from(first?.bytes ?? [])
    packer.pack(records, 10, 'user', generous)
    expect(first?.bytes.equals(before)).toBe(true)
  })
})

test('a key that is too long for Event Hubs is replaced by its SHA-256', () => {
  const longest = 'k'.repeat(128)
  expect(hubKey(longest)).toBe(longest)
  expect(hubKey(`${longest}k`)).toMatch(/^[0-9a-f]{64}$/)
  expect(hubKey(`${longest}k`)).not.toBe(hubKey(`${longest}l`))
})
