import { chmod, lstat, mkdir, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openConfigurationFile, writeConfigurationFile } from '../../src/config/edit-file.js'
import { Secret } from '../../src/runtime/secret.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const none = new Map<string, Secret>()
const secret = (text: string) => new Secret({ kind: 'inline' }, () => text)
const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)

async function place(text = 'before\n', mode = 0o640) {
  const folder = await temporaryFolder()
  const path = join(folder, 'millrace.yaml')
  await writeFile(path, text)
  await chmod(path, mode)
  return { folder, path, read: () => readFile(path, 'utf8') }
}

describe('writing a configuration file', () => {
  it('replaces it and keeps its mode', async () => {
    const { folder, path, read } = await place()
    const file = openConfigurationFile(path)
    expect(file.text).toBe('before\n')
    writeConfigurationFile(file, { text: 'after\n', secrets: none })
    expect([await read(), await modeOf(path), await readdir(folder)]).toEqual(['after\n', '640', ['millrace.yaml']])
  })

  it('a link stays one; a file that is not there yet is made', async () => {
    const { folder, read } = await place()
    const link = join(folder, 'link.yaml')
    await symlink('millrace.yaml', link)
    writeConfigurationFile(openConfigurationFile(link), { text: 'after\n', secrets: none })
    expect([(await lstat(link)).isSymbolicLink(), await read()]).toEqual([true, 'after\n'])
    const made = join(folder, 'new.json')
    const file = openConfigurationFile(made)
    expect(file.text).toBe('{}\n')
    writeConfigurationFile(file, { text: '{ }', secrets: none })
    expect(await readFile(made, 'utf8')).toBe('{ }')
  })

  it('secrets first, for their owner only', async () => {
    const { folder, path } = await place()
    const key = join(folder, 'secrets/acme/key')
    writeConfigurationFile(openConfigurationFile(path), {
      text: 'after\n',
      secrets: new Map([[key, secret('planted')]]),
    })
    expect(await readFile(key, 'utf8')).toBe('planted\n')
    expect([
      await modeOf(key),
      await modeOf(join(folder, 'secrets/acme')),
      await modeOf(join(folder, 'secrets')),
    ]).toEqual(['600', '700', '700'])
  })

  it('changed by someone else meanwhile: refused, and nothing is left behind', async () => {
    const { folder, path, read } = await place()
    const file = openConfigurationFile(path)
    await writeFile(path, 'by another\n')
    const secrets = new Map([[join(folder, 'secrets/acme/key'), secret('planted')]])
    expect(() => writeConfigurationFile(file, { text: 'after\n', secrets })).toThrow('was changed meanwhile')
    expect([await read(), await readdir(folder)]).toEqual(['by another\n', ['millrace.yaml']])
    const fresh = openConfigurationFile(join(folder, 'new.yaml'))
    await writeFile(fresh.path, 'by another\n')
    expect(() => writeConfigurationFile(fresh, { text: 'after\n', secrets: none })).toThrow('was changed meanwhile')
  })

  it('never overwrites a secret, and takes back those it wrote before', async () => {
    const { folder, path, read } = await place()
    await mkdir(join(folder, 'secrets/acme'), { recursive: true })
    const [first, second] = [join(folder, 'secrets/acme/a'), join(folder, 'secrets/acme/b')]
    await writeFile(second, 'theirs')
    const secrets = new Map([
      [first, secret('planted-1')],
      [second, secret('planted-2')],
    ])
    expect(() => writeConfigurationFile(openConfigurationFile(path), { text: 'after\n', secrets })).toThrow(
      /secrets\/acme\/b cannot be written \(EEXIST\): a secret is there already/,
    )
    expect([await read(), await readdir(join(folder, 'secrets/acme')), await readFile(second, 'utf8')]).toEqual([
      'before\n',
      ['b'],
      'theirs',
    ])
  })

  it('says what cannot be read or written, and what to do', async () => {
    const folder = await temporaryFolder()
    expect(() => openConfigurationFile(folder)).toThrow(/cannot be read \(EISDIR\): name a file/)
    const nowhere = openConfigurationFile(join(folder, 'no/such/folder.yaml'))
    expect(() => writeConfigurationFile(nowhere, { text: 'x', secrets: none })).toThrow(
      /cannot be written \(ENOENT\): make its folder first/,
    )
  })
})
