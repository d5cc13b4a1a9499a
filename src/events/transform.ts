import type { Secret } from '../runtime/secret.js'

/** What happens to named fields, in every event type that has them, before anything is buffered (currents: events). */
export interface FieldTransforms {
  remove: readonly string[]
  hash: readonly string[]
  /** HMAC-SHA-256 with this key instead of SHA-256. */
  hashKey?: Secret
}
