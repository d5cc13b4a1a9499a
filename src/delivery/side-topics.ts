import { MillraceError } from '../runtime/errors.js'
import type { HealthRecorder } from '../health/recorder.js'
import type { DropDecision } from '../range/intent.js'
import type { Range } from '../range/range.js'
import { retryDelayMs, type Random } from '../runtime/backoff.js'
import { deadLetter, dropRecord, gapRecord, type OutgoingRecord, type RecordParts } from './kafka-records.js'
import type { WriteOutcome } from './settle.js'

/** Appends to topics of Millrace's own. Resolves when every record is acknowledged by all replicas, else rejects `MillraceError`. */
export interface RecordWriter {
  write(topic: string, records: readonly OutgoingRecord[]): Promise<void>
}

type Append = readonly [topic: string, records: readonly OutgoingRecord[]]

export interface SideTopicsParts extends RecordParts {
  writer: RecordWriter
  topics: { drops: string; deadLetters: string }
  health: HealthRecorder
  random: Random
  /** Aborts when the service is asked to stop: everything is tried once more at once, and then given up. */
  stopping: AbortSignal
}

/** What of a range does not go to the destination: dead letters, and what stands in the drop ledger. */
export class SideTopics {
  constructor(private readonly parts: SideTopicsParts) {}

  /** Dead letters and gaps. As long as a topic cannot be written, its events wait (fault 49). */
  write(range: Range, source: string, signal: AbortSignal): Promise<WriteOutcome> {
    const letters = range.rejected.map((event) => deadLetter(event, range, this.parts))
    return this.#appendAll([...this.#gaps(range), [this.parts.topics.deadLetters, letters]], source, signal)
  }

  /**
   * A range that is given up, with its decision: one entry, whatever Kafka has removed of it meanwhile. A ledger that refuses
   * what nobody has tried to write before certainly does not have it: then it is given back at once.
   */
  async drop(range: Range, drop: DropDecision, source: string, signal: AbortSignal): Promise<WriteOutcome> {
    const { writer, topics, health, connector } = this.parts
    if (range.counts.events === 0) return this.#appendAll(this.#gaps(range), source, signal)
    const entries = [dropRecord(range, drop, connector)]
    try {
      await writer.write(topics.drops, entries)
      return { kind: 'written' }
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      health.blocked(source, error)
      if (error.code !== 'KAFKA_WRITE_REFUSED' || !drop.isFresh)
        return this.#appendAll([[topics.drops, entries]], source, signal)
      health.recovered(source)
      return { kind: 'refused' }
    }
  }

  #gaps(range: Range): Append[] {
    return [[this.parts.topics.drops, range.gaps.map((gap) => gapRecord(gap, range, this.parts))]]
  }

  /** Ends before all is acknowledged only when `signal` or the stop of the service ends it; nothing may be committed then. */
  async #appendAll(appends: readonly Append[], source: string, signal: AbortSignal): Promise<WriteOutcome> {
    for (const [topic, records] of appends) {
      if (!(await this.#append(topic, records, source, signal))) return { kind: 'ended' }
    }
    return { kind: 'written' }
  }

  async #append(
    topic: string,
    records: readonly OutgoingRecord[],
    source: string,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (records.length === 0) return true
    const { writer, health, clock, random, stopping } = this.parts
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        await writer.write(topic, records)
        if (attempt > 1) health.recovered(source)
        return true
      } catch (error) {
        if (!(error instanceof MillraceError)) throw error
        health.blocked(source, error)
        if (stopping.aborted) break
        await clock.sleep(retryDelayMs(attempt, random), signal, stopping)
      }
    }
    health.recovered(source)
    return false
  }
}
