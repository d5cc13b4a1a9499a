import { EventEmitter } from 'node:events'
import * as nodeFs from 'node:fs/promises'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ObjectPayload } from '../../src/destinations/destination.js'
import { createFolderDestination } from '../../src/destinations/folder.js'
import type { FileSystem } from '../../src/destinations/local-folder.js'
import { systemClock } from '../../src/runtime/clock.js'
import { FakeClock } from '../support/fake-clock.js'
import { describeDestination, payloadOf } from './conformance.js'

const never = new AbortController().signal

async function filesBelow(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = entries.filter((entry) => entry.isFile())
  return files.map((entry) => path.relative(root, path.join(entry.parentPath, entry.name))).sort()
}

const visible = (files: string[]) => files.filter((file) => !file.startsWith('.millrace-parts'))

describeDestination('folder', async () => {
  const scratch = await mkdtemp(path.join(tmpdir(), 'millrace-folder-'))
  // Neither the folder nor the one above it exists yet.
  const root = path.join(scratch, 'new', 'out')
  return {
    destination: createFolderDestination({ type: 'folder', path: root, folder: 'currents' }, { clock: systemClock }),
    readBack: (key) => readFile(path.join(root, key)),
    listKeys: async () => visible(await filesBelow(root)),
    refuse: async (key) => void (await mkdir(path.join(root, key), { recursive: true })),
    accept: (key) => rm(path.join(root, key), { recursive: true }),
    stop: () => rm(scratch, { recursive: true }),
  }
})

