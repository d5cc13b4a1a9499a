import { readFileSync } from 'node:fs'

/** Realistic events of every built-in type, the same for the same random numbers: for tests, demo, benchmark and crash test. */

export type Random = () => number

export interface SampleOptions {
  shape: 'flat' | 'enveloped'
  /** Values of named fields instead of made-up ones. */
  fields?: Record<string, unknown>
}

export interface SampleEvent {
  /** The Kafka value: JSON. */
  value: Buffer
  /** Every field of the schema as an Avro reader gives it back. */
  expected: Record<string, unknown>
}

const CATALOGUE = JSON.parse(
  readFileSync(new URL('../../catalogue/event-types.json', import.meta.url), 'utf8'),
) as Record<string, { fields: Record<string, string> }>

export const SAMPLE_TYPES: readonly string[] = Object.keys(CATALOGUE)

/** An event of a built-in type, with most of its optional fields: about 700 bytes of JSON. */
export function sampleEvent(eventType: string, random: Random, { shape, fields = {} }: SampleOptions): SampleEvent {
  const type = CATALOGUE[eventType]
  if (!type) throw new Error(`no built-in event type ${eventType}`)
  const event: Record<string, unknown> = {}
  const expected: Record<string, unknown> = {}
  for (const [name, notation] of Object.entries(type.fields)) {
    const value =
      name in fields ? fields[name] : isLeftOut(notation, random) ? undefined : sampleValue(name, notation, random)
    if (value !== undefined) event[name] = value
    expected[name] = asRead(value, notation)
  }
  const json = shape === 'flat' ? { event_type: eventType, ...event } : enveloped(eventType, event)
  return { value: Buffer.from(JSON.stringify(json)), expected }
}

/** Of optional fields 15 % are absent, and 10 % of the others null (see `sampleValue`): about 700 bytes of JSON. */
function isLeftOut(notation: string, random: Random): boolean {
  return notation.endsWith('?') && random() < 0.15
}

function sampleValue(name: string, notation: string, random: Random): unknown {
  if (notation.endsWith('?')) return random() < 0.1 ? null : sampleValue(name, notation.slice(0, -1), random)
  if (notation.endsWith('[]'))
    return Array.from({ length: integer(random, 0, 3) }, () => sampleValue(name, notation.slice(0, -2), random))
  switch (notation) {
    case 'int':
      return name === 'time' ? timeSeconds(random) : integer(random, 0, 100_000)
    case 'long':
      return name === 'time' ? timeSeconds(random) : timeSeconds(random) * 1000 + integer(random, 0, 999)
    case 'float':
      return name === 'price' ? integer(random, 1, 20_000) / 100 : integer(random, -900_000, 900_000) / 10_000
    case 'boolean':
      return random() < 0.5
    default:
      return sampleString(name, random)
  }
}

function sampleString(name: string, random: Random): unknown {
  if (name === 'properties')
    return { sku: hex(random, 8), quantity: integer(random, 1, 9), tags: ['summer', 'größe-L'], gift: random() < 0.5 }
  if (name === 'id') return uuid(random)
  if (name === 'external_user_id') return `customer-${integer(random, 1, 1_000_000)}`
  if (name.endsWith('_id')) return hex(random, 24)
  const known = VALUES[name]
  if (known) return pick(known, random)
  return pick(WORDS, random)
}

const VALUES: Record<string, readonly string[]> = {
  timezone: ['Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'UTC'],
  email_address: ['ada@example.com', 'grace.hopper@example.org', 'linus@example.net'],
  campaign_name: ['Spring sale', 'Välkommen', 'Back in stock', '夏のセール'],
  canvas_name: ['Onboarding', 'Win back', 'Über uns'],
  user_agent: [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15',
    'Mozilla/5.0 (X11; Linux x86_64)',
  ],
  url: ['https://shop.example.com/sale?utm_source=mail', 'https://example.org/unsubscribe'],
  gender: ['f', 'm', 'o'],
  country: ['DE', 'US', 'JP', 'BR'],
  language: ['de', 'en', 'ja', 'pt'],
  currency: ['EUR', 'USD', 'JPY'],
  platform: ['ios', 'android', 'web'],
  tool_arguments: ['{"query":"return policy"}'],
}

const WORDS = ['summer', 'blue-42', 'v2', 'Ünïcode ✓', 'control group', 'a']

/** Members of an envelope's `user`; all others go into its `properties`. */
const USER_FIELDS = new Set(['user_id', 'external_user_id', 'device_id', 'timezone'])

function enveloped(eventType: string, event: Record<string, unknown>): Record<string, unknown> {
  const { id, time, ...rest } = event
  const user: Record<string, unknown> = {}
  const properties: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(rest)) {
    if (USER_FIELDS.has(name)) user[name] = value
    else if (name !== 'properties') properties[name] = value
    else properties[eventType.endsWith('Purchase') ? 'purchase_properties' : 'custom_properties'] = value
  }
  return { event_type: eventType, id, time, user, properties }
}

function asRead(value: unknown, notation: string): unknown {
  if (value === undefined || value === null) return null
  if (notation.startsWith('float')) return Math.fround(value as number)
  return notation.startsWith('string') && !notation.includes('[]') && typeof value === 'object'
    ? JSON.stringify(value)
    : value
}

/** Within November 2026. */
function timeSeconds(random: Random): number {
  return integer(random, 1_793_491_200, 1_796_083_199)
}

function integer(random: Random, min: number, max: number): number {
  return min + Math.floor(random() * (max - min + 1))
}

function pick<T>(values: readonly T[], random: Random): T {
  return values[Math.floor(random() * values.length)] as T
}

function hex(random: Random, length: number): string {
  return Array.from({ length }, () => integer(random, 0, 15).toString(16)).join('')
}

function uuid(random: Random): string {
  return `${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-a${hex(random, 3)}-${hex(random, 12)}`
}
