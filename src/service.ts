import { connectorRanges } from './delivery/connector-ranges.js'
import { MemoryBudget } from './delivery/memory-budget.js'
import type { Random } from './runtime/backoff.js'
import type { RecordWriter } from './delivery/side-topics.js'
import { createDestination } from './destinations/registry.js'
import type { Catalogue } from './events/catalogue.js'
import { ConnectorHealth } from './health/connector-health.js'
import { ConnectorNotices } from './health/notifications/connector-notices.js'
import { startNotifier, type Notifier } from './health/notifications/notifier.js'
import { MemorySentLog } from './health/notifications/sent-log.js'
import { startPipeline, type Pipeline } from './pipeline.js'
import type { Configuration, ConnectorSettings } from './config/configuration.js'
import type { Clock } from './runtime/clock.js'
import { MillraceError } from './runtime/errors.js'
import type { Logger } from './runtime/logger.js'
import { createGroupSource } from './source/group-source.js'
import { sessionTuning } from './source/source-tuning.js'
import { createKafkaWriter } from './source/kafka-writer.js'

export interface ServiceParts {
  configuration: Configuration
  /** The connectors to run; all of `configuration` that are enabled, or one of them. */
  connectors: readonly ConnectorSettings[]
  catalogue: Catalogue
  clock: Clock
  random: Random
  logger: Logger
}

/** All connectors of this process, at work. */
export interface Service {
  readonly health: readonly ConnectorHealth[]
  /** Names of connectors that could not be started; their health says why. */
  readonly unstarted: readonly string[]
  /** See `Pipeline.drainTo`. */
  drainTo(ends: ReadonlyMap<string, number>): void
  /** Closes, writes, commits, leaves; gives up what is not delivered after `graceMs` (its intent or offset stays in Kafka). */
  stop(graceMs: number): Promise<void>
}

interface SharedParts extends ServiceParts {
  budget: MemoryBudget
  writer: RecordWriter
  notifier: Notifier
}

/** Starts a pipeline per connector. One that cannot start is blocked and says why; the others run. */
export function startService(parts: ServiceParts): Service {
  const { configuration, connectors, clock, logger } = parts
  const writer = createKafkaWriter({ kafka: configuration.kafka, logger })
  const budget = new MemoryBudget(configuration.service.memoryBytes, connectors.length)
  const notifier = startNotifier({ ...parts, notifications: configuration.notifications, sentLog: new MemorySentLog() })
  const running = connectors.map((connector) => startConnector(connector, { ...parts, budget, writer, notifier }))
  const pipelines = running.flatMap(({ pipeline }) => pipeline ?? [])
  return {
    health: running.map(({ health }) => health),
    unstarted: running.flatMap(({ health, pipeline }) => (pipeline ? [] : [health.connector])),
    drainTo: (ends) => pipelines.forEach((pipeline) => pipeline.drainTo(ends)),
    stop: async (graceMs) => {
      for (const { notices } of running) notices.stop()
      const abort = new AbortController()
      const cancel = clock.after(graceMs, () => abort.abort())
      await Promise.all(pipelines.map((pipeline) => pipeline.stop(abort.signal)))
      cancel()
      await writer.close()
      await notifier.stop()
      for (const { health } of running) health.stopped()
    },
  }
}

interface RunningConnector {
  health: ConnectorHealth
  notices: ConnectorNotices
  pipeline?: Pipeline
}

function startConnector(connector: ConnectorSettings, shared: SharedParts): RunningConnector {
  const { name, contact } = connector
  const { notifier, clock } = shared
  const notices = new ConnectorNotices({ connector: name, ...(contact !== undefined && { contact }), notifier, clock })
  const health = new ConnectorHealth(name, shared.logger, notices)
  try {
    return { health, notices, pipeline: startPipeline(pipelineParts(connector, health, shared)) }
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    health.troubled('start', { state: 'blocked', code: error.code, message: error.message })
    return { health, notices }
  }
}

function pipelineParts(connector: ConnectorSettings, health: ConnectorHealth, shared: SharedParts) {
  const { catalogue, configuration, logger, clock } = shared
  const { kafka, service, accounts } = configuration
  const { name, topics, from, files } = connector
  return {
    ...shared,
    health,
    topics: kafka.topics,
    from,
    maxAgeMs: files.maxAgeMs,
    limits: files,
    destination: createDestination(connector, accounts, { clock }),
    source: createGroupSource({
      kafka,
      groupId: kafka.groupPrefix + name,
      topics,
      logger,
      tuning: sessionTuning(kafka.sessionTimeoutMs),
    }),
    range: connectorRanges(connector, { service, catalogue, onUnknownField: (type) => health.unknownField(type) }),
  }
}
