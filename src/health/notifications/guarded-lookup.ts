import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { isForbidden } from '../../config/addresses.js'

/** A name that leads to an address which nothing of ours may talk to (operations.md: security). */
class ForbiddenAddress extends Error {
  readonly code = 'FORBIDDEN_ADDRESS'
}

/** Resolves names like Node does, but refuses those of link-local and metadata addresses. */
export const guardedLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const [first] = addresses ?? []
    if (error || !first) callback(error ?? new ForbiddenAddress(), [])
    else if (addresses.some(({ address }) => isForbidden(address))) callback(new ForbiddenAddress(), [])
    else if (options.all) callback(null, addresses)
    else callback(null, first.address, first.family)
  })
}
