import { createRequire } from 'node:module'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import lz4 from 'lz4js'
import snappy from 'snappyjs'
import { compress as zstd, init } from '@bokuweb/zstd-wasm'
import { loadCodecs, type Codecs } from '../../src/source/codecs.js'
import { crc32c } from '../../src/source/crc32c.js'
import { openBatches } from '../../src/source/record-batches.js'
import { encodeRecordBatch } from '../../src/source/record-encoder.js'
import type { RecordChunk, StoredRecord } from '../../src/source/source.js'
import fc from '../support/properties.js'

let codecs: Codecs
beforeAll(async () => {
  codecs = await loadCodecs()
  await init()
})

const record = (value: string | null, headers: StoredRecord['headers'] = [], key: string | null = null) => ({
  key: key === null ? null : Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
  headers,
})

/** A batch of records at `offset`, changed by `change` before its checksum is computed. */
function batchAt(offset: number, records: StoredRecord[], change: (batch: Buffer) => void = () => {}): Buffer {
  const batch = encodeRecordBatch(records, 1_000)
  batch.writeBigInt64BE(BigInt(offset), 0)
  change(batch)
  batch.writeUInt32BE(crc32c(batch, 21), 17)
  return batch
}

function compressedBatch(codec: number, compress: (bytes: Buffer) => Uint8Array, records: StoredRecord[]): Buffer {
  const plain = encodeRecordBatch(records, 1_000)
  const batch = Buffer.concat([plain.subarray(0, 61), compress(plain.subarray(61))])
  batch.writeInt32BE(batch.length - 12, 8)
  batch.writeInt16BE(codec, 21)
  batch.writeUInt32BE(crc32c(batch, 21), 17)
  return batch
}

const transactional =
  (producerId: number, attributes = 16) =>
  (batch: Buffer) => {
    batch.writeInt16BE(attributes, 21)
    batch.writeBigInt64BE(BigInt(producerId), 43)
  }
const CONTROL_OF_TRANSACTION = 16 | 32

function read(records: Buffer, from = 0, aborted: { producerId: number; firstOffset: number }[] = []) {
  const { chunk, problem } = openBatches({ records, aborted }, from, codecs)
  return { next: chunk.next, offsets: offsetsOf(chunk), values: valuesOf(chunk), problem: problem?.code }
}

function valuesOf(chunk: RecordChunk): (string | null)[] {
  const values: (string | null)[] = []
  chunk.forEach(({ bytes, valueStart, valueEnd }) =>
    values.push(valueStart < 0 ? null : bytes.toString('utf8', valueStart, valueEnd)),
  )
  return values
}

function offsetsOf(chunk: RecordChunk): number[] {
  const offsets: number[] = []
  chunk.forEach(({ offset }) => offsets.push(offset))
  return offsets
}

describe('records', () => {
  const bytes = fc.option(fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)))
  const stored = fc.record({
    key: bytes,
    value: bytes,
    headers: fc.array(fc.record({ name: fc.string({ unit: 'binary', maxLength: 10 }), value: bytes }), {
      maxLength: 4,
    }),
  })

  test('come back as they were encoded', () => {
    fc.assert(
      fc.property(fc.array(stored, { minLength: 1, maxLength: 20 }), (records) => {
        const { chunk } = openBatches({ records: batchAt(7, records), aborted: [] }, 7, codecs)
        const seen: StoredRecord[] = []
        chunk.forEach((view) => {
          const copy = view.copy()
          for (const { name } of copy.headers) {
            expect(view.header(name)).toEqual(
              copy.headers.findLast((header) => header.name === name)?.value ?? undefined,
            )
          }
          seen.push(copy)
        })
        expect(seen).toEqual(records)
      }),
    )
  })

  test('of a batch that kafkajs encoded', async () => {
    const require = createRequire(import.meta.url)
    const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0') as {
      RecordBatch(this: void, options: object): Promise<{ buffer: Buffer }>
    }
    const Record = require('kafkajs/src/protocol/recordBatch/record/v0') as (record: object) => object
    const farDeltaMs = 2 ** 40
    const records = [
      Record({ offsetDelta: 0, key: Buffer.from('k'), value: Buffer.from('eins'), headers: { h: Buffer.from('é') } }),
      Record({ offsetDelta: 1, timestampDelta: farDeltaMs, key: null, value: null }),
      Record({ offsetDelta: 2, timestampDelta: -farDeltaMs, key: null, value: Buffer.alloc(5_000, 65) }),
    ]
    const options = { records, firstTimestamp: 5_000, maxTimestamp: 5_000, lastOffsetDelta: 2 }
    const { buffer } = await RecordBatch(options)
    const { chunk, problem } = openBatches({ records: buffer, aborted: [] }, 0, codecs)
    expect(problem).toBeUndefined()
    const seen: unknown[] = []
    chunk.forEach((r) => seen.push([r.offset, r.timestampMs, String(r.header('h')), r.copy().value?.length]))
    expect(seen).toEqual([
      [0, 5_000, 'é', 4],
      [1, 5_000 + farDeltaMs, 'undefined', undefined],
      [2, 5_000 - farDeltaMs, 'undefined', 5_000],
    ])
  })

  test('the last of several headers of one name counts, and one without a value is none', () => {
    const headers = [
      { name: 'type', value: Buffer.from('first') },
      { name: 'typ', value: Buffer.from('other') },
      { name: 'type', value: Buffer.from('last') },
      { name: 'none', value: null },
    ]
    const { chunk } = openBatches({ records: batchAt(0, [record('v', headers)]), aborted: [] }, 0, codecs)
    chunk.forEach((view) => {
      expect(view.header('type')?.toString()).toBe('last')
      expect(view.header('none')).toBeUndefined()
      expect(view.header('types')).toBeUndefined()
    })
    expect.assertions(3)
  })

  test('a batch that begins before what was asked for: earlier records are left out', () => {
    expect(read(batchAt(10, [record('a'), record('b'), record('c')]), 11)).toMatchObject({
      offsets: [11, 12],
      next: 13,
    })
  })

  test('where the topic stamps records itself, that instant counts', () => {
    const batch = batchAt(0, [record('a')], (b) => {
      b.writeInt16BE(8, 21)
      b.writeBigInt64BE(99_000n, 35)
    })
    openBatches({ records: batch, aborted: [] }, 0, codecs).chunk.forEach((r) => expect(r.timestampMs).toBe(99_000))
    expect.assertions(1)
  })

  test('offsets beyond 32 bits', () => {
    const far = 2 ** 40 + 5
    expect(read(batchAt(far, [record('a'), record('b')]), far)).toMatchObject({
      offsets: [far, far + 1],
      next: far + 2,
    })
  })
})

