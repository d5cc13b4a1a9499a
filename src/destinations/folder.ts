import { access, mkdir, open, readdir, realpath, rename, rmdir, stat, unlink } from 'node:fs/promises'
import type { FolderSettings } from '../config/configuration.js'
import type { Clock } from '../runtime/clock.js'
import type { ObjectDestination, Failure, ObjectPayload } from './destination.js'
import { checkFolder } from './folder-check.js'
import { classifyFolderError } from './folder-errors.js'
import { OutsideFolder } from './folder-path.js'
import { Folder, type FileSystem } from './local-folder.js'
import { aborted, Writes, type Setback } from './writes.js'

export interface FolderDeps {
  clock: Clock
  fs?: FileSystem
}

/** As many as libuv has threads for the file system by default; more would only hold more bodies in memory. */
const CONCURRENCY = 4

/**
 * A part nobody has written to for this long belongs to a dead process. A slow live one that loses its part
 * fails at the rename and tries again, so the time is a matter of noise only: two full attempts of 30 s (fault 15).
 */
const PART_STALE_MS = 60_000

/** How often stale parts are looked for: once at the start, then rarely; a crash leaves a handful of them. */
const SWEEP_EVERY_MS = 10 * 60_000

/**
 * Objects as files below `settings.path`. Each is written under a temporary name, synced and renamed; then every folder
 * on the way is synced. So no reader ever sees a partial file, and what is not listed as failed survives a power cut.
 */
export function createFolderDestination(settings: FolderSettings, deps: FolderDeps): ObjectDestination {
  const fs = deps.fs ?? { access, mkdir, open, readdir, realpath, rename, rmdir, stat, unlink }
  const folder = new Folder(settings.path, fs)
  const writes = new Writes(CONCURRENCY)
  let sweepAtMs = -Infinity

  const writeOne = async (payload: ObjectPayload, signal: AbortSignal): Promise<Setback | undefined> => {
    const body = await payload.body()
    try {
      await folder.store(payload.key, body, signal)
      return undefined
    } catch (error) {
      const failure = signal.aborted ? aborted(payload) : asFailure(error, payload, settings.path)
      // An attempt at a folder costs next to nothing, and a right can be missing in one subfolder only.
      return { failure, hitsAll: false }
    }
  }

  return {
    async write(payloads, signal) {
      const nowMs = deps.clock.nowMs()
      if (nowMs >= sweepAtMs) {
        sweepAtMs = nowMs + SWEEP_EVERY_MS
        await folder.removeParts(nowMs - PART_STALE_MS)
      }
      return writes.write(payloads, signal, writeOne)
    },
    check: (marker, signal) => checkFolder(marker, signal, { folder, fs, clock: deps.clock }),
    close: () => writes.close(),
  }
}

function asFailure(error: unknown, payload: ObjectPayload, root: string): Failure {
  if (error instanceof OutsideFolder) {
    return { payload, class: 'configuration', code: 'OUTSIDE_FOLDER', message: error.message }
  }
  const { class: failureClass, code, advice } = classifyFolderError(error)
  const message = `${code}: the folder ${root} did not take ${payload.key}. ${advice}`
  return { payload, class: failureClass, code, message }
}
