import { missingPins, type Catalogue } from '../events/catalogue.js'
import { decodeMetadata, type CommitMetadata } from '../range/commit-metadata.js'
import { MillraceError } from '../runtime/errors.js'
import type { Logger } from '../runtime/logger.js'
import type { Lease, PartitionState, Source } from '../source/source.js'
import type { Committed } from './lane-commits.js'

export interface TakeUpParts {
  source: Source
  /** Where a partition without a committed offset starts; a number is an instant in Unix milliseconds. */
  from: 'beginning' | 'end' | number
  catalogue: Catalogue
  logger: Logger
}

/**
 * Where the last owner of a partition has stopped, as the group's commit says.
 *
 * @throws MillraceError `KAFKA_UNSUPPORTED`, `SCHEMA` or `TOPIC_RECREATED` when what is recorded cannot be gone on with here
 */
export async function takeUp(lease: Lease, state: PartitionState, parts: TakeUpParts): Promise<Committed> {
  const metadata = recorded(sourceOf(lease), state, parts)
  return { offset: await firstOffset(lease, state, parts), ...metadata }
}

/** What a partition's trouble goes by in the connector's health. */
export function sourceOf({ topic, partition }: Pick<Lease, 'topic' | 'partition'>): string {
  return `${topic}/${partition}`
}

/** The topic ends before an offset that was read: a person is needed. */
export function recreated(source: string, offset: number, high: number): MillraceError {
  const message = `${source}: offset ${offset} was read before, but the topic now ends at ${high}: it was recreated or has lost records. Reset the group's offset to where reading should go on`
  return new MillraceError('TOPIC_RECREATED', message)
}

function recorded(source: string, state: PartitionState, { catalogue, logger }: TakeUpParts): CommitMetadata {
  const decoded = decodeMetadata(state.metadata)
  if (decoded.kind === 'newer') throw newerMetadata(source, decoded.version)
  if (decoded.kind === 'foreign') {
    logger.warn({ partition: source }, 'commit metadata of another tool ignored')
    return { intent: null, marks: {} }
  }
  const { intent, marks } = decoded
  if (!intent) return { intent, marks }
  const missing = missingPins(catalogue, intent.schemas)
  if (missing.length > 0) throw missingSchemas(source, missing)
  if (intent.end >= state.high) throw recreated(source, intent.end + 1, state.high)
  return { intent, marks }
}

async function firstOffset(lease: Lease, state: PartitionState, parts: TakeUpParts): Promise<number> {
  if (state.committed !== null) return state.committed
  const first = await startOf(lease, state, parts)
  // Pinned before anything is read: a connector that starts at the end and is restarted must not skip (fault 52).
  await parts.source.commit(lease, first, '')
  return first
}

async function startOf(lease: Lease, state: PartitionState, { from, source }: TakeUpParts): Promise<number> {
  if (from === 'beginning' || state.isNewPartition) return state.low
  return from === 'end' ? state.high : source.offsetAt(lease, from)
}

function newerMetadata(source: string, version: number): MillraceError {
  const message = `${source}: the commit was written by a newer Millrace (metadata version ${version}): run that version here too`
  return new MillraceError('KAFKA_UNSUPPORTED', message)
}

function missingSchemas(source: string, missing: readonly string[]): MillraceError {
  const message = `${source}: a range is being written with schemas this instance does not have (${missing.join(', ')}): add them to service.schemas`
  return new MillraceError('SCHEMA', message)
}
