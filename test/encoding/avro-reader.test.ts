import avsc from 'avsc'
import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { readAvroObject } from '../../src/encoding/avro-reader.js'
import { MillraceError } from '../../src/runtime/errors.js'

const SCHEMA = {
  type: 'record',
  name: 'E',
  fields: [
    { name: 'n', type: 'long' },
    { name: 's', type: ['null', 'string'] },
  ],
}

/** A file of another writer: avsc. */
async function foreignFile(events: { n: number; s: string | null }[], codec: string, blockSize = 100): Promise<Buffer> {
  const encoder = new avsc.streams.BlockEncoder(SCHEMA as avsc.Schema, { codec, blockSize, writeHeader: 'always' })
  const bytes = buffer(encoder)
  for (const event of events) if (!encoder.write(event)) await once(encoder, 'drain')
  encoder.end()
  return bytes
}

const events = Array.from({ length: 50 }, (_, n) => ({ n, s: n % 3 === 0 ? null : `event ${n}` }))

function read(bytes: Buffer): unknown[] {
  return [...readAvroObject(bytes, 'a.avro').events()].map((event) => ({ ...(event as object) }))
}

/** The message of the error; it must be one for people. */
function problemOf(bytes: Buffer): string {
  try {
    read(bytes)
  } catch (error) {
    expect(error).toBeInstanceOf(MillraceError)
    expect((error as MillraceError).code).toBe('NOT_AN_AVRO_FILE')
    return (error as MillraceError).message
  }
  return 'none'
}

describe('readAvroObject', () => {
  it.each(['null', 'deflate'])('reads a file of another writer, codec %s', async (codec) => {
    const bytes = await foreignFile(events, codec)
    const object = readAvroObject(bytes, 'a.avro')
    expect(object).toMatchObject({ codec, schema: SCHEMA })
    expect(read(bytes)).toEqual(events)
  })

  it('reads a file without events', async () => {
    expect(read(await foreignFile([], 'null'))).toEqual([])
  })

  it('reads longs beyond 2^53 as they are', async () => {
    const bytes = await foreignFile([{ n: 2 ** 40, s: null }], 'null')
    const value = bytes.indexOf(Buffer.from('808080808040', 'hex'))
    expect(value).toBeGreaterThan(0)
    // 2^40 takes 6 bytes, 2^62 takes 10: the block is put together anew.
    const body = Buffer.from('80808080808080808001' + '00', 'hex')
    const head = bytes.subarray(0, value - 2)
    const sync = bytes.subarray(-16)
    const changed = Buffer.concat([head, Buffer.from([2, body.length * 2]), body, sync])
    expect(read(changed)).toEqual([{ n: 2n ** 62n, s: null }])
  })

  it.each([
    ['empty', Buffer.alloc(0), 'it ends early, in its first bytes'],
    ['text', Buffer.from('{"id": 1}'), 'it does not begin like one'],
    ['the first bytes alone', Buffer.from('Obj\x01'), 'it ends early, in the header'],
    [
      'a header without end',
      Buffer.from('Obj\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff', 'latin1'),
      'more than 64 bits',
    ],
    ['a header of negative lengths', Buffer.from('Obj\x01\x02\x01', 'latin1'), 'a negative length'],
  ])('tells what is wrong: %s', (_name, bytes, problem) => {
    expect(problemOf(bytes)).toMatch(/^a\.avro is no complete Avro object file: /)
    expect(problemOf(bytes)).toContain(problem)
  })

  it('tells every place where a file can end early', async () => {
    const bytes = await foreignFile(events, 'null')
    const wholeBlocks = new Set<string>()
    for (let length = 0; length < bytes.length; length++) {
      const problem = problemOf(bytes.subarray(0, length))
      // Cut between two blocks it is a shorter, complete file: nothing in the format tells.
      if (problem === 'none') wholeBlocks.add(bytes.subarray(length - 16, length).toString('hex'))
      else expect(problem).toContain('it ends early, in ')
    }
    expect([...wholeBlocks]).toEqual([bytes.subarray(-16).toString('hex')])
  })

  it('tells a damaged sync marker', async () => {
    const bytes = await foreignFile(events, 'null')
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    expect(problemOf(bytes)).toMatch(/the block at byte \d+ does not end with the sync marker$/)
  })

  it.each([
    ['fewer', 98],
    ['more', 102],
  ])('tells a block that counts %s events than it holds', async (_name, count) => {
    const bytes = await foreignFile(events, 'null', 10_000)
    const start = bytes.indexOf(bytes.subarray(-16)) + 16
    expect(bytes[start]).toBe(100)
    bytes[start] = count
    expect(problemOf(bytes)).toMatch(/the block at byte \d+ is damaged$/)
  })

  it('tells a damaged compressed block', async () => {
    const bytes = await foreignFile(events, 'deflate', 10_000)
    bytes.fill(0xff, bytes.length - 60, bytes.length - 16)
    expect(problemOf(bytes)).toMatch(/the block at byte \d+ is damaged$/)
  })

  it('tells a codec it cannot read, and a schema that is none', async () => {
    const bytes = await foreignFile(events, 'null')
    const withCodec = Buffer.from(
      bytes.toString('latin1').replace('\u0014avro.codec\u0008null', '\u0014avro.codec\u0008zstd'),
      'latin1',
    )
    expect(problemOf(withCodec)).toContain('its codec is zstd: null and deflate can be read')
    const withSchema = Buffer.from(bytes.toString('latin1').replace('"record"', '"recorx"'), 'latin1')
    expect(problemOf(withSchema)).toContain('the schema in its header is invalid')
  })
})
