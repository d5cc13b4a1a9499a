import type { ConnectorSettings } from '../config/configuration.js'
import { orNull } from '../delivery/views.js'
import type { ConnectorLag, LeasedPartition, PartitionLag } from '../health/lag.js'
import type { Clock } from '../runtime/clock.js'
import { MillraceError } from '../runtime/errors.js'
import { unlessMissing } from '../source/missing-topic.js'
import type { KafkaSurvey, PartitionEnds } from '../source/kafka-offsets.js'
import type { KafkaReader } from '../source/kafka-reader.js'
import { groupBy } from '../source/topic-partitions.js'

type Watched = Pick<ConnectorSettings, 'name' | 'topics' | 'from'>

export interface LagWatchParts {
  connectors: readonly Watched[]
  groupPrefix: string
  offsets: Pick<KafkaSurvey, 'ends' | 'committed' | 'offsetsAt' | 'retentionsMs'>
  /** Fetches as little as it can. */
  reader: Pick<KafkaReader, 'read'>
  /** What processes say of the partitions they have. */
  leased: (connector: string) => readonly LeasedPartition[]
  clock: Clock
}

/** As often as operators look; one request per broker, and one per connector of which not all partitions are leased. */
const EVERY_MS = 5_000
/** Retention is changed by people. */
const RETENTION_EVERY_MS = 3_600_000
/** Of one look: more would delay the next one. The rest has its turn then. */
const MOST_FETCHES = 100

/**
 * How far each connector is behind, asked of Kafka beside all delivering: so it is right also for one that is paused, fails,
 * or has never delivered. The oldest record is fetched only where it stays, and no process has it in memory.
 */
export class LagWatch {
  readonly #lags = new Map<string, ConnectorLag>()
  /** Timestamp of the record at an offset, by `topic/partition@offset`; null while only the offset was seen. */
  #oldest = new Map<string, number | null>()
  readonly #missing = new Set<string>()
  #retentions: ReadonlyMap<string, number | null> = new Map()
  #retentionsAtMs = -Infinity

  constructor(private readonly parts: LagWatchParts) {}

