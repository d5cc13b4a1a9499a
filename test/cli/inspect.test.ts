import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { inspect } from '../../src/cli/inspect.js'
import { jsonText } from '../../src/cli/json-text.js'
import { MillraceError } from '../../src/runtime/errors.js'
import { sampleObject } from '../support/encoded-objects.js'
import { seededRandom } from '../support/seeded-random.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { builtInCatalogue } from '../support/transcoding.js'

const TYPE = 'users.messages.email.Open'
const catalogue = await builtInCatalogue()
const object = await sampleObject(catalogue, TYPE, { codec: 'deflate', events: 1500, random: seededRandom(5) })

async function inspected(location: string, parts: { json?: boolean; stdin?: Readable; bytes?: Buffer } = {}) {
  const lines: string[] = []
  const { json = false, stdin = Readable.from([]), bytes = object.bytes } = parts
  const readS3 = (uri: string) => (uri === 's3://bucket/key' ? Promise.resolve(bytes) : Promise.reject(new Error(uri)))
  const exitCode = await inspect(location, { terminal: { out: (line) => lines.push(line), stdin }, json, readS3 })
  expect(exitCode).toBe(0)
  return lines
}

async function fileWith(bytes: Buffer): Promise<string> {
  const path = join(await temporaryFolder(), 'a.avro')
  await writeFile(path, bytes)
  return path
}

const summary = [
  'connector: archive',
  'topic: events',
  'partition: 3',
  'first-offset: 100',
  'last-offset: 1599',
  'codec: deflate',
  'events: 1500',
  `schema: ${catalogue.get(TYPE)?.current.json}`,
  `first event: ${JSON.stringify(object.expected[0])}`,
  `last event: ${JSON.stringify(object.expected.at(-1))}`,
]

describe('inspect', () => {
  it('shows header, schema, count, first and last event of a file', async () => {
    expect(await inspected(await fileWith(object.bytes))).toEqual(summary)
  })

  it('reads standard input, and objects of a bucket', async () => {
    const stdin = Readable.from([object.bytes.subarray(0, 1000), object.bytes.subarray(1000)])
    expect(await inspected('-', { stdin })).toEqual(summary)
    expect(await inspected('s3://bucket/key')).toEqual(summary)
  })

  it('prints an event a line with --json', async () => {
    const lines = await inspected('s3://bucket/key', { json: true })
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(object.expected)
  })

  it('says what is wrong', async () => {
    const missing = inspected('/nowhere/a.avro')
    await expect(missing).rejects.toThrow(MillraceError)
    await expect(missing).rejects.toThrow(/^\/nowhere\/a\.avro cannot be read \(Error: ENOENT/)
    const cut = await fileWith(object.bytes.subarray(0, -100))
    await expect(inspected(cut)).rejects.toThrow(`${cut} is no complete Avro object file: it ends early, in the block`)
    const stdin = Readable.from([Buffer.from('{}')])
    await expect(inspected('-', { stdin })).rejects.toThrow('standard input is no complete Avro object file')
  })
})

describe('jsonText', () => {
  it('keeps 64-bit numbers in full, and bytes as characters', () => {
    const value = { big: 2n ** 62n, bytes: Buffer.from([0x61, 0xff]), list: [1, null, 'ü"'], map: { a: true } }
    expect(jsonText(value)).toBe('{"big":4611686018427387904,"bytes":"aÿ","list":[1,null,"ü\\""],"map":{"a":true}}')
  })
})
