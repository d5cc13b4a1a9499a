import { missingPins, type Catalogue } from '../../events/catalogue.js'
import type { Range } from '../../range/range.js'
import type { KafkaSession } from '../kafka-session.js'
import { endsOrNone } from '../../source/missing-topic.js'
import { committedByPartition } from '../topic-offsets.js'
import { remainsOf } from './remains.js'
import type { ReplayTarget } from './targets.js'

/** Why a target is not delivered, or not all of it. */
export interface Obstacle {
  outcome: 'gone' | 'failed'
  reason: string
  message: string
}

const failed = (reason: string, message: string): Obstacle => ({ outcome: 'failed', reason, message })
const gone = (reason: string, message: string): Obstacle => ({ outcome: 'gone', reason, message })

/** The entry names schema versions that are not in the catalogue (any more). */
export function missingSchemas({ drop }: ReplayTarget, catalogue: Catalogue): Obstacle | undefined {
  const missing = missingPins(catalogue, new Map(Object.entries(drop?.plan?.schemas ?? {})))
  if (missing.length === 0) return undefined
  return failed('SCHEMA', `its schemas are not here (${missing.join(', ')}): add them to service.schemas`)
}

/**
 * The connector itself may still deliver offsets it has not committed. Where its group has no offset at all, it does so with
 * everything from its start on; but what stands in the ledger had been committed before the group was forgotten.
 */
export async function notCommitted(target: ReplayTarget, session: KafkaSession): Promise<Obstacle | undefined> {
  const { topic, partition, lastOffset, drop, connector } = target
  const { offsets, kafka } = session
  const committed = (await committedByPartition(offsets, kafka.groupPrefix + connector.name, topic)).get(partition)
  if (committed === undefined ? drop !== null : lastOffset < committed) return undefined
  const upTo = committed === undefined ? 'nothing' : `${topic}/${partition} up to ${committed - 1} only`
  const message = `the connector has committed ${upTo} and may still deliver the rest itself: try again when it has`
  return failed('NOT_COMMITTED', message)
}

/** What Kafka has removed of a target. */
export interface Removed {
  obstacle: Obstacle
  /** The first offset that is left; after the last one when none is. */
  next: number
}

export async function removedOf(target: ReplayTarget, { offsets }: KafkaSession): Promise<Removed | undefined> {
  const { topic, partition, firstOffset, lastOffset, drop } = target
  const remains = remainsOf(target, await endsOrNone(offsets, topic))
  const place = `${topic}/${partition}`
  if (remains.isBeyondEnd) {
    const message = `${place} ends before offset ${lastOffset}: it was recreated or has lost records`
    return { obstacle: failed('TOPIC_RECREATED', message), next: lastOffset + 1 }
  }
  const removed = drop?.reason === 'retention' ? { firstOffset, lastOffset } : remains.gone
  if (!removed) return undefined
  const all = removed.lastOffset === lastOffset
  const message = `Kafka has removed offsets ${removed.firstOffset}-${removed.lastOffset} of ${place}`
  const rest = `${removed.lastOffset + 1}-${lastOffset} are left: deliver those with --partial`
  return {
    obstacle: gone('GONE', all ? `${message}: nothing is left` : `${message}; ${rest}`),
    next: removed.lastOffset + 1,
  }
}

/** Kafka has removed the beginning of a range while it was read: what is in memory may have a hole. */
export async function removedMeanwhile(range: Range, { offsets }: KafkaSession): Promise<Obstacle | undefined> {
  const { topic, partition, first, last } = range
  const remains = remainsOf(
    { topic, partition, firstOffset: first, lastOffset: last },
    await endsOrNone(offsets, topic),
  )
  if (!remains.gone) return undefined
  return gone('GONE', `Kafka removes offsets of ${topic}/${partition} right now: look again at what is left`)
}

/** What was read is not what was dropped: compacted in between, or the topic was made anew. */
export function otherRecords(drop: ReplayTarget['drop'], range: Range, leftOut: number): Obstacle | undefined {
  if (!drop) return undefined
  const { events, filtered, tombstones, rejected } = range.counts
  const [then, now] = [
    drop.events + drop.filtered + drop.tombstones,
    events + filtered + tombstones + rejected + leftOut,
  ]
  const message = `${then} records were dropped, Kafka has ${now} there now`
  if (now > then) return failed('OTHER_RECORDS', `${message}: the topic was made anew, these are other events`)
  if (now === then || range.first > drop.firstOffset) return undefined
  return gone('GONE', `${message}: the rest was compacted away; deliver what is left with --partial`)
}
