import { z } from 'zod'
import { duration, listOf, size, startingPoint, text, textLike } from '../option-types.js'
import type { PlaceTypes } from '../place-types.js'
import { destinationSection, fieldName } from './destinations.js'
import { topicName } from './kafka.js'

const MIB = 1024 * 1024
const GIB = 1024 * MIB
const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS

/** Below, a quiet topic would become nothing but objects of single events. */
const MIN_AGE_MS = 100
/** What is in memory is read again after a crash: a day of it is too much. */
const MAX_AGE_MS = 24 * HOUR_MS
/** The largest object that one S3 PUT takes. */
const MAX_OBJECT_BYTES = 5 * GIB
/** Room for one or two average events (435 bytes of Avro, performance.md). */
const MIN_OBJECT_BYTES = 1024
/** No time of the 48-hour rule is below a second (delivery.md §3). */
const MIN_PERIOD_MS = SECOND_MS

/** What `maxBytes` is when nobody asks for another; see the rule that compares it with `service.memory`. */
export const DEFAULT_OBJECT_BYTES = 64 * MIB

const EVENT_PATTERN = {
  pattern: /^[A-Za-z0-9_.*-]{1,255}$/,
  noun: 'event type or pattern',
  instead: 'write it like users.messages.email.Open or users.messages.*',
}

const eventsSection = z.object({
  include: listOf(textLike(EVENT_PATTERN)).min(1).default(['*']).describe('event types or patterns; default all'),
  exclude: listOf(textLike(EVENT_PATTERN)).default([]).describe('event types or patterns left out of these'),
  anonymousUsers: z.enum(['include', 'exclude']).default('include').describe('events without external_user_id'),
})

function fieldsSection({ secret }: PlaceTypes) {
  return z
    .object({
      remove: listOf(fieldName()).default([]).describe('[REDACTED] in a string, null in any other nullable field'),
      hash: listOf(fieldName()).default([]).describe('SHA-256 of a string, in hexadecimal'),
      hashKey: secret.exactOptional().describe('HMAC-SHA-256 with this key instead'),
    })
    .superRefine(({ remove, hash }, context) => {
      for (const [index, field] of hash.entries()) {
        if (!remove.includes(field)) continue
        const params = { instead: 'keep it in one of the two' }
        context.addIssue({ code: 'custom', message: `"${field}" is removed as well`, params, path: ['hash', index] })
      }
    })
}

/** Objects of s3 and folder. */
export const filesSection = z
  .object({
    format: z.enum(['avro']).default('avro').describe('Avro object container files'),
    // YAML reads `codec: null` as no value at all.
    codec: z
      .preprocess((value) => (value === null ? 'null' : value), z.enum(['null', 'deflate']).default('deflate'))
      .describe('compression of the blocks'),
    maxAge: duration(MIN_AGE_MS, MAX_AGE_MS)
      .default(5 * MINUTE_MS)
      .describe('time since the first event of a range arrived'),
    maxEvents: z.int().min(1).default(15_000).describe('of one object; closes here when the destination keeps up'),
    maxEventsUnderLoad: z
      .int()
      .min(1)
      .default(100_000)
      .describe('of one object, when the destination does not keep up'),
    maxBytes: size(MIN_OBJECT_BYTES, MAX_OBJECT_BYTES)
      .default(DEFAULT_OBJECT_BYTES)
      .describe('bytes of one object, encoded'),
  })
  .superRefine(({ maxEvents, maxEventsUnderLoad }, context) => {
    if (maxEvents <= maxEventsUnderLoad) return
    const params = { instead: `write at least ${maxEvents}, or lower maxEvents` }
    const message = `${maxEventsUnderLoad} is less than maxEvents`
    context.addIssue({ code: 'custom', message, params, path: ['maxEventsUnderLoad'] })
  })
  .transform(({ maxAge, ...files }) => ({ ...files, maxAgeMs: maxAge }))

/** A minute in memory is read, and sent, again after a crash. */
const MAX_RECORD_AGE_MS = MINUTE_MS

/** Records of kinesis and event-hubs. */
export const recordsSection = z
  .object({
    format: z.enum(['avro', 'json']).default('avro').describe('avro: the single-object encoding; json: the flat event'),
    maxAge: duration(MIN_AGE_MS, MAX_RECORD_AGE_MS)
      .default(SECOND_MS)
      .describe('how long an event waits for others before it is sent'),
  })
  .transform(({ maxAge, ...records }) => ({ ...records, maxAgeMs: maxAge }))

const credentialFailureSection = z
  .object({
    period: duration(MIN_PERIOD_MS)
      .default(48 * HOUR_MS)
      .describe('how long credentials may fail before events are dropped'),
    onExpiry: z.enum(['drop', 'hold']).default('drop').describe('hold: never drop, only alarm'),
    allowShortRetention: z
      .boolean()
      .default(false)
      .describe('true: starts although Kafka keeps events for less than the period'),
  })
  .transform(({ period, ...rule }) => ({ periodMs: period, ...rule }))

/** One forwarding job; its name is the key. */
export function connectorSection(place: PlaceTypes) {
  return z.object({
    description: text().exactOptional().describe('for people'),
    contact: text().exactOptional().describe('who is told when it fails'),
    enabled: z.boolean().default(true).describe('false: saved, not launched'),
    topics: listOf(topicName()).min(1).describe('Kafka topics to read'),
    from: startingPoint()
      .default('beginning')
      .describe('where a brand-new connector starts: beginning, end or an instant'),
    events: eventsSection.prefault({}).describe('which events are forwarded'),
    fields: fieldsSection(place).prefault({}).describe('what happens to personal data'),
    destination: destinationSection(place).describe('where the events go'),
    files: filesSection.exactOptional().describe('objects of s3 and folder'),
    records: recordsSection.exactOptional().describe('records of kinesis and event-hubs'),
    credentialFailure: credentialFailureSection.prefault({}).describe('the 48-hour rule'),
  })
}
