import type { OutgoingRecord } from '../../delivery/kafka-records.js'
import { ledgerId, readLedgerEntry, type LedgerEntry } from '../../delivery/ledger-entry.js'
import { MillraceError } from '../../runtime/errors.js'
import type { StoredRecord } from '../../source/source.js'
import type { KafkaSession } from '../kafka-session.js'
import { endsOrNone } from '../../source/missing-topic.js'

/** An entry as the commands see it: what delivery wrote, and what a replay has added. */
export interface Drop extends LedgerEntry {
  /** Where the replay began, when Kafka had removed what was before by then. */
  replayedFrom?: number
}

/** Every entry of the drop ledger, newest last; none while the topic does not exist. What is not ours is left out. */
export async function readDrops({ kafka, offsets, reader }: KafkaSession): Promise<Drop[]> {
  const drops = new Map<string, Drop>()
  for (const partition of await endsOrNone(offsets, kafka.topics.drops)) {
    for await (const record of reader.read(partition)) {
      const drop = dropOf(record)
      if (drop) drops.set(drop.id, drop)
    }
  }
  return [...drops.values()].sort(byAge)
}

/** The entry a record holds; undefined when it is not one of Millrace's, or damaged. */
export function dropOf({ key, value }: StoredRecord): Drop | undefined {
  const entry = readLedgerEntry(value)
  return entry && String(key) === entry.id && ledgerId(entry) === entry.id && isWhole(entry) ? entry : undefined
}

/** The entry of that id, or the only one whose id begins so. Throws `MillraceError` `USAGE`. */
export function dropNamed(drops: readonly Drop[], name: string): Drop {
  const found = drops.filter(({ id }) => id === name || (name.length >= SHORTEST_PREFIX && id.startsWith(name)))
  if (found.length === 1) return found[0]!
  const several = `${found.length} drops begin so, write more of the id`
  const short = `write at least ${SHORTEST_PREFIX} characters of the id; see them all with: millrace drops list`
  const none = 'there is no such drop: see them all with: millrace drops list'
  const mistake = found.length > 1 ? several : name.length < SHORTEST_PREFIX ? short : none
  throw new MillraceError('USAGE', `${name}: ${mistake}`)
}

/** For the ledger: the same entry, delivered after all. */
export function replayedRecord(drop: Drop, atMs: number, from: number): OutgoingRecord {
  const beginsLater = from > drop.firstOffset ? { replayedFrom: from } : {}
  const entry: Drop = { ...drop, replayed: true, replayedAt: new Date(atMs).toISOString(), ...beginsLater }
  return { key: Buffer.from(drop.id), value: Buffer.from(JSON.stringify(entry)), headers: [] }
}

/** As with abbreviated commits in Git: long enough not to be met by chance, short enough to type. */
const SHORTEST_PREFIX = 6

const byAge = (a: Drop, b: Drop) =>
  a.droppedAt.localeCompare(b.droppedAt) ||
  a.topic.localeCompare(b.topic) ||
  a.partition - b.partition ||
  a.firstOffset - b.firstOffset

/** Anybody who may write to the topic can write anything; what commands rely on is looked at. */
function isWhole(entry: LedgerEntry): boolean {
  const { connector, topic, droppedAt, partition, firstOffset, lastOffset, events, filtered, tombstones } = entry
  const counts = [partition, firstOffset, lastOffset, events, filtered, tombstones]
  return (
    [connector, topic, droppedAt].every(isText) &&
    counts.every((count) => Number.isSafeInteger(count) && count >= 0) &&
    firstOffset <= lastOffset &&
    isObject(entry.eventTypes) &&
    (entry.plan === null || isPlan(entry.plan))
  )
}

function isPlan({ folder, cluster, zone, topicInKey, codec, schemas }: NonNullable<LedgerEntry['plan']>): boolean {
  return (
    [folder, cluster, zone].every(isText) &&
    typeof topicInKey === 'boolean' &&
    ['null', 'deflate'].includes(codec) &&
    isObject(schemas)
  )
}

const isText = (value: unknown) => typeof value === 'string'
const isObject = (value: unknown) => typeof value === 'object' && value !== null
