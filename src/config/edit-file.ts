import { randomUUID } from 'node:crypto'
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { MillraceError } from '../runtime/errors.js'
import type { Proposed } from './read.js'

/** A configuration file as it was when somebody began to change it. */
export interface OpenedFile {
  path: string
  /** Undefined where there is no such file yet. */
  bytes?: Buffer
  /** Empty where there is no such file yet. */
  text: string
}

/** Throws `WRITE_FAILED` for what is there and cannot be read as text; a file that does not exist is an empty one. */
export function openConfigurationFile(path: string): OpenedFile {
  const bytes = whileWorkingOn(path, 'read', () => bytesOf(path))
  if (bytes === undefined) return { path, text: path.endsWith('.json') ? '{}\n' : '' }
  // Unlike elsewhere the byte order mark stays: it belongs to the file.
  return { path, bytes, text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes) }
}

/**
 * Writes the text, and the secrets before it, each to a file of its own that only its owner may read (folders alike). The
 * configuration file is replaced as a whole and keeps its mode and owner; a link to it stays one. Throws `WRITE_FAILED`, and
 * leaves nothing behind, when the file has changed since it was opened, a secret's file is there already, or anything
 * cannot be written.
 */
export function writeConfigurationFile(file: OpenedFile, { text, secrets }: Proposed): void {
  const made: string[] = []
  try {
    for (const [path, secret] of secrets) writeSecret(path, secret.read(), made)
    replace(file, text)
  } catch (error) {
    made.reverse().forEach((path) => rmSync(path, { recursive: true, force: true }))
    throw error
  }
}

/** `made`: what there was not before, for when it has to go again. */
function writeSecret(path: string, secret: string, made: string[]): void {
  whileWorkingOn(path, 'written', () => {
    const folder = mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    if (folder !== undefined) made.push(folder)
    const file = openSync(path, 'wx', 0o600)
    made.push(path)
    writeAndClose(file, `${secret}\n`)
  })
}

function replace(file: OpenedFile, text: string): void {
  whileWorkingOn(file.path, 'written', () => {
    const target = file.bytes === undefined ? file.path : realpathSync(file.path)
    const temporary = `${target}.${randomUUID()}.part`
    try {
      writeAndClose(openLike(file, { target, temporary }), text)
      refuseChanged(file)
      renameSync(temporary, target)
    } finally {
      rmSync(temporary, { force: true })
    }
  })
}

/** A new file that may be read and written by whom the old one may be. */
function openLike({ bytes }: OpenedFile, { target, temporary }: { target: string; temporary: string }): number {
  const file = openSync(temporary, 'wx')
  if (bytes === undefined) return file
  const [old, now] = [statSync(target), fstatSync(file)]
  if (old.uid !== now.uid || old.gid !== now.gid) fchownSync(file, old.uid, old.gid)
  fchmodSync(file, old.mode)
  return file
}

function writeAndClose(file: number, text: string): void {
  try {
    writeFileSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function refuseChanged({ path, bytes }: OpenedFile): void {
  const now = bytesOf(path)
  if (now === bytes || (now && bytes?.equals(now))) return
  throw new MillraceError(
    'WRITE_FAILED',
    `${path} was changed meanwhile by someone else: nothing was written, do it again`,
  )
}

/** Undefined when there is no such file. */
function bytesOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function whileWorkingOn<T>(path: string, done: 'read' | 'written', work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof MillraceError) throw error
    const code = (error as NodeJS.ErrnoException).code
    if (code === undefined) throw error
    throw new MillraceError(
      'WRITE_FAILED',
      `${path} cannot be ${done} (${code}): ${WHAT_TO_DO[code] ?? 'see to it and do it again'}`,
    )
  }
}

const WHAT_TO_DO: Partial<Record<string, string>> = {
  EACCES: 'give this user the right to',
  EPERM: 'run it as the user the file belongs to',
  EROFS: 'the file system is read-only; add the connector where the file comes from',
  EEXIST: 'a secret is there already; move it away, or name it with file:',
  EISDIR: 'name a file with --config',
  ENOENT: 'make its folder first',
}
