import { MillraceError } from '../runtime/errors.js'
import type { HealthRecorder } from '../health/recorder.js'
import type { Range } from '../range/range.js'
import type { Clock } from '../runtime/clock.js'
import { retryDelayMs, type Random } from '../runtime/backoff.js'
import { deadLetter, gapRecord, type OutgoingRecord } from './kafka-records.js'

/** Appends to topics of Millrace's own. Resolves when every record is acknowledged by all replicas, else rejects `MillraceError`. */
export interface RecordWriter {
  write(topic: string, records: readonly OutgoingRecord[]): Promise<void>
}

export interface SideTopicsParts {
  connector: string
  writer: RecordWriter
  topics: { drops: string; deadLetters: string }
  health: HealthRecorder
  clock: Clock
  random: Random
  /** Aborts when the service is asked to stop: everything is tried once more at once, and then given up. */
  stopping: AbortSignal
}

/** What of a range does not go to the destination: dead letters and, in the drop ledger, offsets that Kafka removed. */
export class SideTopics {
  constructor(private readonly parts: SideTopicsParts) {}

  /**
   * Writes until every record is acknowledged: as long as a topic cannot be written, its events wait (fault 49).
   * Resolves to false when `signal` ends it before that; nothing may be committed then.
   */
  async write(range: Range, source: string, signal: AbortSignal): Promise<boolean> {
    const { connector, clock, topics } = this.parts
    const letters = range.rejected.map((event) => deadLetter(event, range, connector, clock))
    const gaps = range.gaps.map((gap) => gapRecord(gap, range, connector, clock))
    return (
      (await this.#append(topics.drops, gaps, source, signal)) &&
      (await this.#append(topics.deadLetters, letters, source, signal))
    )
  }

  async #append(topic: string, records: OutgoingRecord[], source: string, signal: AbortSignal): Promise<boolean> {
    if (records.length === 0) return true
    const { writer, health, clock, random, stopping } = this.parts
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        await writer.write(topic, records)
        if (attempt > 1) health.recovered(source)
        return true
      } catch (error) {
        if (!(error instanceof MillraceError)) throw error
        health.troubled(source, { state: 'blocked', code: error.code, message: error.message })
        if (stopping.aborted) break
        await clock.sleep(retryDelayMs(attempt, random), AbortSignal.any([signal, stopping]))
      }
    }
    health.recovered(source)
    return false
  }
}
