import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkSchemas, exportSchemas, listSchemas, showSchema, showSchemaOf } from '../../src/cli/schemas.js'
import { singleObject } from '../../src/encoding/single-object.js'
import { loadCatalogue } from '../../src/events/catalogue-loader.js'
import { MillraceError } from '../../src/runtime/errors.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { builtInCatalogue, catalogueOfFields, THING } from '../support/transcoding.js'

/** Makes a schema whose fingerprint begins with C3 01; found by trying f0, f1, … */
const NAME_LIKE_MARKER = 'f101696'
const ADDED = { name: 'added', type: ['null', 'string'], default: null }
const twoVersions = catalogueOfFields([], [ADDED])

function printing(json = false) {
  const lines: string[] = []
  return { lines, parts: { terminal: { out: (line: string) => lines.push(line) }, json } }
}

describe('schemas list', () => {
  it('names every type with its schema ids', async () => {
    const { lines, parts } = printing()
    expect(listSchemas({ ...parts, catalogue: await builtInCatalogue() })).toBe(0)
    expect(lines).toHaveLength(94)
    expect(lines).toContain('users.messages.email.Open  1')
    listSchemas({ ...parts, catalogue: twoVersions })
    expect(lines.at(-1)).toBe(`${THING}  1 2`)
  })

  it('is one JSON document with --json', () => {
    const { lines, parts } = printing(true)
    listSchemas({ ...parts, catalogue: twoVersions })
    expect(JSON.parse(lines.join('\n'))).toEqual([{ eventType: THING, schemaIds: [1, 2], currentSchemaId: 2 }])
  })
})

describe('schemas show', () => {
  it('prints the newest schema, or the one asked for, as an .avsc file', () => {
    const newest = printing()
    expect(showSchema(THING, undefined, { ...newest.parts, catalogue: twoVersions })).toBe(0)
    expect(JSON.parse(newest.lines.join('\n'))).toMatchObject({ type: 'record', fields: [{}, {}, ADDED] })
    const first = printing(true)
    showSchema(THING, 1, { ...first.parts, catalogue: twoVersions })
    expect(JSON.parse(first.lines.join('\n'))).toMatchObject({
      eventType: THING,
      schemaId: 1,
      schema: { name: 'Thing' },
    })
  })

  it('finds the schema of a record by its fingerprint, however it is written', () => {
    const shown = (fingerprint: string) => {
      const { lines, parts } = printing(true)
      showSchemaOf(fingerprint, { ...parts, catalogue: twoVersions })
      return JSON.parse(lines.join('\n')) as { schemaId: number; fingerprint: string }
    }
    const first = printing(true)
    showSchema(THING, 1, { ...first.parts, catalogue: twoVersions })
    const { fingerprint } = JSON.parse(first.lines.join('\n')) as { fingerprint: string }
    expect(fingerprint).toMatch(/^[0-9a-f]{16}$/)
    const number = Buffer.from(fingerprint, 'hex').reverse().toString('hex')
    for (const written of [fingerprint, fingerprint.toUpperCase(), `C301${fingerprint}`, number, `0x${number}`]) {
      expect(shown(written)).toMatchObject({ schemaId: 1, fingerprint })
    }
    for (const written of ['0123', '', '0x', fingerprint.slice(1), `${fingerprint}00`, '0000000000000000'])
      expect(() => shown(written)).toThrow(`no schema has the fingerprint "${written}": name the 8 bytes behind C3 01`)
  })

  it('finds a fingerprint that begins like the marker', () => {
    const catalogue = catalogueOfFields([{ name: NAME_LIKE_MARKER, type: 'int' }])
    const { lines, parts } = printing(true)
    showSchema(THING, 1, { ...parts, catalogue })
    const { fingerprint } = JSON.parse(lines.join('\n')) as { fingerprint: string }
    expect(fingerprint).toMatch(/^c301/)
    expect(showSchemaOf(fingerprint, { ...parts, catalogue })).toBe(0)
    expect(showSchemaOf(`C301${fingerprint}`, { ...parts, catalogue })).toBe(0)
  })

  it('says what there is instead', () => {
    const { parts } = printing()
    const show = (type: string, id?: number) => () => showSchema(type, id, { ...parts, catalogue: twoVersions })
    expect(show('users.Nothing')).toThrow(
      new MillraceError('USAGE', 'no event type "users.Nothing": see them all with: millrace schemas list'),
    )
    expect(show(THING, 3)).toThrow(`${THING} has no schema 3, but 1, 2`)
  })
})

