import { setMaxListeners } from 'node:events'
import { connectorRanges } from './delivery/connector-ranges.js'
import { MemoryBudget } from './delivery/memory-budget.js'
import type { Random } from './runtime/backoff.js'
import { createDestination } from './destinations/registry.js'
import type { Catalogue } from './events/catalogue.js'
import { ConnectorHealth } from './health/connector-health.js'
import { ConnectorNotices } from './health/notifications/connector-notices.js'
import { startNotifier, type Notifier } from './health/notifications/notifier.js'
import { MemorySentLog } from './health/notifications/sent-log.js'
import { startPipeline } from './pipeline.js'
import type { Configuration, ConnectorSettings } from './config/configuration.js'
import { placeId } from './config/place-id.js'
import type { Clock } from './runtime/clock.js'
import type { Logger } from './runtime/logger.js'
import { accountSecrets } from './service/account-secrets.js'
import { CheckedPipeline } from './service/checked-pipeline.js'
import { groupView } from './service/group-view.js'
import { HealthService, type RunningHere } from './service/health-service.js'
import type { Lookups } from './service/operator.js'
import { ownTopicSettings, prepareOwnTopics } from './service/own-topics.js'
import { RetentionWatch } from './service/retention-watch.js'
import { SecretWatch } from './service/secret-watch.js'
import { checkRetentionOf, obstacleOf } from './service/start-check.js'
import { createKafkaOffsets, type KafkaOffsets } from './source/kafka-offsets.js'
import { createGroupSource } from './source/group-source.js'
import { sessionTuning } from './source/source-tuning.js'
import { createKafkaWriter, type KafkaWriter } from './source/kafka-writer.js'

export interface ServiceParts {
  configuration: Configuration
  /** The connectors to run; all of `configuration` that are enabled, or one of them. */
  connectors: readonly ConnectorSettings[]
  catalogue: Catalogue
  clock: Clock
  random: Random
  logger: Logger
  /** This process: host name and process id. */
  instance: string
  version: string
  /** What operators may ask for beside the running connectors. */
  lookups: Lookups
}

/** All connectors of this process, at work. */
export interface Service {
  readonly health: readonly ConnectorHealth[]
  /** The whole picture, and what can be done. */
  readonly overall: Pick<HealthService, 'board' | 'operations' | 'clusterId'>
  /** Resolves when every connector has been started, or is known not to be startable now. */
  readonly looked: Promise<void>
  /** Names of connectors that are not started (yet); their health says why. They are tried again by themselves. */
  readonly unstarted: readonly string[]
  /** See `Pipeline.drainTo`; also for connectors that are started later. */
  drainTo(ends: ReadonlyMap<string, number>): void
  /** Closes, writes, commits, leaves; gives up what is not delivered after `graceMs` (its intent or offset stays in Kafka). */
  stop(graceMs: number): Promise<void>
}

interface SharedParts extends ServiceParts {
  budget: MemoryBudget
  writer: KafkaWriter
  notifier: Notifier
  offsets: KafkaOffsets
  /** Aborts when the service stops. */
  stopping: AbortSignal
  /** Resolves when it is known what is paused. */
  known: Promise<void>
}