describe('batches', () => {
  test('a batch that is cut off is left for the next fetch, wherever it is cut', () => {
    const first = batchAt(0, [record('a')])
    const both = Buffer.concat([first, batchAt(1, [record('b')])])
    for (let end = first.length; end < both.length; end++) {
      expect(read(both.subarray(0, end))).toEqual({ next: 1, offsets: [0], values: ['a'], problem: undefined })
    }
  })

  test('fault 21: a damaged bit anywhere behind the checksum is seen, and nothing after it is handed on', () => {
    const good = batchAt(0, [record('a')])
    for (let at = 21; at < good.length; at++) {
      const bad = Buffer.from(batchAt(1, [record('b')]))
      bad[at]! ^= 4
      const after = batchAt(2, [record('c')])
      const seen = read(Buffer.concat([good, bad, after]))
      expect(seen).toEqual({ next: 1, offsets: [0], values: ['a'], problem: 'KAFKA_CORRUPT_RECORDS' })
    }
  })

  test.each([0, 1])('message format %i is refused by name', (magic) => {
    const old = batchAt(0, [record('a')], (b) => (b[16] = magic))
    expect(read(old)).toMatchObject({ next: 0, problem: 'KAFKA_OLD_FORMAT' })
  })

  test('an unknown codec: what comes before it is handed on, the rest waits', () => {
    const unknown = batchAt(1, [record('b')], (b) => b.writeInt16BE(5, 21))
    const seen = read(Buffer.concat([batchAt(0, [record('a')]), unknown]))
    expect(seen).toMatchObject({ next: 1, values: ['a'], problem: 'KAFKA_UNKNOWN_CODEC' })
  })

  test('control batches and aborted transactions are invisible, committed ones are not', () => {
    const batches = Buffer.concat([
      batchAt(0, [record('aborted 1')], transactional(1)),
      batchAt(1, [record('committed 2')], transactional(2)),
      batchAt(2, [record('plain')]),
      batchAt(3, [record('abort marker 1')], transactional(1, CONTROL_OF_TRANSACTION)),
      batchAt(4, [record('commit marker 2')], transactional(2, CONTROL_OF_TRANSACTION)),
      batchAt(5, [record('committed 1')], transactional(1)),
      batchAt(6, [record('commit marker 1')], transactional(1, CONTROL_OF_TRANSACTION)),
    ])
    const seen = read(batches, 0, [{ producerId: 1, firstOffset: 0 }])
    expect(seen).toMatchObject({ values: ['committed 2', 'plain', 'committed 1'], next: 7 })
  })

  test('offsets of what is invisible are accounted for', () => {
    const marker = batchAt(5, [record('marker')], transactional(1, CONTROL_OF_TRANSACTION))
    expect(read(marker, 5)).toMatchObject({ offsets: [], next: 6, problem: undefined })
  })
})

describe('codecs', () => {
  const records = [record('x'.repeat(2_000)), record(null), record('ü')]
  const xerial = (bytes: Buffer) => {
    const header = Buffer.from('82534e4150505900' + '00000001' + '00000001', 'hex')
    const blocks = [bytes.subarray(0, 100), bytes.subarray(100)].map((part) => snappy.compress(part))
    const lengths = blocks.map(({ length }) => Buffer.from([0, 0, length >> 8, length & 255]))
    return Buffer.concat([header, lengths[0]!, blocks[0]!, lengths[1]!, blocks[1]!])
  }

  test.each([
    ['gzip', 1, gzipSync],
    ['snappy', 2, (bytes: Buffer) => snappy.compress(bytes)],
    ['snappy as the Java client frames it', 2, xerial],
    ['lz4', 3, (bytes: Buffer) => lz4.compress(bytes)],
    ['zstd', 4, (bytes: Buffer) => zstd(bytes)],
  ] as const)('%s', (_, codec, compress) => {
    const seen = read(compressedBatch(codec, compress, records))
    expect(seen).toMatchObject({ values: ['x'.repeat(2_000), null, 'ü'], next: 3, problem: undefined })
  })

  test('content that is not what its codec says', () => {
    const broken = compressedBatch(1, () => Buffer.from('not gzip'), records)
    expect(read(broken)).toMatchObject({ next: 0, problem: 'KAFKA_CORRUPT_RECORDS' })
  })
})
