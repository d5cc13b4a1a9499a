import { inspect } from 'node:util'

/** Where a secret comes from; for messages, never with the value. */
export type SecretOrigin = { kind: 'env'; name: string } | { kind: 'file'; path: string } | { kind: 'inline' }

const REDACTED = '[REDACTED]'

/**
 * A secret that prints as `[REDACTED]` in every way a value can be printed (string, template, JSON, inspect).
 * `read()` gives the text as it is now: a file is read anew at every call, so that a rotated secret heals without a restart.
 */
export class Secret {
  readonly #read: () => string
  readonly #isKept: () => boolean

  /**
   * `read` throws a `MillraceError` that names the origin when the secret is not there. `isKept` tells whether the last
   * `read` gave an earlier text, because the secret cannot be read now.
   */
  constructor(
    readonly origin: SecretOrigin,
    read: () => string,
    isKept: () => boolean = () => false,
  ) {
    this.#read = read
    this.#isKept = isKept
  }

  /** True when the last `read` gave an earlier text, because the secret cannot be read now. */
  get isKept(): boolean {
    return this.#isKept()
  }

  /** The secret's text. */
  read(): string {
    return this.#read()
  }

  toString(): string {
    return REDACTED
  }

  toJSON(): string {
    return REDACTED
  }

  [inspect.custom](): string {
    return REDACTED
  }
}
