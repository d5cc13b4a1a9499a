import { describe, expect, it } from 'vitest'
import type { SchemaVersion } from '../../src/events/catalogue.js'
import type { EncodedEvent, SchemaPins } from '../../src/events/transcoder.js'
import { encodeMetadata, MAX_METADATA_CHARS, type CredentialMarks } from '../../src/range/commit-metadata.js'
import { OpenRange, type RangeParts } from '../../src/range/open-range.js'
import type { OpenObject } from '../../src/range/object-encoder.js'
import type { RecordView } from '../../src/source/source.js'
import fc from '../support/properties.js'

const plan = { folder: 'f', cluster: 'c', zone: 'z', topicInKey: false, codec: 'null' } as const
const HOUR_MS = 3_600_000

const versions = [1, 2].map((schemaId) => ({ eventType: 'x.Y', schemaId, isFirst: schemaId === 1, json: '{}' }))
const other: SchemaVersion = { eventType: 'x.Z', schemaId: 1, isFirst: true, json: '{}' }

interface Written {
  key: string
  offsets: number[]
}

/** A range whose objects list their offsets; the record's value is the event type. */
function openRange(
  first = 0,
  intent: ConstructorParameters<typeof OpenRange>[2] = null,
  makeRecord?: RangeParts['makeRecord'],
) {
  const written: Written[] = []
  let heldBytes = 0
  const parts: RangeParts = {
    connector: 'c',
    topic: 't',
    partition: 3,
    plan,
    transcoder: { transcode: ({ bytes }, pins) => transcode(String(bytes), pins) },
    account: (deltaBytes) => (heldBytes += deltaBytes),
    formats: { null: listing(written, 'null'), deflate: listing(written, 'deflate') },
    makeRecord,
  }
  return { range: new OpenRange(parts, first, intent), written, heldBytes: () => heldBytes }
}

/** Objects that list their offsets in `written`. */
function listing(written: Written[], codec: string): OpenObject {
  return ({ schema, hour, firstOffset }, account) => {
    const key = `${schema.eventType} ${schema.schemaId} ${hour} ${firstOffset} ${codec}`
    const object = { key, offsets: [] as number[] }
    written.push(object)
    return {
      append: (_bytes, length, offset) => {
        object.offsets.push(offset)
        account(length)
      },
      get encodedBytes() {
        return object.offsets.length
      },
      get events() {
        return object.offsets.length
      },
      close: () => undefined,
      body: () => Promise.resolve(Buffer.alloc(0)),
    }
  }
}

function transcode(type: string, pins: SchemaPins | null): ReturnType<RangeParts['transcoder']['transcode']> {
  if (type === 'filtered') return { verdict: 'filtered' }
  if (type === 'tombstone') return { verdict: 'tombstone' }
  if (type === 'rejected') return { verdict: 'rejected', rejection: { reason: 'NOT_JSON', message: '' } }
  const second = { eventType: type, schemaId: 2, isFirst: false, json: '{}' }
  const schema = type.startsWith('second')
    ? second
    : type === 'x.Z'
      ? other
      : versions[(pins ? (pins.get('x.Y') ?? 1) : 2) - 1]
  const encoded: EncodedEvent = { verdict: 'encoded', schema: schema ?? other, bytes: Buffer.from('ab'), length: 2 }
  return encoded
}

const record = (offset: number, type = 'x.Y', timestampMs = 0): RecordView => ({
  offset,
  timestampMs,
  bytes: Buffer.from(type),
  valueStart: 0,
  valueEnd: type.length,
  header: () => undefined,
  key: () => null,
  copy: () => ({ key: null, value: Buffer.from(type), headers: [] }),
})

const LONGEST_MARKS: CredentialMarks = {
  deliveredAtMs: 1e12,
  failing: { sinceMs: 1e12, place: 'f'.repeat(12), code: 'c'.repeat(64), told: 10 },
}

