import { constants } from 'node:fs'
import path from 'node:path'
import { Checklist, ok, type CheckResult, type Finding } from '../runtime/checklist.js'
import type { Clock } from '../runtime/clock.js'
import { classifyFolderError } from './folder-errors.js'
import { OutsideFolder, pathInside } from './folder-path.js'
import type { FileSystem, Folder } from './local-folder.js'

interface FolderCheckParts {
  folder: Folder
  fs: FileSystem
  clock: Clock
}

/**
 * Writes an empty file as delivering writes its objects, and takes it away again with every folder that was made for it.
 * Without a key it only asks whether files may be made there.
 */
export async function checkFolder(
  key: string | null,
  signal: AbortSignal,
  parts: FolderCheckParts,
): Promise<CheckResult[]> {
  const list = new Checklist(parts.clock)
  const { root } = parts.folder
  const at = await list.check({ name: 'destination', resource: root }, () => findFolder(parts))
  await list.check({ name: 'write', resource: root, needs: [at] }, () =>
    key === null ? askToWrite(parts) : tryToWrite(key, signal, parts),
  )
  return list.results
}

/** Asks of the folder, or of the nearest above it that exists. */
async function askToWrite({ folder: { root }, fs }: FolderCheckParts): Promise<Finding> {
  try {
    const [topmostMissing] = (await missingFolders(root, fs)).slice(-1)
    const nearest = topmostMissing === undefined ? root : path.dirname(topmostMissing)
    await fs.access(nearest, constants.W_OK | constants.X_OK)
    return ok('files and folders may be made')
  } catch (error) {
    return failed(error, root)
  }
}

async function findFolder({ folder: { root }, fs }: FolderCheckParts): Promise<Finding> {
  try {
    const found = await fs.stat(root)
    if (found.isDirectory()) return ok('exists')
    return failed(Object.assign(new Error('not a folder'), { code: 'ENOTDIR' }), root)
  } catch (error) {
    return isMissing(error) ? ok('does not exist yet: delivering makes it') : failed(error, root)
  }
}

async function tryToWrite(key: string, signal: AbortSignal, { folder, fs }: FolderCheckParts): Promise<Finding> {
  const made: string[] = []
  try {
    const file = pathInside(folder.root, key)
    for (const place of [path.dirname(file), folder.parts]) made.push(...(await missingFolders(place, fs)))
    await folder.store(key, Buffer.alloc(0), signal)
    await fs.unlink(file)
    return ok('files and folders can be made, renamed and synced')
  } catch (error) {
    return failed(error, folder.root)
  } finally {
    // The deepest first. One that a running connector has meanwhile filled stays.
    const deepestFirst = [...new Set(made)].sort((a, b) => b.length - a.length)
    for (const place of deepestFirst) await fs.rmdir(place).catch(() => undefined)
  }
}

/** `place` and the folders above it, as far as they do not exist. */
async function missingFolders(place: string, fs: FileSystem): Promise<string[]> {
  const missing: string[] = []
  for (let at = place; await isAbsent(at, fs); at = path.dirname(at)) missing.push(at)
  return missing
}

const isAbsent = (place: string, fs: FileSystem) => fs.stat(place).then(() => false, isMissing)

const isMissing = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT'

function failed(error: unknown, root: string): Finding {
  if (error instanceof OutsideFolder) return { status: 'failed', code: 'OUTSIDE_FOLDER', message: error.message }
  const { class: failureClass, code, advice } = classifyFolderError(error)
  const passesByItself = failureClass === 'transient'
  const finding: Finding = { status: 'failed', code, message: `${code}: ${root} cannot be written`, hint: advice }
  return passesByItself ? { ...finding, passesByItself } : finding
}
