import type { DropDecision, Intent, WritePlan } from './intent.js'

/**
 * The text that is committed with a partition's offset. Intent, T0 and offset are one commit, so they are never apart, and
 * whoever gets the partition next finds them (delivery.md §1 and §3).
 */
export interface CommitMetadata {
  intent: Intent | null
  marks: CredentialMarks
}

/** What the credentials of the connector have done, as far as this partition has seen it. All instants in Unix milliseconds. */
export interface CredentialMarks {
  /** The last time something of this partition was acknowledged by the destination, or the credentials proved to work. */
  readonly deliveredAtMs?: number
  /** Set while the credentials fail, as far as anybody knew at this commit. */
  readonly failing?: FailingMark
}

interface FailingMark {
  /** T0. */
  readonly sinceMs: number
  /** Where the connector delivered then: another place has a clock of its own. See `placeId`. */
  readonly place: string
  /** The provider's name for what was wrong. */
  readonly code: string
  /** How many of the steps of which people are told have been told, in their order. */
  readonly told: number
}

/** Brokers refuse longer commit metadata (`offset.metadata.max.bytes`, 4,096 by default). */
export const MAX_METADATA_CHARS = 4096

/** What stands in the text, by version; a reader refuses versions it does not know. */
interface MetadataV1 {
  v: 1
  range?: WritePlan & { end: number; schemas?: Record<string, number>; drop?: DropV1 }
  deliveredAt?: string
  failingSince?: string
  place?: string
  code?: string
  told?: number
}

interface DropV1 {
  since: string
  at: string
  code: string
  instance: string
  partly: boolean
}

/** The empty string when there is nothing to say. */
export function encodeMetadata({ intent, marks }: CommitMetadata): string {
  const { deliveredAtMs, failing } = marks
  if (!intent && deliveredAtMs === undefined && !failing) return ''
  const metadata: MetadataV1 = {
    v: 1,
    ...(intent && { range: rangeOf(intent) }),
    ...(deliveredAtMs !== undefined && { deliveredAt: isoOf(deliveredAtMs) }),
    ...(failing && failingOf(failing)),
  }
  return JSON.stringify(metadata)
}

export type DecodedMetadata =
  | ({ kind: 'ours' } & CommitMetadata)
  /** Something that is not ours: left by another tool. */
  | { kind: 'foreign' }
  /** Written by a newer Millrace: this one must not touch the partition. */
  | { kind: 'newer'; version: number }

export function decodeMetadata(text: string): DecodedMetadata {
  if (text === '') return { kind: 'ours', intent: null, marks: {} }
  const parsed = parseObject(text)
  if (typeof parsed?.['v'] !== 'number') return { kind: 'foreign' }
  if (parsed['v'] !== 1) return { kind: 'newer', version: parsed['v'] }
  const metadata = parsed as unknown as MetadataV1
  return { kind: 'ours', intent: intentOf(metadata), marks: marksOf(metadata) }
}

function rangeOf({ end, plan, schemas, drop }: Intent): NonNullable<MetadataV1['range']> {
  const { folder, cluster, zone, topicInKey, codec } = plan
  return {
    ...{ end, folder, cluster, zone, topicInKey, codec },
    ...(schemas.size > 0 && { schemas: Object.fromEntries(schemas) }),
    ...(drop && { drop: dropOf(drop) }),
  }
}

function failingOf({ sinceMs, place, code, told }: FailingMark): Partial<MetadataV1> {
  return { failingSince: isoOf(sinceMs), place, code, told }
}

function dropOf({ sinceMs, atMs, code, instance, isPartly }: DropDecision): DropV1 {
  return { since: isoOf(sinceMs), at: isoOf(atMs), code, instance, partly: isPartly }
}

function intentOf({ range }: MetadataV1): Intent | null {
  if (!range) return null
  const { end, schemas, folder, cluster, zone, topicInKey, codec, drop } = range
  const plan = { folder, cluster, zone, topicInKey, codec }
  return { end, plan, schemas: new Map(Object.entries(schemas ?? {})), ...(drop && { drop: decisionOf(drop) }) }
}

function decisionOf({ since, at, code, instance, partly }: DropV1): DropDecision {
  return { sinceMs: Date.parse(since), atMs: Date.parse(at), code, instance, isPartly: partly }
}

function marksOf({ deliveredAt, failingSince, place = '', code = '', told = 0 }: MetadataV1): CredentialMarks {
  return {
    ...(deliveredAt !== undefined && { deliveredAtMs: Date.parse(deliveredAt) }),
    ...(failingSince !== undefined && { failing: { sinceMs: Date.parse(failingSince), place, code, told } }),
  }
}

const isoOf = (atMs: number) => new Date(atMs).toISOString()

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
