import type { SchemaPins } from '../events/transcoder.js'

/**
 * The write intent (delivery.md §1): what is written is decided once, durably and fenced, before the first byte leaves.
 * It lives in the metadata of the group's commit, so an intent and the offset it belongs to are never apart.
 */

/** Settings that decide where objects go and what bytes they have; fixed for a range by its intent, whatever is configured later. */
export interface WritePlan {
  readonly folder: string
  readonly cluster: string
  readonly zone: string
  /** Whether the topic stands in the object's name: when a connector reads more than one. */
  readonly topicInKey: boolean
  readonly codec: 'null' | 'deflate'
}

/** The range [committed offset, end] is being written; whoever owns the partition writes exactly that first. */
export interface Intent {
  /** Last offset of the range. */
  readonly end: number
  readonly plan: WritePlan
  /** Schema ids by event type, only where the id is not the type's first: those never change by adding versions. */
  readonly schemas: SchemaPins
}

/** Brokers refuse longer commit metadata (`offset.metadata.max.bytes`, 4,096 by default). */
export const MAX_METADATA_CHARS = 4096

/** What stands in the commit metadata, by version; a reader refuses versions it does not know. */
interface MetadataV1 {
  v: 1
  range?: WritePlan & { end: number; schemas?: Record<string, number> }
}

/** Metadata that carries `intent`, or none: the empty string. */
export function encodeMetadata(intent: Intent | null): string {
  if (!intent) return ''
  const { folder, cluster, zone, topicInKey, codec } = intent.plan
  const schemas = intent.schemas.size > 0 ? { schemas: Object.fromEntries(intent.schemas) } : {}
  const metadata: MetadataV1 = {
    v: 1,
    range: { end: intent.end, folder, cluster, zone, topicInKey, codec, ...schemas },
  }
  return JSON.stringify(metadata)
}

export type DecodedMetadata =
  | { kind: 'none' }
  | { kind: 'intent'; intent: Intent }
  /** Something that is not ours: left by another tool. */
  | { kind: 'foreign' }
  /** Written by a newer Millrace: this one must not touch the partition. */
  | { kind: 'newer'; version: number }

export function decodeMetadata(text: string): DecodedMetadata {
  if (text === '') return { kind: 'none' }
  const parsed = parseObject(text)
  if (typeof parsed?.['v'] !== 'number') return { kind: 'foreign' }
  if (parsed['v'] !== 1) return { kind: 'newer', version: parsed['v'] }
  const { range } = parsed as unknown as MetadataV1
  if (!range) return { kind: 'none' }
  const { end, schemas, folder, cluster, zone, topicInKey, codec } = range
  const plan = { folder, cluster, zone, topicInKey, codec }
  return { kind: 'intent', intent: { end, plan, schemas: new Map(Object.entries(schemas ?? {})) } }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
