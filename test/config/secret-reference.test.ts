import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { secretOf, type SecretSource } from '../../src/config/secret-reference.js'
import { temporaryFolder } from '../support/temporary-folder.js'

function source(folder: string, changes: Partial<SecretSource> = {}): SecretSource {
  return { folder, env: { NAME: 'planted' }, allowInlineSecrets: false, onSecretKept: () => {}, ...changes }
}

describe('secretOf', () => {
  it('env:NAME', () => {
    const secret = secretOf('env:NAME', source('/'))
    expect([secret.read(), secret.origin]).toEqual(['planted', { kind: 'env', name: 'NAME' }])
    expect(() => secretOf('env:NOPE', source('/'))).toThrow('the environment variable NOPE is not set')
    expect(() => secretOf('env:NAME', source('/', { env: { NAME: '' } }))).toThrow(
      'the environment variable NAME is not set',
    )
    expect(secretOf('env:NAME', source('/', { env: { NAME: 'planted\n' } })).read()).toBe('planted')
    expect(() => secretOf('env:NAME', source('/', { env: { NAME: '\n' } }))).toThrow('NAME is not set')
    expect(() => secretOf('env:constructor', source('/'))).toThrow('the environment variable constructor is not set')
  })

  it('file:path, relative to the configuration or absolute', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'key'), 'planted\n')
    for (const reference of ['file:key', 'file:./key', `file:${folder}/key`]) {
      const secret = secretOf(reference, source(folder))
      expect([secret.read(), secret.origin]).toEqual(['planted', { kind: 'file', path: join(folder, 'key') }])
    }
    expect(() => secretOf('file:none', source(folder))).toThrow(
      `the secret file ${join(folder, 'none')} does not exist`,
    )
    expect(() => secretOf('file:', source(folder))).toThrow('names no file')
    expect(() => secretOf('file:.', source(folder))).toThrow(`the secret file ${folder} is a folder`)
  })

  it('a file that is waited for is read as soon as it can be, and kept from then on', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'key')
    const waiting = source(folder, { awaitsFiles: true })
    const secret = secretOf('file:key', waiting)
    expect(() => secret.read()).toThrow(`the secret file ${path} does not exist`)
    await writeFile(path, '')
    expect(() => secret.read()).toThrow(`the secret file ${path} is empty`)
    await writeFile(path, 'planted')
    expect(secret.read()).toBe('planted')
    await writeFile(path, '')
    expect([secret.read(), secret.isKept]).toEqual(['planted', true])
    expect(() => secretOf('env:NOPE', waiting)).toThrow('the environment variable NOPE is not set')
    expect(() => secretOf('file:', waiting)).toThrow('names no file')
    expect(() => secretOf('planted', waiting)).toThrow('a secret may not stand in the file itself')
  })

  it('tells which file is kept', async () => {
    const folder = await temporaryFolder()
    const kept: string[] = []
    await writeFile(join(folder, 'key'), 'planted')
    const onSecretKept = (path: string, reason: string) => kept.push(`${path} ${reason}`)
    const secret = secretOf(
      'file:key',
      source(folder, { onSecretKept: (path, reason) => void onSecretKept(path, reason) }),
    )
    await writeFile(join(folder, 'key'), '')
    expect(secret.read()).toBe('planted')
    expect(kept).toEqual([`${join(folder, 'key')} is empty`])
  })

  it('a literal only when allowed, and shown nowhere', () => {
    expect(() => secretOf('planted', source('/'))).toThrow(/^a secret may not stand in the file itself$/)
    const secret = secretOf('planted', source('/', { allowInlineSecrets: true }))
    expect([secret.read(), secret.origin]).toEqual(['planted', { kind: 'inline' }])
    expect(inspect(secret, { showHidden: true, depth: 9 })).toBe('[REDACTED]')
  })
})
