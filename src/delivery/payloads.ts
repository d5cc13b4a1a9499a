import type { ObjectPayload } from '../destinations/destination.js'
import { objectKey } from '../encoding/object-key.js'
import type { Range } from '../range/range.js'

/** The objects of a closed range as a destination writes them: keys and bytes are decided by the range's intent. */
export function payloadsOf(range: Range): ObjectPayload[] {
  return range.objects.map(({ identity, encoder }) => ({
    key: objectKey({ ...range.intent.plan, connector: identity.connector }, identity),
    body: () => encoder.body(),
  }))
}
