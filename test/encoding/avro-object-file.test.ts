import { describe, expect, it } from 'vitest'
import { avroObjectFile } from '../../src/encoding/avro-object-file.js'
import { readAvroObject } from '../../src/encoding/avro-reader.js'
import type { ObjectIdentity } from '../../src/range/object-encoder.js'
import { sampleObject } from '../support/encoded-objects.js'
import { eventually } from '../support/eventually.js'
import fc from '../support/properties.js'
import { seededRandom } from '../support/seeded-random.js'
import { builtInCatalogue } from '../support/transcoding.js'

const CODECS = ['null', 'deflate'] as const

/** Events that are one string each: their bytes are easily made here. */
const identity: ObjectIdentity = {
  connector: 'archive',
  topic: 'events',
  partition: 3,
  schema: {
    eventType: 'a.B',
    schemaId: 2,
    isFirst: false,
    json: '{"type":"record","name":"B","fields":[{"name":"s","type":"string"}]}',
  },
  hour: 498_000,
  firstOffset: 100,
}

function stringEvent(text: string): Buffer {
  const body = Buffer.from(text)
  const { length } = body
  const head = length < 64 ? [length * 2] : length < 8192 ? [((length * 2) & 0x7f) | 0x80, length >> 6] : null
  if (head) return Buffer.concat([Buffer.from(head), body])
  const bytes: number[] = []
  for (let rest = length * 2; ; rest = Math.floor(rest / 128)) {
    bytes.push((rest % 128) + (rest > 127 ? 128 : 0))
    if (rest <= 127) return Buffer.concat([Buffer.from(bytes), body])
  }
}

/** Encodes and follows the memory account; `held` and `most` are in bytes. */
function encodeStrings(codec: 'null' | 'deflate', texts: readonly string[], of: Partial<ObjectIdentity> = {}) {
  const memory = { held: 0, most: 0 }
  const encoder = avroObjectFile({ codec })({ ...identity, ...of }, (deltaBytes) => {
    memory.held += deltaBytes
    memory.most = Math.max(memory.most, memory.held)
  })
  for (const [index, text] of texts.entries()) {
    const body = stringEvent(text)
    encoder.append(body, body.length, 100 + index * 2)
  }
  return { encoder, memory }
}

async function fileOf(codec: 'null' | 'deflate', texts: readonly string[], of: Partial<ObjectIdentity> = {}) {
  const { encoder } = encodeStrings(codec, texts, of)
  encoder.close()
  return encoder.body()
}

const stringsIn = (bytes: Buffer) =>
  [...readAvroObject(bytes, 'test').events()].map((event) => (event as { s: string }).s)