/** Starts a pipeline per connector, each as soon as nothing speaks against it. One that cannot start says why; the others run. */
export function startService(parts: ServiceParts): Service {
  const { configuration, connectors, clock, logger } = parts
  const { kafka } = configuration
  const stop = new AbortController()
  manyListenTo(stop.signal)
  const writer = createKafkaWriter({ kafka, logger, topicSettings: ownTopicSettings(kafka.topics) })
  const budget = new MemoryBudget(configuration.service.memoryBytes, connectors.length)
  const notifier = startNotifier({ ...parts, notifications: configuration.notifications, sentLog: new MemorySentLog() })
  void prepareOwnTopics({ ...parts, kafka, writer }, stop.signal)
  const offsets = createKafkaOffsets({ kafka })
  const here = new Map<string, RunningHere>()
  const overall = new HealthService({ ...parts, running: here, writer })
  const shared = { ...parts, budget, writer, notifier, offsets, stopping: stop.signal, known: overall.known }
  const running = connectors.map((connector) => startConnector(connector, shared))
  for (const each of running) here.set(each.health.connector, runningHere(each))
  const watching = new AbortController()
  manyListenTo(watching.signal)
  overall.run(watching.signal)
  return {
    overall,
    health: running.map(({ health }) => health),
    looked: Promise.all(running.map(({ pipeline }) => pipeline.looked)).then(() => undefined),
    get unstarted() {
      return running.filter(({ pipeline }) => !pipeline.isStarted).map(({ health }) => health.connector)
    },
    drainTo: (ends) => running.forEach(({ pipeline }) => pipeline.drainTo(ends)),
    stop: async (graceMs) => {
      stop.abort()
      for (const { notices } of running) notices.stop()
      const abort = new AbortController()
      manyListenTo(abort.signal)
      const cancel = clock.after(graceMs, () => abort.abort())
      await Promise.all(running.map(({ pipeline }) => pipeline.stop(abort.signal)))
      cancel()
      for (const { health } of running) health.stopped()
      watching.abort()
      await overall.close()
      await Promise.all([writer.close(), offsets.close()])
      await notifier.stop()
    },
  }
}

/** Each connector listens; of more than ten Node would warn that something leaks. */
const manyListenTo = (signal: AbortSignal) => setMaxListeners(0, signal)

interface RunningConnector {
  health: ConnectorHealth
  notices: ConnectorNotices
  pipeline: CheckedPipeline
}

function startConnector(connector: ConnectorSettings, shared: SharedParts): RunningConnector {
  const { name, contact } = connector
  const { notifier, clock, logger, random, configuration, stopping, instance, known } = shared
  const told = { connector: name, ...(contact !== undefined && { contact }) }
  const notices = new ConnectorNotices({ ...told, notifier, clock, instance })
  const health = new ConnectorHealth(name, logger, notices, { clock, instance })
  const retention = new RetentionWatch({
    connector,
    check: (signal) => checkRetentionOf(connector, configuration, { clock, signal }),
    notices,
    logger,
    clock,
  })
  const pipeline = new CheckedPipeline({
    health,
    random,
    secrets: new SecretWatch(accountSecrets(connector, configuration.accounts), clock),
    look: async (signal) => {
      await known
      return obstacleOf({ connector, configuration, retention, clock }, signal)
    },
    start: () => {
      const started = startPipeline(pipelineParts(connector, health, shared))
      void retention.keepLooking(stopping)
      return started
    },
  })
  return { health, notices, pipeline }
}

/** What is shown of a connector, and what operators can do with it. */
function runningHere({ health, pipeline }: RunningConnector): RunningHere {
  return {
    health,
    leased: () =>
      pipeline.partitions.map(({ topic, partition, committed, next, earliestMs }) => {
        return { topic, partition, committed, next, earliestMs: Number.isFinite(earliestMs) ? earliestMs : null }
      }),
    buffered: () => pipeline.buffered,
    do: (action) => {
      if (action === 'pause' || action === 'resume') health.paused(action === 'pause')
      pipeline[action]()
    },
    note: (action, message) => health.operated(action, message),
  }
}

function pipelineParts(connector: ConnectorSettings, health: ConnectorHealth, shared: SharedParts) {
  const { catalogue, configuration, logger, clock } = shared
  const { kafka, service, accounts } = configuration
  const { name, topics, from, files, records, destination, credentialFailure } = connector
  const groupId = kafka.groupPrefix + name
  return {
    ...shared,
    health,
    credentialFailure,
    place: placeId(destination),
    secrets: accountSecrets(connector, accounts),
    group: groupView(shared.offsets, groupId, topics),
    reachLedger: () => shared.writer.ensureTopic(kafka.topics.drops),
    topics: kafka.topics,
    from,
    maxAgeMs: (records ?? files).maxAgeMs,
    limits: files,
    destination: createDestination(connector, accounts, { clock }),
    source: createGroupSource({
      kafka,
      groupId,
      topics,
      logger,
      tuning: sessionTuning(kafka.sessionTimeoutMs),
    }),
    range: connectorRanges(connector, { service, catalogue, onUnknownField: (type) => health.unknownField(type) }),
  }
}
