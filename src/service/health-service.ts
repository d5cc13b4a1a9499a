import type { Configuration } from '../config/configuration.js'
import { Board } from '../health/board.js'
import type { LocalState } from '../health/local-snapshot.js'
import type { Operations } from '../health/operations.js'
import type { Clock } from '../runtime/clock.js'
import type { Logger } from '../runtime/logger.js'
import { createKafkaOffsets } from '../source/kafka-offsets.js'
import { createKafkaReader } from '../source/kafka-reader.js'
import type { KafkaWriter } from '../source/kafka-writer.js'
import { Control } from './control.js'
import { HealthTopic } from './health-topic.js'
import { LagWatch } from './lag-watch.js'
import { Operator, type Lookups, type Operated } from './operator.js'

/** A connector of this process: what is shown of it, and what can be done with it. */
export type RunningHere = LocalState & Operated

export interface HealthServiceParts {
  configuration: Configuration
  /** By name; filled before `run`. */
  running: ReadonlyMap<string, RunningHere>
  writer: KafkaWriter
  lookups: Lookups
  version: string
  instance: string
  clock: Clock
  logger: Logger
}

/** Of a stop: whoever watches sees it at once, but nobody waits longer for that. */
const LAST_WORD_MS = 2_000

/** Everything that watches and shows, and lets people operate: beside delivering, which does not need any of it. */
export class HealthService {
  readonly board: Board
  readonly operations: Operations
  readonly #control: Control
  readonly #topic: HealthTopic
  readonly #lag: LagWatch
  readonly #close: () => Promise<unknown>
  #clusterId: () => string | null

  constructor(private readonly parts: HealthServiceParts) {
    const { configuration, running, lookups, version, instance, clock } = parts
    const { kafka, connectors } = configuration
    const { groupPrefix, topics } = kafka
    const offsets = createKafkaOffsets({ kafka })
    const [reader, firstReader] = [createKafkaReader({ kafka }), createKafkaReader({ kafka, fetchBytes: 1 })]
    this.#close = () => Promise.all([offsets, reader, firstReader].map((each) => each.close()))
    this.#clusterId = () => offsets.clusterId
    const process = { name: instance, version, startedAtMs: clock.nowMs() }
    const lagOf = (name: string) => this.#lag.lagOf(name)
    this.board = new Board({ connectors, local: running, process, clock, lagOf })
    const leased = (name: string) => this.board.leased(name)
    this.#lag = new LagWatch({ ...{ connectors, groupPrefix, offsets, leased, clock }, reader: firstReader })
    const shared = { ...parts, groupPrefix, offsets, reader }
    this.#topic = new HealthTopic({ ...shared, topic: topics.health, board: this.board })
    this.#control = new Control({
      ...{ ...shared, topic: topics.control },
      onAction: (connector, action) => running.get(connector)?.do(action),
    })
    this.operations = new Operator({
      ...{ connectors, operated: running, control: this.#control, lookups },
      onDone: () => this.#topic.ended(this.board.beat()),
    })
  }

  /** Resolves when it is known which connectors are paused, as far as it can be. */
  get known(): Promise<void> {
    return this.#control.known
  }

  /** What the Kafka cluster calls itself; null while it has not said. */
  get clusterId(): string | null {
    return this.#clusterId()
  }

  run(signal: AbortSignal): void {
    void this.#control.run(signal)
    void this.#topic.run(signal)
    void this.#lag.watch(signal)
    void this.board.run(signal, (slices) => this.#topic.ended(slices))
  }

  /** Tells the others how it ended. */
  async close(): Promise<void> {
    const enough = new AbortController()
    await Promise.race([this.#topic.tell(), this.parts.clock.sleep(LAST_WORD_MS, enough.signal)])
    enough.abort()
    await this.#close()
  }
}
