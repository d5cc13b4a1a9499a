import type { LedgerEntry } from '../../../src/delivery/ledger-entry.js'
import { isDelivered, isFiltered, isRefused, isRejected, isTombstone, typeOf } from './events.js'
import type { Surroundings } from './rule-instances.js'
import type { Decision } from './rule-truth.js'

/** What has become of every event, from what can be seen outside: objects or records, dead letters, ledger (delivery.md §5). */
export class Fates {
  constructor(private readonly around: Pick<Surroundings, 'kafka' | 'bucket' | 'stream' | 'sideTopics'>) {}

  /** Entries of the ledger, repeated ones once. */
  get entries(): LedgerEntry[] {
    return [...new Map(this.around.sideTopics.ledger.map((entry) => [entry.id, entry])).values()]
  }

  /** What was committed although nothing has become of it: offsets [from, to) of a partition. */
  unsettled(partition: number, from: number, to: number): string[] {
    const entries = this.entries.filter((entry) => entry.partition === partition)
    const offsets = Array.from({ length: to - from }, (_, n) => from + n)
    return offsets
      .filter((offset) => !this.#isSettled(partition, offset) && !entries.some((entry) => covers(entry, offset)))
      .map((offset) => `${partition}/${offset} was committed, and is nowhere`)
  }

  /** Every event exactly once; the ledger's sums are those of its offsets. */
  problems(decisions: readonly Decision[]): string[] {
    const { entries } = this
    const { kafka, stream } = this.around
    const offsetsOf = (partition: number) => Array.from({ length: kafka.end(partition) }, (_, offset) => offset)
    return [
      ...kafka.partitions.flatMap((partition) =>
        offsetsOf(partition).flatMap((offset) => this.#repeated(partition, offset)),
      ),
      ...entries.flatMap((entry) => wrongSums(entry)),
      ...entries
        .filter((entry) => !decisions.some((decision) => isOf(entry, decision)))
        .map(({ id }) => `entry ${id} was never decided`),
      ...this.#changed(),
      ...(stream?.misplaced ?? []),
    ]
  }

  #isSettled(partition: number, offset: number): boolean {
    const id = `${partition}/${offset}`
    if (isTombstone(offset) || isFiltered(offset)) return true
    return this.#isLetter(offset) ? this.around.sideTopics.deadLetters.includes(id) : this.#copies(id) > 0
  }

  #isLetter(offset: number): boolean {
    return isRejected(offset) || (this.around.stream !== null && isRefused(offset))
  }

  #copies(id: string): number {
    return this.around.bucket.copies.get(id) ?? 0
  }

  #repeated(partition: number, offset: number): string[] {
    const id = `${partition}/${offset}`
    const entries = this.entries.filter((entry) => entry.partition === partition && covers(entry, offset))
    if (entries.length > 1) return [`${id} is in ${entries.length} entries of the ledger`]
    const copies = this.#copies(id)
    const most = this.around.stream ? Infinity : 1
    const isWanted = isDelivered(offset) && !this.#isLetter(offset)
    if (entries.length === 0)
      return isWanted === copies > 0 && copies <= most ? [] : [`${id} was written ${copies} times`]
    if (copies > (entries[0]?.mayBePartlyDelivered ? most : 0))
      return [`${id} was given up and written ${copies} times`]
    return []
  }

  /** An entry that is written again is the same. */
  #changed(): string[] {
    const texts = new Set(this.around.sideTopics.ledger.map((entry) => JSON.stringify(entry)))
    return texts.size === this.entries.length ? [] : ['an entry of the ledger has changed']
  }
}

function covers({ firstOffset, lastOffset }: LedgerEntry, offset: number): boolean {
  return offset >= firstOffset && offset <= lastOffset
}

function isOf(entry: LedgerEntry, { partition, first, last, since, at }: Decision): boolean {
  const isRange = entry.partition === partition && entry.firstOffset === first && entry.lastOffset === last
  return isRange && entry.failingSince === since && entry.droppedAt === at
}

function wrongSums(entry: LedgerEntry): string[] {
  const { firstOffset, lastOffset, events, filtered, tombstones, eventTypes, bytes } = entry
  const offsets = Array.from({ length: lastOffset - firstOffset + 1 }, (_, n) => firstOffset + n)
  const given = offsets.filter((offset) => !isTombstone(offset) && !isFiltered(offset))
  const expected = {
    events: given.length,
    bytes: given.reduce((sum, offset) => sum + String(offset).length, 0),
    filtered: offsets.filter((offset) => isFiltered(offset) && !isTombstone(offset)).length,
    tombstones: offsets.filter(isTombstone).length,
    eventTypes: typesOf(given),
  }
  const found = { events, bytes, filtered, tombstones, eventTypes: sorted(eventTypes) }
  return JSON.stringify(found) === JSON.stringify(expected) ? [] : [`entry ${entry.id}: ${JSON.stringify(found)}`]
}

function typesOf(offsets: readonly number[]): Record<string, number> {
  const types: Record<string, number> = {}
  for (const offset of offsets) {
    const type = isRejected(offset) ? '(undecodable)' : typeOf(offset)
    types[type] = (types[type] ?? 0) + 1
  }
  return sorted(types)
}

const sorted = (types: Record<string, number>) => Object.fromEntries(Object.entries(types).sort())