describe('schemas export', () => {
  const exported = async (folder: string, catalogue = twoVersions) => {
    const { lines, parts } = printing()
    expect(await exportSchemas(folder, { ...parts, catalogue })).toBe(0)
    return lines
  }
  const indexIn = async (folder: string) =>
    JSON.parse(await readFile(join(folder, 'fingerprints.json'), 'utf8')) as Record<string, { file: string }>

  it('writes what service.schemas reads', async () => {
    const folder = join(await temporaryFolder(), 'new')
    expect(await exported(folder)).toEqual([`2 schemas of 1 event types are in ${folder}`])
    expect(await readFile(join(folder, THING, '2.avsc'), 'utf8')).toMatch(/^\{\n {2}"type": "record"/)
    const loaded = await loadCatalogue([folder])
    expect('catalogue' in loaded && loaded.catalogue.get(THING)).toEqual(twoVersions.get(THING))
  })

  it('writes an index that leads from the bytes of a record to its schema', async () => {
    const folder = await temporaryFolder()
    await exported(folder)
    const { current } = twoVersions.get(THING)!
    const record = singleObject(current)(Buffer.from('body'), 4)
    const entry = (await indexIn(folder))[record.toString('hex', 2, 10)]
    expect(entry).toEqual({ eventType: THING, schemaId: 2, file: `${THING}/2.avsc` })
    expect(JSON.parse(await readFile(join(folder, entry?.file ?? ''), 'utf8'))).toEqual(JSON.parse(current.json))
  })

  it('may be repeated; the index keeps what was there', async () => {
    const folder = await temporaryFolder()
    await exported(folder)
    await exported(folder)
    await exported(folder, await builtInCatalogue())
    expect(Object.keys(await indexIn(folder))).toHaveLength(96)
  })

  it.each([join(THING, '1.avsc'), 'fingerprints.json'])('leaves another %s alone and writes nothing', async (file) => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, THING))
    await writeFile(join(folder, file), '{"mine": true}')
    await expect(exported(folder)).rejects.toThrow(
      new MillraceError(
        'USAGE',
        `${join(folder, file)} is there already, with other content: name another folder, or remove it`,
      ),
    )
    expect(await readFile(join(folder, file), 'utf8')).toBe('{"mine": true}')
    await expect(readFile(join(folder, THING, '2.avsc'))).rejects.toThrow('ENOENT')
  })

  it('is one JSON document with --json', async () => {
    const folder = await temporaryFolder()
    const { lines, parts } = printing(true)
    await exportSchemas(folder, { ...parts, catalogue: twoVersions })
    expect(JSON.parse(lines.join('\n'))).toEqual({ folder, eventTypes: 1, schemas: 2 })
  })

  it('says which folder cannot be written', async () => {
    const file = join(await temporaryFolder(), 'file')
    await writeFile(file, '')
    await expect(exported(file)).rejects.toThrow(`${file} cannot be written (Error: `)
  })
})

describe('schemas check', () => {
  async function check(older: unknown, newer: unknown, json = false) {
    const folder = await temporaryFolder()
    const paths = [join(folder, 'old.avsc'), join(folder, 'new.avsc')] as const
    await Promise.all([older, newer].map((schema, n) => writeFile(paths[n] ?? '', JSON.stringify(schema))))
    const { lines, parts } = printing(json)
    return { exitCode: await checkSchemas(...paths, parts), output: lines.join('\n').replaceAll(`${folder}/`, '') }
  }

  const first: unknown = JSON.parse(twoVersions.get(THING)?.versions[0].json ?? '')
  const second: unknown = JSON.parse(twoVersions.get(THING)?.current.json ?? '')

  it('says that a schema may follow another', async () => {
    expect(await check(first, second)).toEqual({ exitCode: 0, output: 'compatible: new.avsc may follow old.avsc' })
  })

  it('says why it may not, with exit code 3', async () => {
    const output = 'not compatible: new.avsc breaks with old.avsc\n  field "added" was removed'
    expect(await check(second, first)).toEqual({ exitCode: 3, output })
  })

  it('is one JSON document with --json', async () => {
    const { output } = await check(second, first, true)
    expect(JSON.parse(output)).toEqual({
      older: 'old.avsc',
      newer: 'new.avsc',
      compatible: false,
      reasons: ['field "added" was removed'],
    })
  })

  it('says what is wrong with a file', async () => {
    await expect(check(first, { type: 'string' })).rejects.toThrow(/new\.avsc: the schema must be a record/)
    const { parts } = printing()
    await expect(checkSchemas('/nowhere/a.avsc', '/nowhere/b.avsc', parts)).rejects.toThrow(
      /^\/nowhere\/a\.avsc cannot be read/,
    )
  })
})
