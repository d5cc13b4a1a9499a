import { sampleEvent, SAMPLE_TYPES, type Random } from '../../test/support/sample-events.js'
import { seededRandom } from '../../test/support/seeded-random.js'

/** A Kafka record as the demo produces it, and what must become of it. */
export interface DemoRecord {
  key: string
  value: Buffer | null
  /** `event`: stands in exactly one object. `broken`: ends as a dead letter. `tombstone`: is skipped. */
  fate: 'event' | 'broken' | 'tombstone'
  /** Of an event: the `id` by which it is found again. */
  id?: string
}

/** One record in so many is not an event. */
const oneBrokenIn = 250
/** Above the 900 KiB that an event may have, below the 1 MiB that a broker takes. */
const oversizedBytes = 950 * 1024

/** `count` records, always the same for a seed: events of all types, a few records that are none. Goes on for ever without `count`. */
export function* demoRecords(seed: number, count = Infinity): Generator<DemoRecord> {
  const random = seededRandom(seed)
  for (let n = 0; n < count; n++) {
    yield n % oneBrokenIn === oneBrokenIn / 2
      ? unusualRecord((n - oneBrokenIn / 2) / oneBrokenIn, random)
      : event(random)
  }
}

function event(random: Random): DemoRecord {
  const { value, expected } = sampleEvent(commonType(random), random, { shape: random() < 0.5 ? 'flat' : 'enveloped' })
  const key = typeof expected['user_id'] === 'string' ? expected['user_id'] : (expected['id'] as string)
  return { key, value, fate: 'event', id: expected['id'] as string }
}

/** A few types make up most of the traffic, as everywhere; the square does that. */
function commonType(random: Random): string {
  return SAMPLE_TYPES[Math.floor(random() ** 2 * SAMPLE_TYPES.length)]!
}

/** The kinds take turns; of the largest one there is one. */
function unusualRecord(n: number, random: Random): DemoRecord {
  if (n === 1) return broken(n, Buffer.alloc(oversizedBytes, '{"event_type": "users.messages.email.Open", "filler": "'))
  const fields = JSON.parse(String(event(random).value)) as Record<string, unknown>
  switch (n % 5) {
    case 0:
      return broken(n, Buffer.from('this is no JSON'))
    case 1:
      return broken(n, asJson({ ...fields, id: undefined }))
    case 2:
      return broken(n, asJson({ ...fields, event_type: 'users.messages.pigeon.Landed' }))
    case 3:
      return broken(n, asJson({ ...fields, time: 'yesterday' }))
    default:
      return { key: `tombstone-${n}`, value: null, fate: 'tombstone' }
  }
}

function broken(n: number, value: Buffer): DemoRecord {
  return { key: `broken-${n}`, value, fate: 'broken' }
}

function asJson(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}
