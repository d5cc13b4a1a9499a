import { seededRandom } from '../support/seeded-random.js'
import { sampleEvent } from '../support/sample-events.js'
import { digestOfEvent, digestOfRecord, type Fate, type WholeRecord } from './produced.js'

/** Twelve of the 94, of all families: with floats, longs and JSON in strings. */
const CHAOS_TYPES: readonly string[] = [
  'agentconsole.ToolInvocation',
  'users.behaviors.CustomEvent',
  'users.behaviors.Location',
  'users.behaviors.Purchase',
  'users.behaviors.app.SessionStart',
  'users.campaigns.Conversion',
  'users.messages.email.Open',
  'users.messages.email.Send',
  'users.messages.pushnotification.Open',
  'users.messages.sms.Send',
  'users.messages.whatsapp.Send',
  'users.profile.Update',
]

/** A type of the catalogue that the connector's configuration excludes. */
export const EXCLUDED_TYPE = 'users.canvas.Entry'

/** A record to be produced, and what must become of it. */
export interface ChaosRecord extends WholeRecord {
  partition: number
  timestampMs: number
  fate: Fate
}

/** In any past: the topic keeps everything, and no folder depends on the clock of the one who writes. */
const FIRST_HOUR_MS = Date.UTC(2026, 10, 1, 22)
const HOUR_MS = 3_600_000
/** Objects come by the hour: a new one begins after so many records. */
const RECORDS_PER_HOUR = 50_000

type Random = () => number

/** Draws the number of a user. */
type DrawUser = (random: Random) => number

/** A twentieth of all events is about one of five users, who keep one shard busier than others; 2,000 users have the rest. */
export const FEW_HOT_USERS: DrawUser = (random) => Math.floor(random() < 0.05 ? random() * 5 : 5 + random() * 2_000)

/** The records of a run, one after the other, always the same for a seed. */
export class ChaosRecords {
  readonly #random: Random
  #made = 0

  /** `drawUser`: whom events are about, whose records then have a partition of their own; anybody, anywhere, unless given. */
  constructor(
    seed: number,
    private readonly partitions: number,
    private readonly drawUser?: DrawUser,
  ) {
    this.#random = seededRandom(seed)
  }

  next(): ChaosRecord {
    const random = this.#random
    const user = this.drawUser?.(random)
    const partition = user === undefined ? Math.floor(random() * this.partitions) : user % this.partitions
    const n = this.#made++
    return { partition, timestampMs: timestampOf(n, random), ...recordOf(n, random, user) }
  }
}

/** Three in a hundred come late, with the timestamp of the hour before. */
function timestampOf(n: number, random: Random): number {
  const withinHour = ((n % RECORDS_PER_HOUR) / RECORDS_PER_HOUR) * HOUR_MS
  const late = random() < 0.03 ? HOUR_MS : 0
  return Math.floor(FIRST_HOUR_MS + Math.floor(n / RECORDS_PER_HOUR) * HOUR_MS + withinHour) - late
}

/** One in 300 is poison, one in 150 has no value, one in 100 is excluded. */
function recordOf(n: number, random: Random, user: number | undefined): WholeRecord & { fate: Fate } {
  const key = random() < 0.8 ? Buffer.from(`user-${n % 1000}`) : null
  const lot = random()
  if (lot < 1 / 300) return poison(n, key, random)
  const headers = { 'trace-id': String(n) }
  if (lot < 1 / 100) return { key, value: null, headers, fate: { kind: 'nothing' } }
  const shape = random() < 0.5 ? 'flat' : 'enveloped'
  const id = `event-${n}`
  const fields = user === undefined ? { id } : { id, user_id: `user-${user}` }
  if (lot < 2 / 100) {
    const { value } = sampleEvent(EXCLUDED_TYPE, random, { shape, fields })
    return { key, value, headers, fate: { kind: 'nothing' } }
  }
  const eventType = pick(CHAOS_TYPES, random)
  const { value, expected } = sampleEvent(eventType, random, { shape, fields })
  return { key, value, headers, fate: { kind: 'event', id, eventType, digest: digestOfEvent(expected) } }
}

interface Poison {
  reason: string
  value: (n: number, random: Random) => string
}

const POISONS: readonly Poison[] = [
  { reason: 'NOT_JSON', value: (n) => `{"event_type": "users.messages.email.Open", "id": "poison-${n}"` },
  { reason: 'UNKNOWN_EVENT_TYPE', value: (n) => `{"event_type": "users.nowhere.Nothing", "id": "poison-${n}"}` },
  { reason: 'MISSING_FIELD', value: (n) => emailSend({ id: `poison-${n}`, user_id: 'u' }) },
  { reason: 'WRONG_TYPE', value: (n) => emailSend({ id: `poison-${n}`, user_id: 'u', time: 'yesterday' }) },
]

/** One poison in 20 is just over the 900 KB that are delivered. */
const OVERSIZED: Poison = {
  reason: 'OVERSIZED',
  value: (n) => emailSend({ id: `poison-${n}`, user_id: 'u', time: 1_793_491_200, subject: 'x'.repeat(900 * 1024) }),
}

function emailSend(fields: object): string {
  return JSON.stringify({ event_type: 'users.messages.email.Send', ...fields })
}

function poison(n: number, key: Buffer | null, random: Random): WholeRecord & { fate: Fate } {
  const { reason, value } = random() < 0.05 ? OVERSIZED : pick(POISONS, random)
  const record = { key, value: Buffer.from(value(n, random)), headers: { 'trace-id': String(n) } }
  return { ...record, fate: { kind: 'poison', reason, digest: digestOfRecord(record) } }
}

function pick<T>(values: readonly T[], random: Random): T {
  return values[Math.floor(random() * values.length)] as T
}
