import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readDocument } from '../../src/config/document.js'
import { formatProblems } from '../../src/config/problem.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { configurationFile } from './configuration-files.js'

/** The problems of a file with `text`, its path written as FILE. */
async function problems(text: string): Promise<string[]> {
  const path = await configurationFile(text)
  return formatProblems(readDocument(path).problems).map((line) => line.replaceAll(path, 'FILE'))
}

describe('readDocument', () => {
  it('reads YAML, and JSON with tabs and escapes', async () => {
    expect(readDocument(await configurationFile('a: 1\nb: [x, "y"]\n'))).toEqual({
      value: { a: 1, b: ['x', 'y'] },
      problems: [],
    })
    const json = '{\n\t"a": "x\\/y\\u0041",\n\t"b": { "c": null }\n}\n'
    expect(readDocument(await configurationFile(json, 'millrace.json'))).toEqual({
      value: { a: 'x/yA', b: { c: null } },
      problems: [],
    })
  })

  it('reads a byte order mark, keys that look like numbers, and aliases', async () => {
    expect(readDocument(await configurationFile('\ufeffx: &n { y: 1 }\n7: *n\n'))).toEqual({
      value: { x: { y: 1 }, '7': { y: 1 } },
      problems: [],
    })
  })

  it.each([
    [
      'a: [1, 2\n',
      'FILE, line 2, column 1: wrong indentation, or a bracket that is not closed: indent with spaces, like the lines above',
    ],
    ['a: 1\n\tb: 2\n', 'FILE, line 2, column 1: a tab in the indentation: indent with spaces'],
    ['a: b: c\n', 'FILE, line 1, column 4: a second colon in one line: put the text in quotes'],
    ['a: 1\nb: @x\n', 'FILE, line 2, column 4: a text may not start with this character: put it in quotes'],
    ['a: "x\n', 'FILE, line 2, column 1: a quote, bracket, comma or colon is missing: add it'],
    ['a: "\\q"\n', 'FILE, line 1, column 5: unknown escape after \\: write \\\\ for a backslash, or use single quotes'],
    ['a: 1\n---\nb: 2\n', 'FILE, line 2, column 1: a second document starts: keep one document per file'],
    ['? { x: 1 }\n: 2\n', 'FILE, line 1, column 3: a key is no text: write a plain word before the colon'],
    ['a: !x y\n', 'FILE, line 1, column 4: a text starts with "!": put it in quotes'],
    ['a: *x\n', 'FILE: an alias (*name) has no anchor (&name): define it first, or put the text in quotes'],
    ['- a\nb: 1\n', 'FILE, line 2, column 1: is no valid YAML here: check quotes, colons and indentation'],
  ])('%j', async (text, line) => expect(await problems(text)).toEqual([line]))

  it('tells every key that stands there twice, and goes on', async () => {
    const path = await configurationFile('a: 1\nb: 2\na: 3\nc: { "d": 1, "d": 2 }\n')
    const { value, problems: found } = readDocument(path)
    expect(value).toEqual({ a: 3, b: 2, c: { d: 2 } })
    expect(formatProblems(found)).toEqual([
      `${path}, line 3, column 1: the key "a" stands there twice: remove one`,
      `${path}, line 4, column 14: the key "d" stands there twice: remove one`,
    ])
  })

  it('refuses aliases of aliases that would fill the memory', async () => {
    const line = (name: string, of: string) =>
      `${name}: &${name} [${Array.from({ length: 10 }, () => `*${of}`).join(', ')}]`
    const bomb = ['a: &a [x]', ...[...'bcdefghi'].map((name, index) => line(name, 'abcdefgh'[index] ?? ''))].join('\n')
    expect(await problems(bomb)).toEqual(['FILE: has too many aliases: write at most 100, without aliases of aliases'])
  })

  it('survives what contains itself and what is nested without end', async () => {
    expect(readDocument(await configurationFile('a: &a [*a]\n')).problems).toEqual([])
    const tooDeep = ['FILE: is nested too deeply: write a configuration']
    expect(await problems(`a: ${'['.repeat(200_000)}`)).toEqual(tooDeep)
    expect(await problems(`a: ${'['.repeat(100_000)}${']'.repeat(100_000)}`)).toEqual(tooDeep)
    expect(await problems('- '.repeat(100_000))).toEqual(tooDeep)
    expect(await problems('? '.repeat(100_000))).toEqual(tooDeep)
    expect(await problems(`a: ${'['.repeat(98)}x${']'.repeat(98)}`)).toEqual([])
    expect(await problems(`a: ${'['.repeat(101)}x${']'.repeat(101)}`)).toEqual(tooDeep)
  })

  it('says why a file cannot be read', async () => {
    const folder = await temporaryFolder()
    const missing = join(folder, 'none.yaml')
    expect(formatProblems(readDocument(missing).problems)).toEqual([
      `${missing}: does not exist: name the file with --config`,
    ])
    await mkdir(join(folder, 'sub'))
    expect(readDocument(join(folder, 'sub')).problems[0]?.message).toBe('is a folder')
    await writeFile(join(folder, 'latin1.yaml'), Buffer.from('a: caf\xe9', 'latin1'))
    expect(readDocument(join(folder, 'latin1.yaml')).problems[0]?.message).toBe('is no UTF-8 text')
    await writeFile(join(folder, 'large.yaml'), Buffer.alloc(4 * 1024 * 1024 + 1, 'a'))
    expect(readDocument(join(folder, 'large.yaml')).problems[0]?.message).toBe('is too large')
  })
})