describe('folder', () => {
  let root: string
  const clock = new FakeClock()

  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'millrace-folder-'))
  })

  afterEach(async () => {
    await chmod(root, 0o700)
    await rm(root, { recursive: true })
  })

  const folderWith = (fs?: Partial<FileSystem>) =>
    createFolderDestination(
      { type: 'folder', path: root, folder: 'currents' },
      { clock, ...(fs && { fs: { ...nodeFs, ...fs } }) },
    )

  /** The outcome of one write as `class code`, or `written`. */
  async function outcome(payload: ObjectPayload, fs?: Partial<FileSystem>): Promise<string> {
    const [failure] = await folderWith(fs).write([payload], never)
    return failure ? `${failure.class} ${failure.code}` : 'written'
  }

  test.each([
    ['ENOSPC', 'transient ENOSPC'],
    ['EDQUOT', 'transient EDQUOT'],
    ['EIO', 'transient EIO'],
    ['EMFILE', 'transient EMFILE'],
    ['EROFS', 'configuration EROFS'],
    ['EACCES', 'configuration EACCES'],
    ['EPERM', 'configuration EPERM'],
    ['ENAMETOOLONG', 'configuration ENAMETOOLONG'],
    ['EWEIRD', 'transient UNKNOWN'],
  ])('%s is %s', async (code, expected) => {
    const rename = () => Promise.reject(systemError(code))
    expect(await outcome(payloadOf('x', 10), { rename })).toBe(expected)
    expect(await filesBelow(root)).toEqual([])
  })

  test('a disk that fills up in the middle of a file is transient, and leaves nothing', async () => {
    const open: FileSystem['open'] = async (...args) => {
      const handle = await nodeFs.open(...args)
      if (args[1] !== 'wx') return handle
      handle.writeFile = async (data) => {
        await handle.write((data as Buffer).subarray(0, 1000))
        throw systemError('ENOSPC')
      }
      return handle
    }
    const [failure] = await folderWith({ open }).write([payloadOf('a/full.avro', 5000)], never)
    expect([failure?.class, failure?.code]).toEqual(['transient', 'ENOSPC'])
    expect(failure?.message).toBe(
      `ENOSPC: the folder ${root} did not take a/full.avro. Free disk space, or raise the quota.`,
    )
    expect(await filesBelow(root)).toEqual([])
    expect(await outcome(payloadOf('a/full.avro', 5000))).toBe('written')
  })

  test('a file that cannot be synced is not written: the final name never appears', async () => {
    const open: FileSystem['open'] = async (...args) => {
      const handle = await nodeFs.open(...args)
      if (args[1] === 'wx') handle.sync = () => Promise.reject(systemError('EIO'))
      return handle
    }
    expect(await outcome(payloadOf('x', 10), { open })).toBe('transient EIO')
    expect(await filesBelow(root)).toEqual([])
  })

  test('a folder that cannot be synced is a failure although the file is there', async () => {
    const open: FileSystem['open'] = async (...args) => {
      const handle = await nodeFs.open(...args)
      if (args[1] === 'r') handle.sync = () => Promise.reject(systemError('EIO'))
      return handle
    }
    expect(await outcome(payloadOf('x', 10), { open })).toBe('transient EIO')
    expect(await outcome(payloadOf('x', 10))).toBe('written')
  })

  test('the order is: write and sync the part, rename, sync every folder up to the root', async () => {
    const effects: string[] = []
    const name = (file: unknown) => path.relative(root, String(file)).replace(/[0-9a-f]{32}/, 'ID') || '.'
    const open: FileSystem['open'] = async (...args) => {
      const handle = await nodeFs.open(...args)
      const sync = handle.sync.bind(handle)
      handle.sync = () => (effects.push(`sync ${name(args[0])}`), sync())
      return handle
    }
    const rename: FileSystem['rename'] = async (from, to) => {
      effects.push(`rename ${name(from)} ${name(to)}`)
      await nodeFs.rename(from, to)
    }
    expect(await outcome(payloadOf('a/b/x.avro', 10), { open, rename })).toBe('written')
    expect(effects).toEqual([
      'sync .millrace-parts/ID.part',
      'rename .millrace-parts/ID.part a/b/x.avro',
      'sync a/b',
      'sync a',
      'sync .',
    ])
  })

  test('a root that is created is synced into the folders above it', async () => {
    const outer = root
    const synced: string[] = []
    const open: FileSystem['open'] = (...args) => {
      if (args[1] === 'r') synced.push(path.relative(outer, String(args[0])) || '.')
      return nodeFs.open(...args)
    }
    const settings = { type: 'folder' as const, path: `${outer}/new/out/`, folder: 'currents' }
    const folder = createFolderDestination(settings, { clock, fs: { ...nodeFs, open } })
    expect(await folder.write([payloadOf('x', 10)], never)).toEqual([])
    expect(synced).toEqual(['new/out', 'new', '.'])
  })

  test('a reader never sees a partial file under the final name', async () => {
    const size = 4 * 1024 * 1024
    const folder = folderWith()
    const done = new EventEmitter()
    let writing = true
    done.once('end', () => (writing = false))
    const sizes = new Set<number>()
    const watch = async () => {
      while (writing) sizes.add(await stat(path.join(root, 'x.avro')).then(({ size }) => size, () => -1)) // prettier-ignore
    }
    const watching = watch()
    for (let round = 0; round < 10; round++) await folder.write([payloadOf('x.avro', size)], never)
    done.emit('end')
    await watching
    expect([...sizes].filter((seen) => seen !== -1)).toEqual([size])
  })

  test('removes old parts of dead processes at the start, and nothing else', async () => {
    const parts = path.join(root, '.millrace-parts')
    await mkdir(parts)
    const age = async (file: string, ageMs: number) => {
      await writeFile(file, 'x')
      await utimes(file, new Date(clock.nowMs() - ageMs), new Date(clock.nowMs() - ageMs))
    }
    await age(path.join(parts, `${'0'.repeat(32)}.part`), 61_000)
    await age(path.join(parts, `${'1'.repeat(32)}.part`), 59_000)
    await age(path.join(parts, 'somebody-elses.part'), 99_000_000)
    await age(path.join(root, `${'2'.repeat(32)}.part`), 99_000_000)
    const folder = folderWith()
    await folder.write([], never)
    const kept = [`.millrace-parts/${'1'.repeat(32)}.part`, '.millrace-parts/somebody-elses.part']
    expect(await filesBelow(root)).toEqual([...kept, `${'2'.repeat(32)}.part`])

    await clock.advance(10 * 60_000)
    await folder.write([], never)
    expect(await filesBelow(root)).toEqual(['.millrace-parts/somebody-elses.part', `${'2'.repeat(32)}.part`])
  })

  test.each(['../x', 'a/../../x', '/etc/x', 'a//b', './x', 'a\\b', 'a\0b', 'a\nb', ''])(
    'the key %j is refused: it could leave the folder',
    async (key) => {
      expect(await outcome(payloadOf(key, 10))).toBe('configuration OUTSIDE_FOLDER')
      expect(visible(await filesBelow(root))).toEqual([])
    },
  )

  test('a link in the folder leads nowhere else', async () => {
    const elsewhere = await mkdtemp(path.join(tmpdir(), 'millrace-elsewhere-'))
    await symlink(elsewhere, path.join(root, 'link'))
    expect(await outcome(payloadOf('link/x', 10))).toBe('configuration OUTSIDE_FOLDER')
    expect(await readdir(elsewhere)).toEqual([])
    await rm(elsewhere, { recursive: true })
  })

  test('the folder itself may be a link', async () => {
    const real = root
    root = path.join(tmpdir(), `millrace-link-${path.basename(real)}`)
    await symlink(real, root)
    expect(await outcome(payloadOf('a/x', 10))).toBe('written')
    expect(visible(await filesBelow(real))).toEqual(['a/x'])
    await rm(root)
    root = real
  })

  test('a folder without the right to write is a matter of configuration', async () => {
    await chmod(root, 0o555)
    const written = await asNobody(() => outcome(payloadOf('x', 10)))
    expect(written).toBe('configuration EACCES')
    await chmod(root, 0o755)
    expect(await outcome(payloadOf('x', 10))).toBe('written')
  })

  test('a file in the place of the folder is a matter of configuration', async () => {
    await writeFile(path.join(root, 'a'), 'a file')
    expect(await outcome(payloadOf('a/x', 10))).toMatch(/^configuration E(NOTDIR|EXIST)$/)
  })

  test('a name longer than the file system takes is a matter of configuration', async () => {
    expect(await outcome(payloadOf('x'.repeat(300), 10))).toBe('configuration ENAMETOOLONG')
  })
})

/** The administrator may write everywhere: does it as somebody else. */
async function asNobody<T>(task: () => Promise<T>): Promise<T> {
  const administrator = process.getuid?.() === 0
  if (administrator) process.seteuid?.(65_534)
  try {
    return await task()
  } finally {
    if (administrator) process.seteuid?.(0)
  }
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code })
}