describe.each(CODECS)('an object file with codec %s', (codec) => {
  it('holds every event, in order, of any size', async () => {
    const texts = [
      'a',
      '',
      'x'.repeat(63),
      'y'.repeat(64),
      'z'.repeat(300_000),
      ...Array.from({ length: 2000 }, (_, n) => `event ${n} ü`.repeat(20)),
    ]
    expect(stringsIn(await fileOf(codec, texts))).toEqual(texts)
  })

  it('holds what was appended, whatever it was', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'binary', maxLength: 5000 }), { minLength: 1 }), async (texts) => {
        expect(stringsIn(await fileOf(codec, texts))).toEqual(texts)
      }),
      { numRuns: 30 },
    )
  })

  it('says in its header where it comes from', async () => {
    const { metadata } = readAvroObject(await fileOf(codec, ['a', 'b', 'c']), 'test')
    expect(Object.fromEntries(metadata)).toEqual({
      'avro.schema': identity.schema.json,
      'avro.codec': codec,
      'millrace.connector': 'archive',
      'millrace.topic': 'events',
      'millrace.partition': '3',
      'millrace.first-offset': '100',
      'millrace.last-offset': '104',
    })
  })

  it('is the same bytes for the same events', async () => {
    const texts = Array.from({ length: 5000 }, (_, n) => `event ${n} `.repeat(10))
    const [first, second] = await Promise.all([fileOf(codec, texts), fileOf(codec, texts)])
    expect(first.equals(second)).toBe(true)
  })

  it('gives its body again, the same', async () => {
    const { encoder } = encodeStrings(codec, ['a', 'b'.repeat(300_000)])
    encoder.close()
    const [first, second] = await Promise.all([encoder.body(), encoder.body()])
    expect(first.equals(second)).toBe(true)
    expect((await encoder.body()).equals(first)).toBe(true)
  })

  it('has another sync marker when anything of its identity differs', async () => {
    const other: Partial<ObjectIdentity>[] = [
      {},
      { connector: 'archive2' },
      { topic: 'events2' },
      { connector: 'archiv', topic: 'eevents' },
      { partition: 4 },
      { hour: 498_001 },
      { firstOffset: 101 },
      { partition: 31, hour: 498_00 },
      { schema: { ...identity.schema, schemaId: 3 } },
      { schema: { ...identity.schema, eventType: 'a.C' } },
    ]
    const markers = await Promise.all(
      other.map(async (of) => (await fileOf(codec, ['a'], of)).subarray(-16).toString('hex')),
    )
    expect(new Set(markers).size).toBe(other.length)
  })

  it('accounts for all memory: little at first, the body alone in the end', async () => {
    const small = encodeStrings(codec, ['a'])
    expect(small.memory.held).toBe(1024 + 640)
    small.encoder.close()
    const body = await small.encoder.body()
    expect(small.memory.held).toBe(body.length + 640)

    const large = encodeStrings(codec, Array<string>(3000).fill('event '.repeat(100)))
    large.encoder.close()
    const largeBody = await large.encoder.body()
    expect(large.memory.held).toBe(largeBody.length + 640)
    expect(large.encoder.encodedBytes).toBe(largeBody.length)
  })

  it('has no body before it is closed, and none without events', () => {
    expect(() => encodeStrings(codec, ['a']).encoder.body()).toThrow('when it is closed')
    const { encoder } = encodeStrings(codec, [])
    encoder.close()
    expect(() => encoder.body()).toThrow('not empty')
  })
})

describe('blocks', () => {
  it('end with the event that reaches 256 KiB, and count what they hold', () => {
    const { encoder, memory } = encodeStrings('null', ['x'.repeat(262_000)])
    // A full block's buffer has room for the event that ends it.
    expect(memory.held).toBe(272 * 1024 + 640)
    expect([encoder.encodedBytes, encoder.events]).toEqual([262_003, 1])
    const event = stringEvent('y'.repeat(1000))
    encoder.append(event, event.length, 101)
    expect(memory.held).toBe(272 * 1024 + 640)
    encoder.append(event, event.length, 102)
    // An object that has filled a block begins the next with a full one's buffer.
    expect(memory.held).toBe(2 * 272 * 1024 + 640)
    expect([encoder.encodedBytes, encoder.events]).toEqual([262_003 + 2 * 1002, 3])
  })

  it('are compressed while the object grows: memory holds compressed bytes', async () => {
    const { encoder, memory } = encodeStrings('deflate', ['x'.repeat(300_000), 'y'.repeat(300_000)])
    expect(memory.held).toBeGreaterThan(600_000)
    await eventually(() => memory.held < 5_000)
    expect(encoder.encodedBytes).toBeLessThan(5_000)
    expect(encoder.events).toBe(2)
  })
})

describe('real events', () => {
  it.each(CODECS)('are read back as they were made, codec %s', async (codec) => {
    const catalogue = await builtInCatalogue()
    const random = seededRandom(11)
    const { bytes, expected } = await sampleObject(catalogue, 'users.messages.email.Open', {
      codec,
      events: 2000,
      random,
    })
    const events = [...readAvroObject(bytes, 'test').events()].map((event) => ({ ...(event as object) }))
    expect(events).toEqual(expected)
  })
})
