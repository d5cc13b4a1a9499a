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

  /** `read` throws a `MillraceError` that names the origin when the secret is not there. */
  constructor(
    readonly origin: SecretOrigin,
    read: () => string,
  ) {
    this.#read = read
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
