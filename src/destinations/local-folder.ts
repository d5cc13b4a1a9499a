import { randomBytes } from 'node:crypto'
import type { access, mkdir, open, readdir, realpath, rename, rmdir, stat, unlink } from 'node:fs/promises'
import path from 'node:path'
import { isInside, OutsideFolder, pathInside } from './folder-path.js'

/** What the folder needs of `node:fs/promises`; tests put faults in here. */
export interface FileSystem {
  access: typeof access
  mkdir: typeof mkdir
  open: typeof open
  readdir: typeof readdir
  realpath: typeof realpath
  rename: typeof rename
  rmdir: typeof rmdir
  stat: typeof stat
  unlink: typeof unlink
}

/** Beside the objects and on the same file system, so that a rename is atomic; a dot name, so that readers skip it. */
const PARTS = '.millrace-parts'
const PART_NAME = /^[0-9a-f]{32}\.part$/

/** A folder whose files are always whole, and stay there after a power cut. */
export class Folder {
  readonly root: string
  /** Where objects grow until they are whole. */
  readonly parts: string
  /** The topmost folder to sync: the root, or what the root was created in. */
  #top: string

  constructor(
    root: string,
    readonly fs: FileSystem,
  ) {
    this.root = path.resolve(root)
    this.parts = path.join(this.root, PARTS)
    this.#top = this.root
  }

  /** Resolves when `body` is durable under `key`; leaves no part behind when it rejects. */
  async store(key: string, body: Buffer, signal: AbortSignal): Promise<void> {
    const file = pathInside(this.root, key)
    const part = path.join(this.parts, `${randomBytes(16).toString('hex')}.part`)
    await this.#makeFolder(this.parts)
    try {
      await this.#writePart(part, body, signal)
      await this.#makeFolder(path.dirname(file))
      signal.throwIfAborted()
      await this.fs.rename(part, file)
    } catch (error) {
      await this.fs.unlink(part).catch(() => undefined)
      throw error
    }
    await this.#syncUpwards(path.dirname(file))
  }

  /** Removes parts last written to before `beforeMs`; what cannot be removed stays. */
  async removeParts(beforeMs: number): Promise<void> {
    const names = await this.fs.readdir(this.parts).catch((): string[] => [])
    const ours = names.filter((name) => PART_NAME.test(name)).map((name) => path.join(this.parts, name))
    await Promise.allSettled(ours.map((part) => this.#removeStale(part, beforeMs)))
  }

  async #removeStale(part: string, beforeMs: number): Promise<void> {
    const { mtimeMs } = await this.fs.stat(part)
    if (mtimeMs < beforeMs) await this.fs.unlink(part)
  }

  async #writePart(part: string, body: Buffer, signal: AbortSignal): Promise<void> {
    const handle = await this.fs.open(part, 'wx')
    try {
      await handle.writeFile(body, { signal })
      await handle.sync()
    } finally {
      await handle.close()
    }
  }

  /** Makes the folder and those above it. Refuses one that a symbolic link has led out of the root. */
  async #makeFolder(folder: string): Promise<void> {
    const created = await this.fs.mkdir(folder, { recursive: true })
    if (created && isInside(this.root, created)) this.#top = path.dirname(created)
    const [real, realRoot] = await Promise.all([this.fs.realpath(folder), this.fs.realpath(this.root)])
    if (!isInside(real, realRoot)) throw new OutsideFolder(folder)
  }

  /**
   * Syncs the folders from `folder` up to the top. All of them, every time: another attempt, perhaps of a dead process,
   * may have created some and not have come to syncing them. Syncing a folder that has not changed costs little.
   */
  async #syncUpwards(folder: string): Promise<void> {
    for (let at = folder; ; at = path.dirname(at)) {
      const handle = await this.fs.open(at, 'r')
      try {
        await handle.sync()
      } finally {
        await handle.close()
      }
      if (at === this.#top) return
    }
  }
}
