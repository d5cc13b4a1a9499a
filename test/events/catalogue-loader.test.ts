import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { missingPins } from '../../src/events/catalogue.js'
import { BUILT_IN_SCHEMAS, loadCatalogue } from '../../src/events/catalogue-loader.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const ID = { name: 'id', type: 'string' }
const TIME = { name: 'time', type: 'long' }
const ADDED = { name: 'added', type: ['null', 'string'], default: null }

/** A schema of these fields beside `id` and `time`. */
const schema = (...fields: unknown[]) => ({
  type: 'record',
  name: 'Thing',
  namespace: 'acme.shop',
  fields: [ID, TIME, ...fields],
})

async function folderWith(files: Record<string, unknown>): Promise<string> {
  const folder = await temporaryFolder()
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content, null, 2))
  }
  return folder
}

async function load(files: Record<string, unknown>) {
  const loaded = await loadCatalogue([await folderWith(files)])
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems))
  return loaded.catalogue
}

/** Messages by path below the folder. */
async function problemsOf(files: Record<string, unknown>): Promise<Record<string, string>> {
  const folder = await folderWith(files)
  const loaded = await loadCatalogue([folder])
  if ('catalogue' in loaded) return {}
  return Object.fromEntries(loaded.problems.map(({ path, message }) => [path.slice(folder.length + 1), message]))
}

const idsOf = async (files: Record<string, unknown>, type: string) =>
  (await load(files)).get(type)?.versions.map(({ schemaId, isFirst }) => (isFirst ? `first ${schemaId}` : schemaId))

describe('the built-in catalogue', () => {
  it('has 94 types, each at schema 1', async () => {
    const loaded = await loadCatalogue([])
    if ('problems' in loaded) throw new Error('it has problems')
    const { catalogue } = loaded
    expect(catalogue.names()).toHaveLength(94)
    expect([...catalogue.names()]).toEqual([...catalogue.names()].sort())
    expect(catalogue.names().map((name) => catalogue.get(name)?.versions.length)).toEqual(Array(94).fill(1))
    expect(catalogue.get('users.UserDeleteRequest')?.current).toEqual({
      eventType: 'users.UserDeleteRequest',
      schemaId: 1,
      isFirst: true,
      json: '{"type":"record","name":"UserDeleteRequest","namespace":"dataexport.S3.inner.users","fields":[{"name":"id","type":"string"},{"name":"user_id","type":"string"},{"name":"app_group_id","type":["null","string"],"default":null},{"name":"time","type":"int"}]}',
    })
    expect(catalogue.get('toString')).toBeUndefined()
  })
})