describe('an open range', () => {
  it('keeps one object per event type, schema version and UTC hour of the Kafka timestamp', () => {
    const { range, written } = openRange(10)
    range.add(record(10, 'x.Y', HOUR_MS - 1))
    range.add(record(11, 'x.Y', HOUR_MS))
    range.add(record(12, 'x.Z', HOUR_MS))
    range.add(record(13, 'x.Y', 0))
    range.add(record(14, 'x.Y', -1))
    expect(written).toEqual([
      { key: 'x.Y 2 0 10 null', offsets: [10, 13, 14] },
      { key: 'x.Y 2 1 11 null', offsets: [11] },
      { key: 'x.Z 1 1 12 null', offsets: [12] },
    ])
  })

  it('binds the intent to schema versions that are not the first of their type', () => {
    const { range } = openRange()
    range.add(record(0, 'x.Y'))
    range.add(record(1, 'x.Z'))
    expect(range.close('age').intent).toEqual({ end: 1, plan, schemas: new Map([['x.Y', 2]]) })
  })

  it('binds it so for records as well, which are made once more when one of them is refused', () => {
    const { range } = openRange(0, null, ({ schema, bytes }, { offset }) => ({
      ...{ offset, schema, eventId: '', partitionKey: null, bytes, contentType: '' },
    }))
    range.add(record(0, 'x.Y'))
    range.add(record(1, 'x.Y'))
    range.add(record(2, 'x.Z'))
    expect(range.close('age').intent.schemas).toEqual(new Map([['x.Y', 2]]))
  })

  it('encodes a recorded range with the codec of its intent and the versions that names, or the first', () => {
    const recorded = { end: 5, plan: { ...plan, codec: 'deflate' as const }, schemas: new Map() }
    const { range, written } = openRange(0, recorded)
    range.add(record(0, 'x.Y'))
    expect(written[0]?.key).toBe('x.Y 1 0 0 deflate')
    expect(range.close('intent').intent).toBe(recorded)
  })

  it('is full when one object is, not when the sum is', () => {
    const limits = { maxEvents: 2, maxEventsUnderLoad: 3, maxBytes: 100 }
    const { range } = openRange()
    range.add(record(0, 'x.Y'))
    range.add(record(1, 'x.Z'))
    expect(range.isFull(limits, false)).toBe(false)
    range.add(record(2, 'x.Y'))
    expect(range.isFull(limits, false)).toBe(true)
    expect(range.isFull(limits, true)).toBe(false)
    range.add(record(3, 'x.Y'))
    expect(range.isFull(limits, true)).toBe(true)
    expect(range.isFull({ ...limits, maxEvents: 99, maxBytes: 3 }, false)).toBe(true)
  })

  it('is full before the schema ids of its intent outgrow what a broker takes', () => {
    const limits = { maxEvents: 1e9, maxEventsUnderLoad: 1e9, maxBytes: 1e9 }
    const { range } = openRange()
    let offset = 0
    while (!range.isFull(limits, true)) range.add(record(offset, `second.${'x'.repeat(80)}${offset++}`))
    const drop = { sinceMs: 1e12, atMs: 1e12, code: 'c'.repeat(64), instance: 'i'.repeat(80), isPartly: false }
    const intent = { ...range.close('events').intent, plan: { ...plan, folder: 'f'.repeat(1024) }, drop }
    expect(intent.schemas.size).toBeGreaterThan(20)
    expect(encodeMetadata({ intent, marks: LONGEST_MARKS }).length).toBeLessThan(MAX_METADATA_CHARS)
  })

  it('gives its memory back once, and ignores compression that ends afterwards', () => {
    const { range, heldBytes } = openRange()
    range.add(record(0))
    range.add(record(1, 'rejected'))
    expect(heldBytes()).toBe(2 + 1024 + 'rejected'.length)
    const closed = range.close('age')
    expect(closed.heldBytes).toBe(heldBytes())
    closed.release()
    expect(heldBytes()).toBe(0)
  })

  it('loses and repeats nothing: every offset is in one object, rejected, filtered, a tombstone or a hole', () => {
    const types = fc.constantFrom('x.Y', 'x.Z', 'filtered', 'tombstone', 'rejected')
    const steps = fc.array(fc.record({ hole: fc.nat(3), type: types, hour: fc.nat(2) }), { maxLength: 60 })
    fc.assert(
      fc.property(fc.nat(1000), steps, (first, list) => {
        const { range, written } = openRange(first)
        const expected: number[] = []
        let offset = first
        for (const { hole, type, hour } of list) {
          offset += hole
          range.add(record(offset, type, hour * HOUR_MS))
          if (type.startsWith('x.')) expected.push(offset)
          offset++
        }
        range.advanceTo(offset)
        const closed = range.close('age')
        expect(closed).toMatchObject({ first, last: offset - 1 })
        const offsets = written.flatMap((object) => object.offsets)
        expect(offsets.sort((a, b) => a - b)).toEqual(expected)
        expect(new Set(written.map(({ key }) => key)).size).toBe(written.length)
        const { events, filtered, tombstones, rejected } = closed.counts
        expect(events + filtered + tombstones + rejected).toBe(list.length)
        expect(closed.rejected.length).toBe(rejected)
      }),
    )
  })
})
