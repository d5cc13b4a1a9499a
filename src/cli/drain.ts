import type { ConnectorSettings } from '../config/configuration.js'
import type { ConnectorHealth } from '../health/connector-health.js'
import { systemClock } from '../runtime/clock.js'
import { MillraceError } from '../runtime/errors.js'
import type { Service } from '../service.js'
import type { KafkaOffsets, PartitionEnds } from '../source/kafka-offsets.js'
import type { Terminal } from './terminal.js'

interface DrainParts {
  service: Service
  connectors: readonly ConnectorSettings[]
  ends: readonly PartitionEnds[]
  offsets: KafkaOffsets
  groupPrefix: string
  terminal: Terminal
}

/** Committed offsets are asked for this often: soon enough for a person, rarely enough for a broker. */
const POLL_MS = 300
/** A line of progress at most this often. */
const PROGRESS_MS = 2_000

/**
 * Resolves to true when every partition of every connector is committed up to the end offsets given, whichever process
 * did it; to false when a connector could not be started at once, as soon as the others have got there; to false when the
 * terminal says stop before.
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
  const { service, connectors, terminal } = parts
  let shownAtMs = 0
  for (;;) {
    const left = await Promise.all(connectors.map((connector) => eventsLeft(connector, parts)))
    const isDrained = left.every((events) => events === 0)
    if (isDrained || systemClock.nowMs() - shownAtMs >= PROGRESS_MS) {
      connectors.forEach(({ name }, n) => {
        const health = service.health.find(({ connector }) => connector === name)
        if (health) terminal.err(progress(health, left[n] ?? 0))
      })
      shownAtMs = systemClock.nowMs()
    }
    if (isDrained) return true
    if (terminal.stop.aborted) return false
    await systemClock.sleep(POLL_MS, terminal.stop)
  }
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
async function committedOffsets(offsets: KafkaOffsets, group: string, topics: readonly string[]) {
  try {
    return await offsets.committed(group, topics)
  } catch (error) {
    if (error instanceof MillraceError) return null
    throw error
  }
}

function progress({ connector, state, totals, trouble }: ConnectorHealth, left: number): string {
  const delivered = `${totals.events} events delivered in ${totals.objects} objects`
  const others = [
    totals.deadLettered > 0 && `${totals.deadLettered} dead-lettered`,
    totals.filtered > 0 && `${totals.filtered} filtered`,
    totals.tombstones > 0 && `${totals.tombstones} tombstones skipped`,
  ].filter((part) => part !== false)
  const toGo = left === 0 ? 'done' : Number.isFinite(left) ? `${left} to go` : 'asking Kafka'
  return [`${connector}: ${delivered}`, ...others, toGo, ...(trouble ? [`${state}: ${trouble.message}`] : [])].join(
    ', ',
  )
}