describe("users' schemas", () => {
  it.each([
    ['acme.shop.Sold/1.avsc', 'acme.shop.Sold'],
    ['deep/down/acme.shop.Sold/1.avsc', 'acme.shop.Sold'],
    ['any/where/acme.shop.Sold.avsc', 'acme.shop.Sold'],
    ['acme.shop.Sold.1.avsc', 'acme.shop.Sold'],
    ['acme.shop.Sold.v1.avsc', 'acme.shop.Sold'],
    ['thing.avsc', 'acme.shop.Thing'],
    ['1.avsc', 'acme.shop.Thing'],
  ])('%s is %s', async (path, type) => {
    expect(await idsOf({ [path]: schema() }, type)).toEqual(['first 1'])
  })

  it('leaves the prefix of built-in records out of the event type', async () => {
    const record = { ...schema(), namespace: 'dataexport.S3.inner.acme' }
    expect(await idsOf({ 'thing.avsc': record }, 'acme.Thing')).toEqual(['first 1'])
  })

  it('adds versions to a built-in type, by id', async () => {
    const fields = [ID, { name: 'user_id', type: 'string' }, { name: 'app_group_id', type: ['null', 'string'] }]
    const namespace = 'dataexport.S3.inner.users'
    const record = {
      ...schema(),
      name: 'UserDeleteRequest',
      namespace,
      fields: [...fields, { name: 'time', type: 'int' }, ADDED],
    }
    const files = { 'users.UserDeleteRequest/7.avsc': record }
    const type = (await load(files)).get('users.UserDeleteRequest')
    expect(type?.versions.map(({ schemaId }) => schemaId)).toEqual([1, 7])
    expect(type?.current).toMatchObject({ schemaId: 7, isFirst: false, json: JSON.stringify(record) })
  })

  it('numbers files without an id after those with one, in the order of their paths', async () => {
    const files = {
      'a/acme.Thing.avsc': schema(ADDED),
      'b/acme.Thing.avsc': schema(ADDED, { ...ADDED, name: 'later' }),
      'c/acme.Thing.1.avsc': schema(),
    }
    const versions = (await load(files)).get('acme.Thing')?.versions
    expect(versions?.map(({ schemaId }) => schemaId)).toEqual([1, 2, 3])
    expect(versions?.[2]?.json).toContain('later')
  })

  it('ignores an identical schema, however it is laid out', async () => {
    const files = {
      'acme.Thing.1.avsc': schema(),
      'copy/acme.Thing.avsc': JSON.stringify(schema()),
      'x/acme.Thing/1.avsc': schema(),
    }
    expect(await idsOf(files, 'acme.Thing')).toEqual(['first 1'])
  })

  it('takes a breaking version that says so, and does not write that into objects', async () => {
    const files = { 'acme.Thing.1.avsc': schema(ADDED), 'acme.Thing.2.avsc': { ...schema(), allowBreaking: true } }
    expect((await load(files)).get('acme.Thing')?.current.json).toBe(JSON.stringify(schema()))
  })

  it('tells every problem at once, with its path', async () => {
    const longName = 'x'.repeat(201)
    const problems = await problemsOf({
      'a.Broken.avsc': '{"type": "record",',
      'b.NoRecord.avsc': '"string"',
      'c.NoId.avsc': { ...schema(), fields: [TIME] },
      'd.NoTime.avsc': { ...schema(), fields: [ID, { name: 'time', type: 'string' }] },
      'e.Proto.avsc': schema({ name: '__proto__', type: 'string' }),
      'f.Unknown.avsc': schema({ name: 'f', type: 'strin' }),
      'g.Zero.0.avsc': schema(),
      'h.Two.2.avsc': schema(),
      'i.Breaking.1.avsc': schema(ADDED),
      'i.Breaking.2.avsc': schema(),
      'j.Twice.1.avsc': schema(),
      'k/j.Twice.1.avsc': schema(ADDED),
      [`l.${longName}.avsc`]: schema(),
      'm..Dots.avsc': schema(),
      'n.Spa ce.avsc': schema(),
    })
    expect(problems).toEqual({
      'a.Broken.avsc': 'this is no JSON: an .avsc file holds one Avro schema as JSON',
      'b.NoRecord.avsc': expect.stringContaining('must be a record') as string,
      'c.NoId.avsc': expect.stringContaining('add {"name": "id", "type": "string"}') as string,
      'd.NoTime.avsc': expect.stringContaining('add {"name": "time", "type": "long"}') as string,
      'e.Proto.avsc': 'the name __proto__ is not allowed: rename the field',
      'f.Unknown.avsc': expect.stringMatching(/no valid Avro schema: .*strin/) as string,
      'g.Zero.0.avsc': 'schema ids begin with 1: rename the file',
      'h.Two.2.avsc': 'the first schema id of h.Two must be 1, not 2',
      'i.Breaking.2.avsc':
        'schema 2 of i.Breaking breaks with schema 1: field "added" was removed: mend it, or add "allowBreaking": true to the schema',
      'k/j.Twice.1.avsc': expect.stringMatching(
        /^schema 1 of j.Twice is another one already \(.*\): use the next/,
      ) as string,
      [`l.${longName}.avsc`]: expect.stringContaining('no event type name') as string,
      'm..Dots.avsc': expect.stringContaining('no event type name') as string,
      'n.Spa ce.avsc': expect.stringContaining('no event type name') as string,
    })
  })

  it('tells a folder that cannot be read', async () => {
    const folder = join(await temporaryFolder(), 'nowhere')
    expect(await loadCatalogue([folder])).toEqual({
      problems: [{ path: folder, message: 'cannot be read (ENOENT): mend the path or the rights' }],
    })
  })

  it('reads what lies beside the sources', () => {
    expect(BUILT_IN_SCHEMAS).toBe(join(import.meta.dirname, '../../schemas'))
  })
})

describe('missingPins', () => {
  it('names what the catalogue does not have', async () => {
    const catalogue = await load({ 'acme.Thing.1.avsc': schema(), 'acme.Thing.2.avsc': schema(ADDED) })
    expect(missingPins(catalogue, new Map([['acme.Thing', 2]]))).toEqual([])
    expect(
      missingPins(
        catalogue,
        new Map([
          ['acme.Thing', 3],
          ['acme.Gone', 1],
        ]),
      ),
    ).toEqual(['acme.Thing 3', 'acme.Gone 1'])
  })
})
