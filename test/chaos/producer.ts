import type { Producer, TopicMessages } from 'kafkajs'
import { setTimeout as sleep } from 'node:timers/promises'
import { kafkaClient } from '../support/kafka-topics.js'
import type { ChaosRecord, ChaosRecords } from './chaos-records.js'
import type { Produced } from './produced.js'

const TURN_MS = 100
/** After a pause of the broker the backlog comes in pieces. */
const MOST_AT_ONCE = 2_000

/**
 * Fills the topic at an even pace, past the proxies. It stands still while the broker is down, so that the outcome of
 * every request is known: what was produced is the truth of the test.
 */
export class PacedProducer {
  readonly #producer: Producer
  #turn: Promise<void> = Promise.resolve()
  #isPaused = false

  constructor(
    private readonly topic: string,
    brokers: string[],
    private readonly records: ChaosRecords,
    private readonly produced: Produced,
  ) {
    // Idempotent: kafkajs sends a request again whole when a broker that has just started refuses one of its partitions.
    this.#producer = kafkaClient(brokers).producer({ idempotent: true, maxInFlightRequests: 1 })
  }

  /** Resolves when `count` records are acknowledged, `durationMs` from now or as soon as the broker lets it after that. */
  async run(count: number, durationMs: number, signal: AbortSignal): Promise<void> {
    const startMs = performance.now()
    while (this.produced.count < count) {
      const due = Math.min(1, (performance.now() - startMs) / durationMs) * count
      if (!this.#isPaused) await (this.#turn = this.#send(Math.floor(due) - this.produced.count))
      await sleep(TURN_MS, undefined, { signal })
    }
    await this.#producer.disconnect()
  }

  /** Resolves when nothing is underway; nothing is sent until `resume`. */
  async pause(): Promise<void> {
    this.#isPaused = true
    await this.#turn
    await this.#producer.disconnect()
  }

  resume(): void {
    this.#isPaused = false
  }

  async #send(count: number): Promise<void> {
    const batch = Array.from({ length: Math.min(count, MOST_AT_ONCE) }, () => this.records.next())
    if (batch.length === 0) return
    await this.#producer.connect()
    const messages = batch.map((record) => ({ ...record, timestamp: String(record.timestampMs) }))
    const topicMessages: TopicMessages[] = [{ topic: this.topic, messages }]
    const answers = await this.#producer.sendBatch({ topicMessages, acks: -1 })
    for (const { partition, baseOffset } of answers)
      this.#acknowledged(
        batch.filter((record) => record.partition === partition),
        Number(baseOffset),
      )
  }

  #acknowledged(batch: ChaosRecord[], baseOffset: number): void {
    for (const [n, { partition, timestampMs, fate }] of batch.entries())
      this.produced.add({ partition, timestampMs, ...fate, offset: baseOffset + n })
  }
}
