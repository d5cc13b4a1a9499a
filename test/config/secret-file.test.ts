import { rename, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { SecretFile } from '../../src/config/secret-file.js'
import { MillraceError } from '../../src/runtime/errors.js'
import { FakeClock } from '../support/fake-clock.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const PEM = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'

describe('SecretFile', () => {
  let path: string
  let kept: string[]
  let secret: SecretFile

  beforeEach(async () => {
    path = join(await temporaryFolder(), 'secret')
    kept = []
    secret = new SecretFile(path, (reason) => kept.push(reason))
  })

  it.each([
    ['planted', 'planted'],
    ['planted\n', 'planted'],
    ['planted\r\n', 'planted'],
    ['planted\n\n', 'planted\n'],
    [' planted ', ' planted '],
    ['\uFEFFplanted\r\n', 'planted'],
    [PEM, PEM.trimEnd()],
  ])('%j is read as %j', async (content, text) => {
    await writeFile(path, content)
    expect(secret.read()).toBe(text)
  })

  it.each([
    ['', 'is empty'],
    ['\n', 'is empty'],
    [PEM.slice(0, 40), 'is only half there'],
    ['x'.repeat(262_145), 'is too large for a secret'],
  ])('content %#: %s, when nothing was read before', async (content, reason) => {
    await writeFile(path, content)
    expect(() => secret.read()).toThrow(new MillraceError('CONFIGURATION', `the secret file ${path} ${reason}`))
  })

  it('names a file that does not exist', () => {
    expect(() => secret.read()).toThrow(new MillraceError('CONFIGURATION', `the secret file ${path} does not exist`))
  })

  it('reads a rotated secret at once, even one of the same length written within one tick', async () => {
    for (let round = 0; round < 20; round++) {
      await writeFile(path, `secret-${String(round).padStart(2, '0')}`)
      expect(secret.read()).toBe(`secret-${String(round).padStart(2, '0')}`)
    }
  })

  it('reads a secret that was replaced by a rename with an old time stamp', async () => {
    await writeFile(path, 'first')
    const long = new FakeClock(Date.now() + 60_000)
    const settled = new SecretFile(path, () => {}, long)
    expect(settled.read()).toBe('first')
    expect(settled.read()).toBe('first')
    await writeFile(`${path}.new`, 'other')
    await utimes(`${path}.new`, 1, 1)
    await rename(`${path}.new`, path)
    expect(settled.read()).toBe('other')
  })

  it('fault 63: an empty, half-written or vanished file keeps the old secret, warns once, and heals', async () => {
    await writeFile(path, PEM)
    const old = secret.read()
    await writeFile(path, '')
    expect([secret.read(), secret.read()]).toEqual([old, old])
    expect(kept).toEqual(['is empty'])
    await writeFile(path, PEM.slice(0, 40))
    expect(secret.read()).toBe(old)
    await rm(path)
    expect(secret.read()).toBe(old)
    expect(kept).toEqual(['is empty'])

    await writeFile(path, 'healed')
    expect(secret.read()).toBe('healed')
    await rm(path)
    expect(secret.read()).toBe('healed')
    expect(kept).toEqual(['is empty', 'does not exist'])
  })
})
