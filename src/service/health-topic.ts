import type { Board } from '../health/board.js'
import type { Snapshot } from '../health/snapshot.js'
import type { Clock } from '../runtime/clock.js'
import { MillraceError } from '../runtime/errors.js'
import type { Logger } from '../runtime/logger.js'
import type { TopicRecord } from '../source/kafka-reader.js'
import type { KafkaWriter } from '../source/kafka-writer.js'
import { TopicTail, type TopicTailParts } from '../source/topic-tail.js'
import { readHealthRecord, recordOf, type HealthRecord, type Slice } from './health-records.js'

export interface HealthTopicParts extends Pick<TopicTailParts, 'topic' | 'offsets' | 'reader'> {
  groupPrefix: string
  board: Board
  writer: Pick<KafkaWriter, 'write'>
  clock: Clock
  logger: Logger
}

/** How soon others see a change: operators look at pages that move every second or two. */
const READ_MS = 1_000
const WRITE_MS = 5_000
/** A process that has nothing new to say says so; a third of the silence after which it counts as gone. */
const ALIVE_MS = 15_000
/** Slices that wait for a topic that cannot be written: an hour of 500 connectors. */
const MOST_UNTOLD = 6_000

/**
 * Tells the other processes what this one knows of its connectors, and hears what they and earlier ones say. Nothing depends on
 * it but what is shown: a topic that cannot be written is one warning.
 */
export class HealthTopic {
  readonly #tail: TopicTail
  readonly #told = new Map<string, { text: string; atMs: number }>()
  /** Versions of journals, by connector. */
  readonly #toldJournals = new Map<string, number>()
  readonly #slices: Slice[] = []
  #isCaughtUp = false
  #isRefused = false

  constructor(private readonly parts: HealthTopicParts) {
    this.#tail = new TopicTail({ ...parts, onRecord: (record) => this.#heard(record) })
  }

  /** Hears what stands there now. Rejects with `MillraceError`. */
  read(): Promise<void> {
    return this.#tail.read()
  }

  /** Hears and tells until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.parts
    const hearing = this.#tail.follow(clock, READ_MS, signal, (isRead) => (this.#isCaughtUp ||= isRead))
    while (!signal.aborted) {
      // What an earlier life of this process has said is heard before it is said anew.
      if (this.#isCaughtUp) await this.tell()
      await clock.sleep(this.#isCaughtUp ? WRITE_MS : READ_MS, signal)
    }
    await hearing
  }

  /** These slices are over: for those who come after this process. */
  ended(slices: readonly Slice[]): void {
    this.#slices.push(...slices)
  }

  /** Writes what is new. */
  async tell(): Promise<void> {
    const slices = this.#slices.splice(0)
    const records = [...this.#newSnapshots(), ...this.#newJournals(), ...slices.map(sliceRecord)]
    if (records.length === 0) return
    const { topic, writer, groupPrefix, logger } = this.parts
    try {
      await writer.write(
        topic,
        records.map((record) => recordOf(groupPrefix + record.connector, record)),
      )
      this.#isRefused = false
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      this.#keep(slices)
      if (!this.#isRefused) logger.warn({ topic, code: error.code }, `${error.message}. ${CONSEQUENCE}`)
      this.#isRefused = true
    }
  }

  /** What nobody repeats by itself is told with what comes next. */
  #keep(slices: readonly Slice[]): void {
    this.#toldJournals.clear()
    if (this.#slices.length + slices.length <= MOST_UNTOLD) this.#slices.unshift(...slices)
  }

  #newSnapshots(): HealthRecord[] {
    const { board, clock } = this.parts
    const nowMs = clock.monotonicMs()
    return board.snapshots().flatMap((snapshot) => {
      const text = JSON.stringify({ ...snapshot, atMs: 0 })
      const told = this.#told.get(snapshot.connector)
      if (told?.text === text && nowMs - told.atMs < ALIVE_MS) return []
      this.#told.set(snapshot.connector, { text, atMs: nowMs })
      return [{ v: 1, kind: 'snapshot', ...snapshot }]
    })
  }

  #newJournals(): HealthRecord[] {
    const { board } = this.parts
    return board.journals().flatMap((journal) => {
      if (journal.version === this.#toldJournals.get(journal.connector)) return []
      this.#toldJournals.set(journal.connector, journal.version)
      return [{ v: 1, kind: 'journal', ...journal }]
    })
  }

  #heard({ value, headers }: TopicRecord): void {
    const { groupPrefix, board } = this.parts
    const record = readHealthRecord(value)
    const group = headers.find(({ name }) => name === 'group')?.value?.toString()
    if (!record || group !== groupPrefix + record.connector) return
    if (record.kind === 'slice') return board.hearSample(record.connector, record.sample)
    if (board.isOwn(record)) return
    if (record.kind === 'journal') board.hearJournal(record)
    else board.hear(record, this.#ageOf(record))
  }

  /** What is read at the start may be old; later on the clocks of others do not matter. */
  #ageOf({ atMs }: Snapshot): number {
    return this.#isCaughtUp ? 0 : Math.max(0, this.parts.clock.nowMs() - atMs)
  }
}

const sliceRecord = (slice: Slice): HealthRecord => ({ v: 1, kind: 'slice', ...slice })

const CONSEQUENCE =
  'Delivery goes on; other processes and millrace status do not see what this one does, and its history ends with it.'
