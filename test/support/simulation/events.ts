import type { SchemaVersion } from '../../../src/events/catalogue.js'
import type { Transcoder } from '../../../src/events/transcoder.js'
import type { OpenObject } from '../../../src/range/object-encoder.js'

const TYPES = 3

/** Every event's fate is a function of its offset, so that the checker knows it without asking the code under test. */
export const isFiltered = (offset: number) => offset % 17 === 3
export const isTombstone = (offset: number) => offset % 29 === 5
export const isRejected = (offset: number) => offset % 41 === 7
export const isDelivered = (offset: number) => !isFiltered(offset) && !isTombstone(offset) && !isRejected(offset)

/** Only a stream refuses events by themselves. */
export const isRefused = (offset: number) => offset % 97 === 11

/** What keeps an event of a stream in order: few keys, and some that occur once. */
export const partitionKeyOf = (offset: number) => (offset % 3 === 0 ? `only ${offset}` : `key ${offset % 7}`)

/** The event type of a delivered event. */
export const typeOf = (offset: number) => `simulated.Type${(offset * 7) % TYPES}`

const schemas: SchemaVersion[] = Array.from({ length: TYPES }, (_, type) => ({
  eventType: `simulated.Type${type}`,
  schemaId: 1,
  isFirst: true,
  json: '{}',
}))

export const transcoder: Transcoder = {
  transcode: ({ offset, bytes }) => {
    if (isTombstone(offset)) return { verdict: 'tombstone' }
    if (isFiltered(offset)) return { verdict: 'filtered' }
    if (isRejected(offset)) return { verdict: 'rejected', rejection: { reason: 'NOT_JSON', message: 'simulated' } }
    const schema = schemas[(offset * 7) % TYPES]
    if (!schema) throw new RangeError('no schema')
    return { verdict: 'encoded', schema, bytes, length: bytes.length }
  },
}

/** An object's body is the list of its events: `partition/offset`, a line each. */
export const openObject: OpenObject = ({ partition }, account) => {
  const offsets: number[] = []
  return {
    append: (_bytes, _length, offset) => {
      offsets.push(offset)
      account(100)
    },
    get encodedBytes() {
      return offsets.length * 100
    },
    get events() {
      return offsets.length
    },
    close: () => undefined,
    body: () => Promise.resolve(Buffer.from(offsets.map((offset) => `${partition}/${offset}`).join('\n'))),
  }
}
