import type { ConnectorSettings } from '../config/configuration.js'
import { createDestination } from '../destinations/registry.js'
import { markerKey } from '../encoding/object-key.js'
import type { CheckResult, Finding } from '../runtime/checklist.js'
import { systemClock, type Clock } from '../runtime/clock.js'
import { MillraceError } from '../runtime/errors.js'
import { checkKafka } from '../source/kafka-checks.js'
import { waitingTimeOf } from '../source/retention.js'
import type { Project } from './project.js'
import { checkCoverage } from './test-coverage.js'

interface ConnectorCheckParts {
  project: Project
  /** How long to go on when a key, a role or a right may only be too new. */
  waitMs: number
  say: (words: string) => void
  stop: AbortSignal
}

/** Everything a connector needs, of the destination and of Kafka. */
export async function checkConnector(connector: ConnectorSettings, parts: ConnectorCheckParts): Promise<CheckResult[]> {
  const checks = [checkDestination, checkSource].map((check) => {
    return untilOld(() => check(connector, parts), { ...parts, clock: systemClock })
  })
  return (await Promise.all(checks)).flat()
}

async function checkDestination(connector: ConnectorSettings, parts: ConnectorCheckParts): Promise<CheckResult[]> {
  const { accounts } = parts.project.configuration
  try {
    const destination = createDestination(connector, accounts, { clock: systemClock })
    try {
      return await destination.check(markerOf(connector, parts.project), parts.stop)
    } finally {
      await destination.close()
    }
  } catch (error) {
    return [unusable('destination', connector.destination.type, error)]
  }
}

/** Null for a stream, which is looked at without leaving anything in it. */
function markerOf({ name, destination }: ConnectorSettings, { configuration }: Project): string | null {
  if (!('folder' in destination)) return null
  return markerKey({ folder: destination.folder, cluster: configuration.service.cluster, connector: name })
}

async function checkSource(connector: ConnectorSettings, { project }: ConnectorCheckParts): Promise<CheckResult[]> {
  const { kafka } = project.configuration
  const { name, topics, credentialFailure } = connector
  const { drops, deadLetters } = kafka.topics
  const own = { sideTopics: [drops, deadLetters], ledger: drops }
  const request = { topics, group: kafka.groupPrefix + name, ...own, waiting: waitingTimeOf(credentialFailure) }
  try {
    const found = await checkKafka(kafka, request, systemClock)
    return [...found.map(naming(name)), ...(await checkCoverage(connector, { ...project, found, clock: systemClock }))]
  } catch (error) {
    return [unusable('kafka', kafka.brokers.join(','), error)]
  }
}

/** Kafka does not know who reads a topic. */
const naming = (connector: string) => (result: CheckResult) => {
  return result.code === 'TOPIC_MISSING'
    ? { ...result, hint: `Create it, or correct connectors.${connector}.topics.` }
    : result
}

/** What keeps the checks themselves from being made, as a failed one. */
function unusable(name: string, resource: string, error: unknown): CheckResult {
  if (!(error instanceof MillraceError)) throw error
  const finding: Finding = { status: 'failed', code: error.code, message: error.message }
  return { name, resource, ...finding, durationMs: 0 }
}

/** Often enough to end soon after a change has spread, rarely enough for a server that counts refusals. */
const PAUSE_MS = 3_000

/**
 * Checks again as long as something is refused that may only be too new: new keys, roles and rights spread slowly
 * (currents.md: credentials). Says so, and says in the end how long it took.
 */
export async function untilOld(
  check: () => Promise<CheckResult[]>,
  { waitMs, say, stop, clock }: Omit<ConnectorCheckParts, 'project'> & { clock: Clock },
): Promise<CheckResult[]> {
  const startedMs = clock.nowMs()
  for (let attempt = 1; ; attempt++) {
    const results = await check()
    const fresh = results.filter((result) => result.mayPassSoon)
    const waitedMs = clock.nowMs() - startedMs
    const isOver = waitedMs + PAUSE_MS > waitMs || stop.aborted
    if (fresh.length === 0 || isOver) return attempt === 1 ? results : results.map((result) => told(result, waitedMs))
    if (attempt === 1) {
      const names = fresh.map(({ name, resource }) => `${name} on ${resource}`).join(', ')
      say(`${names} is refused; what was made a moment ago may need a while: trying again for ${waitMs / 1000} s`)
    }
    await clock.sleep(PAUSE_MS, stop)
  }
}

function told(result: CheckResult, waitedMs: number): CheckResult {
  if (!result.mayPassSoon) return result
  return { ...result, message: `${result.message}; still so after ${Math.round(waitedMs / 1000)} s` }
}
