import type { FailureClass } from './destination.js'

/** Error names of one class, and what a person can do about them. */
interface ErrorGroup {
  class: FailureClass
  advice: string
  names: readonly string[]
}

/**
 * What an operating-system error means when a folder is written. Names: POSIX.1-2017, "errno.h", and for EDQUOT, ESTALE
 * and EREMOTEIO Linux `errno(3)`. A folder has no credentials: no row starts the 48-hour clock. Anything not listed is
 * transient.
 */
const GROUPS: readonly ErrorGroup[] = [
  { class: 'transient', advice: 'Free disk space, or raise the quota.', names: ['ENOSPC', 'EDQUOT'] },
  { class: 'transient', advice: 'Check the disk and its file system.', names: ['EIO', 'EREMOTEIO', 'ENXIO', 'ENODEV'] },
  { class: 'transient', advice: 'Raise the limit of open files.', names: ['EMFILE', 'ENFILE'] },
  {
    class: 'transient',
    advice: 'It is tried again.',
    names: ['ENOMEM', 'EAGAIN', 'EBUSY', 'EINTR', 'ESTALE', 'ETIMEDOUT', 'EHOSTDOWN', 'EHOSTUNREACH', 'ENOENT'],
  },
  {
    class: 'configuration',
    advice: 'Let the user Millrace runs as create files and folders there.',
    names: ['EACCES', 'EPERM'],
  },
  { class: 'configuration', advice: 'Mount the file system writable.', names: ['EROFS'] },
  {
    class: 'configuration',
    advice: 'Something that is not a folder stands in the way; move it, or choose another path.',
    names: ['ENOTDIR', 'EISDIR', 'EEXIST', 'ENOTEMPTY', 'ELOOP'],
  },
  {
    class: 'configuration',
    advice: 'Choose a path and folder that the file system can name.',
    names: ['ENAMETOOLONG', 'EINVAL', 'EILSEQ'],
  },
  { class: 'configuration', advice: 'Keep everything below `path` on one file system.', names: ['EXDEV'] },
  {
    class: 'configuration',
    advice: 'Lower `files.maxBytes`, or use a file system for larger files.',
    names: ['EFBIG'],
  },
]

const BY_NAME = new Map(GROUPS.flatMap((group) => group.names.map((name) => [name, group] as const)))

/** Class, code and advice for an error of the file system; `UNKNOWN` when no row names it. */
export function classifyFolderError(error: unknown): { class: FailureClass; code: string; advice: string } {
  const name = error instanceof Error && 'code' in error ? String(error.code) : ''
  const group = BY_NAME.get(name)
  if (group) return { class: group.class, code: name, advice: group.advice }
  return { class: 'transient', code: 'UNKNOWN', advice: `This error (${name || String(error)}) is not known.` }
}
