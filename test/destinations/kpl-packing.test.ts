import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { RecordPayload } from '../../src/destinations/destination.js'
import { plainEntry } from '../../src/destinations/kinesis-entry.js'
import { packEntries } from '../../src/destinations/kpl-packing.js'
import { recordOf } from './stream-conformance.js'

const MAGIC = 'f3899ac2'
const isAggregated = (data: Buffer) => data.subarray(0, 4).toString('hex') === MAGIC
const md5 = (bytes: Buffer | string) => createHash('md5').update(bytes).digest()

/** All of one key, and so of one bucket. */
const ofOneKey = (count: number, size: number) =>
  Array.from({ length: count }, (_, index) => recordOf('k', index, size))

describe('packing', () => {
  test('records of one key are one aggregated record, in their order', () => {
    const records = ofOneKey(3, 5)
    const [entry, ...more] = packEntries(records)
    expect(more).toEqual([])
    expect(entry?.records).toEqual(records)
    // By hand, after aggregation-format.md: a table of keys, a table of hash keys, and records that point into them.
    const hashKey = ((BigInt(md5('k').readUInt8(0)) >> 2n) << 122n).toString()
    const keyTable = Buffer.concat([Buffer.from([0x0a, 1]), Buffer.from('k')])
    const hashTable = Buffer.concat([Buffer.from([0x12, hashKey.length]), Buffer.from(hashKey)])
    const users = records.flatMap(({ bytes }) => [Buffer.from([0x1a, 11, 0x08, 0, 0x10, 0, 0x1a, 5]), bytes])
    const message = Buffer.concat([keyTable, hashTable, ...users])
    expect(entry?.data).toEqual(Buffer.concat([Buffer.from(MAGIC, 'hex'), message, md5(message)]))
    expect([entry?.partitionKey, entry?.hashKey, entry?.bytes]).toEqual(['a', hashKey, (entry?.data.length ?? 0) + 1])
  })

  test('a record that is alone is sent as it is, with its key and the hash key of its bucket', () => {
    const [alone, together] = [packEntries(ofOneKey(1, 5)), packEntries(ofOneKey(2, 5))]
    expect(alone.map(({ data, partitionKey }) => [data.toString(), partitionKey])).toEqual([['0#k;0', 'k']])
    expect(alone[0]?.hashKey).toBe(together[0]?.hashKey)
  })

  test('aggregated records have at most 50 KiB; one event beyond is sent as it is, in its place', () => {
    const records = [...ofOneKey(40, 5000), recordOf('k', 40, 60_000), ...ofOneKey(3, 5000)]
    const entries = packEntries(records)
    expect(entries.map(({ records }) => records.length)).toEqual([10, 10, 10, 10, 1, 3])
    expect(entries.map(({ data }) => isAggregated(data))).toEqual([true, true, true, true, false, true])
    expect(entries.flatMap(({ records }) => records)).toEqual(records)
    for (const { data } of entries.filter((entry) => isAggregated(entry.data)))
      expect(data.length).toBeLessThanOrEqual(51_200)
  })

  test('to the byte: what fills an aggregated record is in it, one byte more is not', () => {
    const frame = packEntries(ofOneKey(2, 25_000))[0]?.data.length ?? 0
    const room = 51_200 - (frame - 25_000)
    const fits = (size: number) => packEntries([recordOf('k', 0, 25_000), recordOf('k', 1, size)]).length === 1
    expect([fits(room), fits(room + 1)]).toEqual([true, false])
  })

  test('a stream that takes less gets smaller aggregated records: none is refused for what was packed together', () => {
    const records = [...ofOneKey(40, 500), recordOf('k', 40, 4000), ...ofOneKey(3, 500)]
    const entries = packEntries(records, 4096)
    expect(entries.flatMap(({ records }) => records)).toEqual(records)
    expect(entries.map(({ records }) => records.length)).toEqual([7, 7, 7, 7, 7, 5, 1, 3])
    expect(Math.max(...entries.map(({ bytes }) => bytes))).toBeLessThanOrEqual(4096)
  })

  test('to the byte: an aggregated record with its key is as large as the stream takes', () => {
    const { bytes } = packEntries(ofOneKey(2, 500))[0]!
    expect([bytes, bytes - 1].map((most) => packEntries(ofOneKey(2, 500), most).length)).toEqual([1, 2])
  })

  test('every key has one bucket, every bucket one hash key, and all 64 are used', () => {
    const records = Array.from({ length: 2000 }, (_, index) => recordOf(`user-${index % 1000}`, index, 20))
    const entries = packEntries(records)
    expect(new Set(entries.map(({ hashKey }) => hashKey)).size).toBe(64)
    expect(new Set(entries.map(({ queue }) => queue)).size).toBe(64)
    const bucketOf = new Map<string | null, string>()
    for (const { records, hashKey = '' } of entries) {
      for (const { partitionKey } of records) {
        expect(bucketOf.get(partitionKey) ?? hashKey).toBe(hashKey)
        bucketOf.set(partitionKey, hashKey)
      }
    }
    expect(bucketOf.size).toBe(1000)
  })

  test('records without a key are spread', () => {
    const records = Array.from({ length: 500 }, (_, index) => recordOf(null, index, 20))
    expect(packEntries(records).length).toBeGreaterThan(50)
    expect(new Set(records.map((record: RecordPayload) => plainEntry(record).partitionKey)).size).toBe(500)
  })
})