  /** Null while Kafka has not said. */
  lagOf(connector: string): ConnectorLag | null {
    return this.#lags.get(connector) ?? null
  }

  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look()
      await this.parts.clock.sleep(EVERY_MS, signal)
    }
  }

  /** Asks once. `isEager`: also for oldest records that were not there the last time. What Kafka does not say stays as it was. */
  async look(isEager = false): Promise<void> {
    const { connectors } = this.parts
    const ends = await this.#ends([...new Set(connectors.flatMap(({ topics }) => topics))])
    if (ends.size === 0) return
    await this.#lookAtRetention([...ends.keys()])
    const known = new Map<string, number | null>()
    let fetches = MOST_FETCHES
    for (const connector of connectors) {
      const lags = await this.#lagsOf(connector, ends)
      if (!lags) continue
      const partitions: PartitionLag[] = []
      for (const lag of lags) {
        const isFetched = await this.#findOldest(lag, { known, isEager, mayFetch: fetches > 0 })
        if (isFetched) fetches--
        partitions.push(lag.lag)
      }
      this.#set(connector.name, { partitions, retentionMs: this.#kept(connector) })
    }
    this.#oldest = known
  }

  /** Where nothing has changed it stays the same object, so that nobody looks at it again. */
  #set(name: string, lag: ConnectorLag): void {
    const known = this.#lags.get(name)
    if (!known || known.retentionMs !== lag.retentionMs || !areSame(known.partitions, lag.partitions))
      this.#lags.set(name, lag)
  }

  /** By topic. All at once, but for those that could not be had the last time: one of them would hide the others. */
  async #ends(topics: readonly string[]): Promise<Map<string, PartitionEnds[]>> {
    const there = topics.filter((topic) => !this.#missing.has(topic))
    const all = there.length > 0 ? await this.#endsOf(there) : []
    if (all === null) return new Map()
    const found: Map<string, PartitionEnds[]> = groupBy(all ?? [], ({ topic }) => topic)
    for (const topic of all ? this.#missing : topics) await this.#look(topic, found)
    return found
  }

  async #look(topic: string, found: Map<string, PartitionEnds[]>): Promise<void> {
    const ends = await this.#endsOf([topic])
    if (ends) found.set(topic, ends)
    if (ends) this.#missing.delete(topic)
    else if (ends === undefined) this.#missing.add(topic)
  }

  /** Undefined where one of them is missing, or not for us; null while Kafka does not answer. */
  async #endsOf(topics: readonly string[]): Promise<PartitionEnds[] | undefined | null> {
    try {
      return await this.parts.offsets.ends(topics)
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      return error.code === 'KAFKA_UNREACHABLE' ? null : undefined
    }
  }

  async #lagsOf(connector: Watched, ends: ReadonlyMap<string, PartitionEnds[]>): Promise<Found[] | null> {
    const mine = connector.topics.flatMap((topic) => ends.get(topic) ?? [])
    const leased = new Map(this.parts.leased(connector.name).map((lane) => [keyOf(lane), lane]))
    const committed = mine.every((partition) => leased.has(keyOf(partition)))
      ? new Map<string, number | null>()
      : await this.#committed(connector, mine)
    if (!committed) return null
    const starts = await this.#starts(
      connector,
      mine,
      (key) => !leased.has(key) && (committed.get(key) ?? null) === null,
    )
    if (!starts) return null
    return mine.map(({ topic, partition, low, high }) => {
      const key = keyOf({ topic, partition })
      const lane = leased.get(key)
      const at = lane?.committed ?? committed.get(key) ?? null
      const position = Math.min(high, Math.max(low, at ?? starts.get(key) ?? low))
      return { lane, lag: { topic, partition, position, committed: at, end: high, oldestAtMs: null } }
    })
  }

  async #committed({ name }: Watched, mine: readonly PartitionEnds[]): Promise<Map<string, number | null> | null> {
    const { offsets, groupPrefix } = this.parts
    const topics = [...new Set(mine.map(({ topic }) => topic))]
    const found = await unlessMissing(offsets.committed(groupPrefix + name, topics)).catch(orNull)
    return found ? new Map(found.map((partition) => [keyOf(partition), partition.offset])) : null
  }

  /** Where partitions begin of which nothing was ever committed. */
  async #starts(
    { from }: Watched,
    mine: readonly PartitionEnds[],
    isNew: (key: string) => boolean,
  ): Promise<Map<string, number> | null> {
    if (from === 'beginning' || !mine.some((partition) => isNew(keyOf(partition)))) return new Map()
    if (from === 'end') return new Map(mine.map((partition) => [keyOf(partition), partition.high]))
    const topics = [...new Set(mine.map(({ topic }) => topic))]
    const found = await unlessMissing(this.parts.offsets.offsetsAt(topics, from)).catch(orNull)
    return found ? new Map(found.map((partition) => [keyOf(partition), partition.offset])) : null
  }

  /** Resolves to whether Kafka was asked. */
  async #findOldest(
    { lag, lane }: Found,
    { known, isEager, mayFetch }: { known: Map<string, number | null>; isEager: boolean; mayFetch: boolean },
  ): Promise<boolean> {
    if (lag.end <= lag.position) return false
    if (lane && lane.earliestMs !== null) lag.oldestAtMs = lane.earliestMs
    const offset = lane ? Math.max(lane.next, lag.position) : lag.position
    if (lag.oldestAtMs !== null || offset >= lag.end) return false
    const key = `${keyOf(lag)}@${offset}`
    const before = this.#oldest.get(key)
    known.set(key, before ?? null)
    lag.oldestAtMs = before ?? null
    // What has just come is read by the next look.
    if (before !== null && !(before === undefined && isEager)) return false
    if (!mayFetch) return false
    lag.oldestAtMs = await this.#timestampAt(lag, offset)
    known.set(key, lag.oldestAtMs)
    return true
  }

  async #timestampAt({ topic, partition, end }: PartitionLag, offset: number): Promise<number | null> {
    try {
      for await (const { timestampMs } of this.parts.reader.read({ topic, partition, low: offset, high: end }))
        return timestampMs
      return null
    } catch (error) {
      return orNull(error)
    }
  }

  async #lookAtRetention(topics: readonly string[]): Promise<void> {
    const { clock, offsets } = this.parts
    if (clock.monotonicMs() - this.#retentionsAtMs < RETENTION_EVERY_MS) return
    const found = await unlessMissing(offsets.retentionsMs(topics)).catch(orNull)
    if (!found) return
    this.#retentions = found
    this.#retentionsAtMs = clock.monotonicMs()
  }

  #kept({ topics }: Watched): number | null {
    const kept = topics.flatMap((topic) => this.#retentions.get(topic) ?? [])
    return kept.length > 0 ? Math.min(...kept) : null
  }
}

interface Found {
  lag: PartitionLag
  lane: LeasedPartition | undefined
}

const keyOf = ({ topic, partition }: { topic: string; partition: number }) => `${topic}/${partition}`

function areSame(before: readonly PartitionLag[], now: readonly PartitionLag[]): boolean {
  return (
    before.length === now.length &&
    before.every((lag, i) => {
      const { position, committed, end, oldestAtMs } = now[i]!
      const isThere = lag.end === end && lag.position === position
      return isThere && lag.committed === committed && lag.oldestAtMs === oldestAtMs
    })
  )
}
