import type { FailureClass } from './destination.js'

/** What an error of a request to a destination means. */
export interface Diagnosis {
  class: FailureClass
  /** The provider's name for it; ours in capitals where it has none. */
  code: string
  /** What was said, by the server or by us, without the payload's key; may be empty. Holds no secret. */
  said: string
  /** What a person can do. */
  advice: string
  hitsAll: boolean
  retryAfterMs?: number
  /** The server's own time, where its answer told it; Unix milliseconds. */
  serverAtMs?: number
}

/** Longer words are a page of HTML or an attack on the log. */
const MAX_WORDS = 300

/** A run this long is a key, a token or a signature: secret access keys have 40 characters. */
const LONG_RUN = /[A-Za-z0-9+/=]{40,}/g

/** What a server has said, fit for a message: on one line, not too long, without what may be a secret. */
export function harmlessWords(words: string): string {
  const said = words.replace(/\s+/g, ' ').replace(LONG_RUN, '[…]')
  return said.trim().slice(0, MAX_WORDS).replace(/\.$/, '')
}
