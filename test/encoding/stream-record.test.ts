import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { KAFKA_KEY, RANDOM_KEY } from '../../src/config/configuration.js'
import { streamRecords, textsFor, type StreamRecordParts } from '../../src/encoding/stream-record.js'
import type { TranscoderParts } from '../../src/events/json-transcoder.js'
import type { RangeRecord } from '../../src/range/range-record.js'
import { recordView } from '../support/record-view.js'
import { catalogueOfFields, THING, transcoderOf } from '../support/transcoding.js'

const FIELDS = [
  { name: 'who', type: ['null', 'string'], default: null },
  { name: 'count', type: ['null', 'long'], default: null },
]
const catalogue = catalogueOfFields(FIELDS)

type Parts = Partial<StreamRecordParts> & { fields?: TranscoderParts['fields']; key?: Buffer | null }

/** What becomes of an event of the type `Thing` with these members. */
function made(members: Record<string, unknown>, { fields, key = null, ...given }: Parts = {}) {
  const parts: StreamRecordParts = { format: 'avro', partitionKey: 'who', maxRecordBytes: 1_000, ...given }
  const transcoder = transcoderOf(catalogue, { texts: textsFor(parts), ...(fields && { fields }) })
  const view = {
    ...recordView(JSON.stringify({ event_type: THING, time: 1, ...members }), { offset: 7 }),
    key: () => key,
  }
  const transcoded = transcoder.transcode(view, null)
  if (transcoded.verdict !== 'encoded') throw new Error(`not encoded: ${JSON.stringify(transcoded)}`)
  return streamRecords(parts)(transcoded, view)
}

const keyOf = (...given: Parameters<typeof made>) => (made(...given) as RangeRecord).partitionKey

describe('the bytes of a record', () => {
  it('are a marker, the fingerprint of the schema and the body, byte for byte as fastavro 1.12.1 has them', () => {
    const thing = catalogueOfFields([FIELDS[0]]).get(THING)!.current
    const parts: StreamRecordParts = { format: 'avro', partitionKey: 'who', maxRecordBytes: 1_000 }
    const event = { schema: thing, bytes: Buffer.from('0465310202047531ffff', 'hex'), length: 8, texts: ['e1', 'u1'] }
    const record = streamRecords(parts)({ verdict: 'encoded', ...event }, recordView('{}', { offset: 7 }))
    // fastavro.schema.fingerprint(to_parsing_canonical_form(schema), 'CRC-64-AVRO'), then schemaless_writer
    const bytes = Buffer.from('c301' + 'ca7d13f38481cd49' + '0465310202047531', 'hex')
    expect(record).toEqual({
      ...{ offset: 7, schema: thing, eventId: 'e1', partitionKey: 'u1', contentType: 'avro/binary' },
      bytes,
    })
  })

  it('are a copy: what is transcoded next does not change them', () => {
    const first = made({ id: 'first' }) as RangeRecord
    const before = Buffer.from(first.bytes)
    made({ id: 'other' })
    expect(first.bytes).toEqual(before)
  })

  it('are the flat event as JSON where that is asked for', () => {
    const { bytes, contentType } = made({ id: 'e', count: 3 }, { format: 'json' }) as RangeRecord
    expect(bytes.toString()).toBe(`{"event_type":"${THING}","id":"e","time":1,"count":3}`)
    expect(contentType).toBe('application/json')
  })
})

describe('the partition key', () => {
  it('is the text of its field', () => {
    expect(keyOf({ id: 'e', who: 'ü-1' })).toBe('ü-1')
  })

  it.each([
    ['missing', {}],
    ['null', { who: null }],
    ['empty', { who: '' }],
  ])('is the id of an event whose field is %s', (_what, members) => {
    expect(keyOf({ id: 'e', ...members })).toBe('e')
  })

  it('is what a hashed field goes out with, never what it hides', () => {
    const fields = { remove: [], hash: ['who'] }
    expect(keyOf({ id: 'e', who: 'u' }, { fields })).toBe(createHash('sha256').update('u').digest('hex'))
  })

  it('does not put back what is removed', () => {
    expect(keyOf({ id: 'e', who: 'secret' }, { fields: { remove: ['who'], hash: [] } })).toBe('e')
  })

  it('is the key of the Kafka record, or without one the id', () => {
    const given = { partitionKey: KAFKA_KEY }
    expect(keyOf({ id: 'e' }, { ...given, key: Buffer.from('schlüssel') })).toBe('schlüssel')
    expect(keyOf({ id: 'e' }, { ...given, key: null })).toBe('e')
    expect(keyOf({ id: 'e' }, { ...given, key: Buffer.alloc(0) })).toBe('e')
  })

  it('keeps binary keys apart', () => {
    const keys = [0x80, 0x81, 0xff].map((byte) =>
      keyOf({ id: 'e' }, { partitionKey: KAFKA_KEY, key: Buffer.from([byte]) }),
    )
    expect(new Set(keys).size).toBe(3)
    expect(keys.every((key) => key !== null && key.length > 0)).toBe(true)
  })

  it('is none where the order does not matter', () => {
    expect(keyOf({ id: 'e', who: 'u' }, { partitionKey: RANDOM_KEY })).toBeNull()
  })

  it('is none for an event with an empty id and no field', () => {
    expect(keyOf({ id: '' })).toBeNull()
  })

  it('is the number of a field that holds one, in digits', () => {
    expect(keyOf({ id: 'e', count: 3 }, { partitionKey: 'count' })).toBe('3')
  })
})

describe('the size of a record', () => {
  it('may be what the stream takes, and not a byte more, with the partition key in UTF-8', () => {
    const { bytes } = made({ id: 'e', who: 'ü' }) as RangeRecord
    const size = bytes.length + 2
    expect(made({ id: 'e', who: 'ü' }, { maxRecordBytes: size })).toMatchObject({ partitionKey: 'ü' })
    expect(made({ id: 'e', who: 'ü' }, { maxRecordBytes: size - 1 })).toEqual({
      reason: 'OVERSIZED',
      message: `its record has ${size} bytes with the partition key, the stream takes ${size - 1}`,
    })
  })
})
