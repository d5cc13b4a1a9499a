import type { ConnectorSettings } from '../config/configuration.js'
import { isStream } from '../config/rules.js'
import type { ConnectorHealth } from '../health/connector-health.js'
import type { Clock } from '../runtime/clock.js'
import { MillraceError } from '../runtime/errors.js'
import type { Service } from '../service.js'
import type { KafkaOffsets, PartitionEnds } from '../source/kafka-offsets.js'
import { Standstill } from './standstill.js'
import type { Terminal } from './terminal.js'

interface DrainParts {
  service: Pick<Service, 'health' | 'looked' | 'unstarted' | 'drainTo'>
  connectors: readonly ConnectorSettings[]
  ends: readonly PartitionEnds[]
  offsets: Pick<KafkaOffsets, 'committed'>
  groupPrefix: string
  clock: Clock
  terminal: Pick<Terminal, 'err' | 'stop'>
}

/** Committed offsets are asked for this often: soon enough for a person, rarely enough for a broker. */
const POLL_MS = 300
/** A line of progress at most this often. */
const PROGRESS_MS = 2_000

/**
 * Resolves to true when every partition of every connector is committed up to the end offsets given, whichever process
 * did it; to false when a connector could not be started at once, as soon as the others have got there; to false when no
 * connector that is not there yet gets on without a person (`Standstill`); to false when the terminal says stop before.
 */
export async function drain(parts: DrainParts): Promise<boolean> {
  const { service, connectors, ends, terminal } = parts
  service.drainTo(new Map(ends.map(({ topic, partition, high }) => [`${topic}/${partition}`, high])))
  await untilStopped(service.looked, terminal.stop)
  const { unstarted } = service
  const started = connectors.filter(({ name }) => !unstarted.includes(name))
  return (await drainStarted({ ...parts, connectors: started })) && unstarted.length === 0
}

async function drainStarted(parts: DrainParts): Promise<boolean> {
  const { terminal, clock } = parts
  const standstill = new Standstill(clock)
  let shownAtMs = -Infinity
  for (;;) {
    const all = await whatIsLeft(parts)
    const waiting = all.filter(({ left }) => left > 0)
    if (waiting.length === 0 || clock.monotonicMs() - shownAtMs >= PROGRESS_MS) {
      for (const each of all) terminal.err(progress(each))
      shownAtMs = clock.monotonicMs()
    }
    if (waiting.length === 0) return true
    if (terminal.stop.aborted) return false
    const standing = waiting.filter(({ health, left }) => standstill.stands(health, left))
    if (standing.length === waiting.length) {
      for (const { health, left } of waiting) terminal.err(needsAPerson(health, left))
      return false
    }
    await clock.sleep(POLL_MS, terminal.stop)
  }
}

interface Left {
  connector: ConnectorSettings
  health: ConnectorHealth
  /** Offsets to go. */
  left: number
}

function whatIsLeft(parts: DrainParts): Promise<Left[]> {
  const healths = new Map(parts.service.health.map((health) => [health.connector, health]))
  return Promise.all(
    parts.connectors.map(async (connector) => {
      return { connector, health: healths.get(connector.name)!, left: await eventsLeft(connector, parts) }
    }),
  )
}

/** Resolves with `work`, or at once when `stop` aborts. */
async function untilStopped(work: Promise<void>, stop: AbortSignal): Promise<void> {
  if (stop.aborted) return
  await Promise.race([work, new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }))])
}

/** Offsets between what the connector's group has committed and the ends. */
async function eventsLeft(
  { name, topics }: ConnectorSettings,
  { ends, offsets, groupPrefix }: DrainParts,
): Promise<number> {
  const mine = ends.filter(({ topic }) => topics.includes(topic))
  const committed = await committedOffsets(offsets, groupPrefix + name, topics)
  if (!committed) return Infinity
  const at = new Map(committed.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]))
  return mine.reduce((sum, { topic, partition, low, high }) => {
    return sum + Math.max(0, high - (at.get(`${topic}/${partition}`) ?? low))
  }, 0)
}

/** Null while Kafka cannot be asked: the connector itself says what is wrong and goes on trying. */
async function committedOffsets(offsets: DrainParts['offsets'], group: string, topics: readonly string[]) {
  try {
    return await offsets.committed(group, topics)
  } catch (error) {
    if (error instanceof MillraceError) return null
    throw error
  }
}

function progress({ connector: { name, destination }, health, left }: Left): string {
  const { state, totals, trouble } = health
  const inObjects = isStream(destination) ? '' : ` in ${totals.objects} objects`
  const delivered = `${totals.events} events delivered${inObjects}`
  const others = [
    totals.deadLettered > 0 && `${totals.deadLettered} dead-lettered`,
    totals.filtered > 0 && `${totals.filtered} filtered`,
    totals.tombstones > 0 && `${totals.tombstones} tombstones skipped`,
  ].filter((part) => part !== false)
  const wrong = trouble ? [`${state}: ${trouble.message}`] : []
  return [`${name}: ${delivered}`, ...others, toGo(left), ...wrong].join(', ')
}

function needsAPerson({ connector, state, trouble }: ConnectorHealth, left: number): string {
  const what = `${connector} needs a person and has not moved for a minute, ${toGo(left)}: --once ends here`
  return `millrace: ${what}: ${state}: ${trouble?.message ?? HINT}`
}

function toGo(left: number): string {
  if (left === 0) return 'done'
  return Number.isFinite(left) ? `${left} to go` : 'asking Kafka'
}

const HINT = 'it does not deliver; millrace resume ends a pause'
