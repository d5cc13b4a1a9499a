import { createHash } from 'node:crypto'
import type { Problems } from './problems.js'

/**
 * Everything that was ever stored under a key: a retry, a restart and a second owner write the same bytes to the same key
 * (delivery.md §1.5), so that it does not matter which of them comes last.
 */
export class StoredBytes {
  /** Uploads that found their object already there. */
  rewritten = 0
  readonly #digests = new Map<string, string>()

  constructor(private readonly problems: Problems) {}

  /** `url`: of the request, with path and query. */
  add(url: string, body: Buffer): void {
    const key = decodeURIComponent(url.replace(/\?.*/, ''))
    const digest = createHash('md5').update(body).digest('base64')
    const before = this.#digests.get(key)
    this.#digests.set(key, digest)
    if (before === undefined) return
    this.rewritten++
    if (before !== digest) this.problems.add('bytes changed', key)
  }
}
