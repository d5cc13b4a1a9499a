import type { ConnectorSettings } from '../config/configuration.js'
import type { ConnectorHealth } from '../health/connector-health.js'
import { systemClock } from '../runtime/clock.js'
import { MillraceError } from '../runtime/errors.js'
import { createLogger, type Logger } from '../runtime/logger.js'
import { startService, type ServiceParts } from '../service.js'
import { createKafkaOffsets, type KafkaOffsets } from '../source/kafka-offsets.js'
import { endsOrNone } from '../source/missing-topic.js'
import { drain } from './drain.js'
import { lookupsOf } from './lookups.js'
import { loadProject, type Project } from './project.js'
import { serve } from './serve.js'
import type { ExitCode, Terminal } from './terminal.js'
import { version } from './version.js'

export interface RunOptions {
  config: string
  connector?: string
  once?: boolean
  /** One document on standard output at the end: what has become of each connector's events. */
  json?: boolean
}

interface Ended {
  exitCode: ExitCode
  health: readonly ConnectorHealth[]
}

/**
 * Between SIGTERM and SIGKILL Kubernetes waits 30 s by default; what is not delivered by then is delivered again by
 * whoever comes next, so 5 s are left for leaving the group.
 */
const GRACE_MS = 25_000

/** The service, until a signal stops it; with `once` until everything that was there at the start is delivered, or needs a person. */
export async function run(options: RunOptions, terminal: Terminal): Promise<ExitCode> {
  let logger: Logger | undefined = undefined
  // Before there is a logger, no secret has been read that could be kept.
  const onSecretKept = (path: string, reason: string) =>
    logger?.warn({ path, reason }, 'a secret file cannot be used: the secret as it was before stays in use')
  const project = await loadProject(options.config, terminal, { onSecretKept })
  const connectors = chosen(project, options.connector)
  logger = createLogger(project.configuration.service.log)
  const [v, lookups] = [version(), lookupsOf(project)]
  logger.info({ version: v, connectors: connectors.map(({ name }) => name) }, 'millrace starts')
  const { instance } = terminal
  const service = {
    ...project,
    connectors,
    clock: systemClock,
    random: Math.random,
    logger,
    instance,
    version: v,
    lookups,
  }
  const ended = await (options.once ? runOnce(service, terminal) : runOn(service, terminal))
  if (options.json) terminal.out(JSON.stringify(documentOf(ended), null, 2))
  return ended.exitCode
}

function documentOf({ exitCode, health }: Ended) {
  const connectors = health.map(({ connector, totals }) => {
    const { events, objects, deadLettered, filtered } = totals
    return { name: connector, delivered: events, objects, deadLettered, filtered }
  })
  return { ok: exitCode === 0, connectors }
}

async function runOn(parts: ServiceParts, { stop }: Terminal): Promise<Ended> {
  const service = startService(parts)
  const stopped = new AbortController()
  const served = serve({ ...parts, service }, stopped.signal)
  if (!stop.aborted) await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }))
  parts.logger.info('millrace stops: delivering what was read')
  await service.stop(GRACE_MS)
  // Whoever watches sees it stop.
  stopped.abort()
  await served
  return { exitCode: 0, health: service.health }
}

async function runOnce(parts: ServiceParts, terminal: Terminal): Promise<Ended> {
  const { kafka } = parts.configuration
  const offsets = createKafkaOffsets({ kafka })
  try {
    const { connectors, ends } = await withTopics(parts.connectors, offsets, terminal)
    if (connectors.length === 0) return { exitCode: 1, health: [] }
    const service = startService({ ...parts, connectors })
    const { groupPrefix } = kafka
    const isDrained = await drain({ ...parts, service, connectors, ends, offsets, groupPrefix, terminal })
    await service.stop(GRACE_MS)
    const isAll = connectors.length === parts.connectors.length
    return { exitCode: isDrained && isAll ? 0 : 1, health: service.health }
  } finally {
    await offsets.close()
  }
}

/** The connectors whose topics are all there, and what these hold; says what is missing of the others. */
async function withTopics(all: readonly ConnectorSettings[], offsets: KafkaOffsets, terminal: Terminal) {
  const topics = [...new Set(all.flatMap((connector) => connector.topics))]
  const found = await Promise.all(topics.map((topic) => endsOrNone(offsets, topic)))
  const missing = new Set(topics.filter((_topic, n) => found[n]!.length === 0))
  const connectors = all.filter((connector) => !connector.topics.some((topic) => missing.has(topic)))
  for (const { name, topics } of all) {
    const absent = topics.find((topic) => missing.has(topic))
    if (absent !== undefined) terminal.err(notStarted(name, absent))
  }
  return { connectors, ends: found.flat() }
}

function notStarted(name: string, topic: string): string {
  const whatToDo = `create it, or correct connectors.${name}.topics`
  return `millrace: ${name} is not started: topic ${topic} does not exist: ${whatToDo}`
}

function chosen({ configuration }: Project, name: string | undefined): readonly ConnectorSettings[] {
  const { connectors } = configuration
  const enabled = connectors.filter((connector) => connector.enabled)
  if (name === undefined) {
    if (enabled.length > 0) return enabled
    throw new MillraceError('CONFIGURATION', 'connectors: none is enabled: add one, or set enabled: true')
  }
  const connector = connectors.find((candidate) => candidate.name === name)
  const names = connectors.map((candidate) => candidate.name).join(', ')
  if (!connector)
    throw new MillraceError('USAGE', `--connector ${name}: there is no such connector: choose one of ${names}`)
  if (!connector.enabled)
    throw new MillraceError('USAGE', `--connector ${name}: it is saved, not launched: set enabled: true`)
  return [connector]
}
