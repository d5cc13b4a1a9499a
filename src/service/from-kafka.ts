import type { Configuration } from '../config/configuration.js'
import { Board } from '../health/board.js'
import type { ConnectorReport, InstanceReport } from '../health/report.js'
import { systemClock } from '../runtime/clock.js'
import { createLogger } from '../runtime/logger.js'
import { createKafkaOffsets } from '../source/kafka-offsets.js'
import { createKafkaReader } from '../source/kafka-reader.js'
import { HealthTopic } from './health-topic.js'
import { LagWatch } from './lag-watch.js'

/** What Kafka alone knows of the connectors. */
export interface KafkaView {
  connectors: readonly ConnectorReport[]
  /** Processes that have told something of themselves in the last minute. */
  instances: readonly InstanceReport[]
  /** The whole of it: errors, timeline and history too. */
  board: Board
}

/**
 * The whole picture without asking any process: what processes have said of themselves, and how far each group is. Joins no
 * group, writes nothing. Rejects with `MillraceError` when Kafka does not answer.
 */
export async function viewFromKafka({ kafka, connectors }: Configuration, version: string): Promise<KafkaView> {
  const [offsets, reader] = [createKafkaOffsets({ kafka }), createKafkaReader({ kafka })]
  const firstReader = createKafkaReader({ kafka, fetchBytes: 1 })
  const clock = systemClock
  try {
    const process = { name: OBSERVER, version, startedAtMs: clock.nowMs() }
    const board: Board = new Board({
      ...{ connectors, local: new Map(), process, clock },
      lagOf: (name) => lag.lagOf(name),
    })
    const lag = new LagWatch({
      ...{ connectors, groupPrefix: kafka.groupPrefix, offsets, reader: firstReader, clock },
      leased: (name) => board.leased(name),
    })
    const logger = createLogger({ level: 'silent', format: 'json' })
    const told = { ...kafka, topic: kafka.topics.health, writer: { write: () => Promise.resolve() } }
    await new HealthTopic({ ...told, offsets, reader, board, clock, logger }).read()
    await lag.look(true)
    const instances = board.instances().filter(({ name }) => name !== OBSERVER)
    return { connectors: board.connectors(), instances, board }
  } finally {
    await Promise.all([offsets, reader, firstReader].map((each) => each.close()))
  }
}

/** The name of who only looks. */
const OBSERVER = ''
