import * as nodeFs from 'node:fs/promises'
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { createFolderDestination } from '../../src/destinations/folder.js'
import type { FileSystem } from '../../src/destinations/local-folder.js'
import { systemClock } from '../../src/runtime/clock.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const MARKER = 'currents/dataexport.local.S3.integration.a/.millrace-test'

async function check(root: string, fs: Partial<FileSystem> = {}, marker: string | null = MARKER): Promise<string[]> {
  const settings = { type: 'folder' as const, path: root, folder: 'currents' }
  const destination = createFolderDestination(settings, { clock: systemClock, fs: { ...nodeFs, ...fs } })
  const results = await destination.check(marker, new AbortController().signal)
  await destination.close()
  return results.map(({ name, status, code }) => [name, status, code].filter(Boolean).join(' '))
}

const refusing = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }))

describe('checking a folder', () => {
  test('one that does not exist yet is made, tried and taken away again, with those above it', async () => {
    const parent = await temporaryFolder()
    expect(await check(path.join(parent, 'a/b/out'))).toEqual(['destination ok', 'write ok'])
    expect(await readdir(parent)).toEqual([])
  })

  test('what is there stays as it is', async () => {
    const root = await temporaryFolder()
    await mkdir(path.join(root, 'currents/other'), { recursive: true })
    await writeFile(path.join(root, 'currents/other/x.avro'), 'x')
    expect(await check(root)).toEqual(['destination ok', 'write ok'])
    const left = await readdir(root, { recursive: true })
    expect(left.sort()).toEqual(['currents', 'currents/other', 'currents/other/x.avro'])
  })

  test('a file in the way', async () => {
    const root = path.join(await temporaryFolder(), 'out')
    await writeFile(root, '')
    expect(await check(root)).toEqual(['destination failed ENOTDIR', 'write skipped'])
  })

  test('no right to write, a full disk, a file system that cannot rename: by their names, nothing left behind', async () => {
    const root = await temporaryFolder()
    expect(await check(root, { open: refusing('EACCES') })).toEqual(['destination ok', 'write failed EACCES'])
    expect(await check(root, { rename: refusing('ENOSPC') })).toEqual(['destination ok', 'write failed ENOSPC'])
    expect(await readdir(root)).toEqual([])
  })

  test('a link that leads out of the folder', async () => {
    const root = await temporaryFolder()
    await symlink(await temporaryFolder(), path.join(root, 'currents'))
    expect(await check(root)).toEqual(['destination ok', 'write failed OUTSIDE_FOLDER'])
  })

  describe('without leaving anything', () => {
    const look = (root: string, fs: Partial<FileSystem> = {}) => check(root, fs, null)

    test('one that exists, and one whose parents do not', async () => {
      const parent = await temporaryFolder()
      const untouched = { mkdir: refusing('EROFS'), open: refusing('EROFS'), rename: refusing('EROFS') }
      expect(await look(parent, untouched)).toEqual(['destination ok', 'write ok'])
      expect(await look(path.join(parent, 'a/b/out'), untouched)).toEqual(['destination ok', 'write ok'])
      expect(await readdir(parent)).toEqual([])
    })

    test('a file in its place or above it', async () => {
      const file = path.join(await temporaryFolder(), 'file')
      await writeFile(file, '')
      expect(await look(file)).toEqual(['destination failed ENOTDIR', 'write skipped'])
      expect(await look(path.join(file, 'out'))).toEqual(['destination failed ENOTDIR', 'write skipped'])
    })

    test('it is the nearest folder there is that must be writable', async () => {
      const parent = await temporaryFolder()
      const asked: unknown[] = []
      const access = (place: unknown) => {
        asked.push(place)
        return refusing('EACCES')()
      }
      expect(await look(path.join(parent, 'a/b'), { access })).toEqual(['destination ok', 'write failed EACCES'])
      expect(await look(parent, { access })).toEqual(['destination ok', 'write failed EACCES'])
      expect(asked).toEqual([parent, parent])
    })
  })
})
