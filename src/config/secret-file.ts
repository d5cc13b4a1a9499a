import { readFileSync, statSync } from 'node:fs'
import { systemClock, type Clock } from '../runtime/clock.js'
import { MillraceError } from '../runtime/errors.js'

/** No key, certificate chain or password is larger; a wrong path to a large file is noticed. */
const MAX_SECRET_BYTES = 256 * 1024

/**
 * A file's time stamp tells a new content only when it is older than the clock tick of its file system (up to 2 s on FAT and
 * some network file systems): until then the file is read again.
 */
const STAMP_SETTLED_MS = 2_000

/**
 * A secret in a file. Its text is read again when the file changes, so that a rotated secret heals without a restart. A file
 * that has vanished, is empty or is half-written keeps the text read before (fault 63); the next `read` looks again.
 */
export class SecretFile {
  #text: string | undefined
  #stamp = ''
  #isKept = false

  /** `onKept` is told once, with the reason, when the file turns unusable while a text read before is still in use. */
  constructor(
    readonly path: string,
    private readonly onKept: (reason: string) => void,
    private readonly clock: Clock = systemClock,
  ) {}

  /** True when the last `read` gave an earlier text, because the file cannot be used now. */
  get isKept(): boolean {
    return this.#isKept
  }

  /** The text without its trailing newline, and without the byte order mark that some editors put before it. Throws `CONFIGURATION` when there is none and never was. */
  read(): string {
    try {
      const stamp = this.#settledStamp()
      if (this.#text === undefined || stamp === '' || stamp !== this.#stamp) this.#text = readWhole(this.path)
      this.#stamp = stamp
      this.#isKept = false
      return this.#text
    } catch (error) {
      return this.#keep(error)
    }
  }

  #keep(error: unknown): string {
    const reason = reasonOf(error)
    if (this.#text === undefined) throw new MillraceError('CONFIGURATION', `the secret file ${this.path} ${reason}`)
    if (!this.#isKept) this.onKept(reason)
    this.#isKept = true
    this.#stamp = ''
    return this.#text
  }

  /** Changes with the file; empty while a change could still hide within one tick of the file system's clock. */
  #settledStamp(): string {
    const { ino, size, mtimeNs, ctimeNs, ctimeMs } = statSync(this.path, { bigint: true })
    if (this.clock.nowMs() - Number(ctimeMs) < STAMP_SETTLED_MS) return ''
    return `${ino}/${size}/${mtimeNs}/${ctimeNs}`
  }
}

/** Editors and `echo` end a text with one; no secret does. */
export function withoutLastNewline(text: string): string {
  return text.replace(/\r?\n$/, '')
}

/** Why a file cannot be taken for the secret, in words that follow its name. */
class UnusableFile extends Error {}

function readWhole(path: string): string {
  const text = withoutLastNewline(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''))
  if (text === '') throw new UnusableFile('is empty')
  if (Buffer.byteLength(text) > MAX_SECRET_BYTES) throw new UnusableFile('is too large for a secret')
  // PEM tells where it ends: a certificate or key whose writing is underway is not taken.
  if (text.split('-----BEGIN ').length !== text.split('-----END ').length) throw new UnusableFile('is only half there')
  return text
}

function reasonOf(error: unknown): string {
  if (error instanceof UnusableFile) return error.message
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ENOENT') return 'does not exist'
  if (code === 'EACCES') return 'may not be read by this user'
  if (code === 'EISDIR') return 'is a folder'
  return `cannot be read (${code ?? 'unknown error'})`
}
