import type { ConnectorSettings } from '../config/configuration.js'
import { systemClock } from '../runtime/clock.js'
import { MillraceError } from '../runtime/errors.js'
import { createLogger, type Logger } from '../runtime/logger.js'
import { startService, type ServiceParts } from '../service.js'
import { createKafkaOffsets } from '../source/kafka-offsets.js'
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
  return options.once ? runOnce(service, terminal) : runOn(service, terminal)
}

async function runOn(parts: ServiceParts, { stop }: Terminal): Promise<ExitCode> {
  const service = startService(parts)
  const stopped = new AbortController()
  const served = serve({ ...parts, service }, stopped.signal)
  if (!stop.aborted) await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }))
  parts.logger.info('millrace stops: delivering what was read')
  await service.stop(GRACE_MS)
  // Whoever watches sees it stop.
  stopped.abort()
  await served
  return 0
}

async function runOnce(parts: ServiceParts, terminal: Terminal): Promise<ExitCode> {
  const { configuration, connectors, clock } = parts
  const { kafka } = configuration
  const offsets = createKafkaOffsets({ kafka })
  try {
    const ends = await offsets.ends([...new Set(connectors.flatMap(({ topics }) => topics))])
    const service = startService(parts)
    const { groupPrefix } = kafka
    const isDrained = await drain({ service, connectors, ends, offsets, groupPrefix, clock, terminal })
    await service.stop(GRACE_MS)
    return isDrained ? 0 : 1
  } finally {
    await offsets.close()
  }
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
