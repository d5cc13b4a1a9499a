import { CredentialWatch, type WatchParts } from './delivery/credentials/credential-watch.js'
import type { WriteRange } from './delivery/lane.js'
import { Lanes, type LanePartition, type LanesParts } from './delivery/lanes.js'
import type { MemoryBudget } from './delivery/memory-budget.js'
import { observed } from './delivery/observed-destination.js'
import { payloadsOf, recordPayloads } from './delivery/payloads.js'
import { ruleTimes } from './delivery/credentials/rule-times.js'
import { writeUntilSettled, type SettleParts, type WriteOutcome } from './delivery/settle.js'
import { SideTopics, type SideTopicsParts } from './delivery/side-topics.js'
import { StreamWriter } from './delivery/streams/stream-writer.js'
import { takesRecords, type Destination } from './destinations/destination.js'
import type { Range } from './range/range.js'
import type { CheckResult } from './runtime/checklist.js'
import type { SourceListener } from './source/source.js'

export interface PipelineParts
  extends
    Omit<LanesParts, 'memory' | 'write' | 'credentials'>,
    Omit<SideTopicsParts, 'connector' | 'stopping'>,
    Pick<WatchParts, 'place' | 'secrets' | 'group' | 'reachLedger'> {
  destination: Destination
  budget: Pick<MemoryBudget, 'share'>
  /** The 48-hour rule, as configured. */
  credentialFailure: { periodMs: number; onExpiry: 'drop' | 'hold' }
}

/** A connector at work. */
export interface Pipeline {
  /** What is leased, and how far it is; computed at every call. */
  readonly partitions: readonly LanePartition[]
  /** Offsets in memory that are not settled, looked up anew, and the memory they take. */
  readonly buffered: { events: number; bytes: number }
  /** What was read is delivered, and nothing more is read, written, probed or dropped until `resume`; membership is kept. */
  pause(): void
  resume(): void
  /** What waits for a retry or a probe is tried now. */
  probe(): void
  /** What is buffered is delivered now. */
  flush(): void
  /** Reads up to these offsets (by `topic/partition`) only, and delivers what is there without waiting for age. */
  drainTo(ends: ReadonlyMap<string, number>): void
  /** Stops reading, delivers everything that was read, leaves the group. `abort` gives up what is not delivered by then. */
  stop(abort: AbortSignal): Promise<void>
}

/**
 * One connector: Kafka → ranges → destination → commit. Reading never waits for writing.
 *
 * A record goes through `Lane.add`: decode, select, transform, encode into the open range. A closed range goes through
 * `RangeQueue`: intent, write (below), commit. While the credentials fail, `CredentialWatch` holds all lanes.
 */
export function startPipeline(p: PipelineParts): Pipeline {
  const stop = new AbortController()
  const parts = { ...p, connector: p.range.connector, stopping: stop.signal }
  const sideTopics = new SideTopics(parts)
  const credentials = new CredentialWatch({
    ...parts,
    times: ruleTimes(p.credentialFailure.periodMs),
    onExpiry: p.credentialFailure.onExpiry,
    look: async () => acceptsCredentials(await p.destination.check(null, stop.signal)),
    lanes: () => lanes,
  })
  const isProbe = () => credentials.isHolding
  const writeEvents = eventWriter(observed(p.destination, { ...p, isProbe }), { ...parts, credentials })
  const write = async (range: Range, source: string, signal: AbortSignal): Promise<WriteOutcome> => {
    if (range.intent.drop) return sideTopics.drop(range, range.intent.drop, source, signal)
    const outcome = await writeEvents(range, source, signal)
    if (outcome.kind !== 'written') return outcome
    const deliveredAtMs = p.clock.nowMs()
    const rest = await sideTopics.write(range, source, signal)
    return rest.kind === 'written' ? { ...rest, deliveredAtMs } : rest
  }
  const memory = p.budget.share(() => lanes.readOn())
  const lanes: Lanes = new Lanes({ ...p, memory, write, credentials })

  p.source.start({
    assigned: (lease, state) => lanes.open(lease, state), // a recorded intent comes first
    revoked: (lease) => lanes.close(lease), // its lease is void at once
    records: (lease, chunk) => lanes.add(lease, chunk),
    outOfRange: (lease, range) => lanes.outOfRange(lease, range),
    trouble: (code, message, needsPerson) => {
      if (needsPerson) return p.health.blocked('kafka', { code, message })
      p.health.failed(code, message)
      p.health.troubled('kafka', { state: 'retrying', code, message })
    },
    healthy: () => p.health.ready(),
    rebalanced: () => p.health.rebalanced(),
  } satisfies SourceListener)

  return {
    get partitions() {
      return lanes.partitions
    },
    get buffered() {
      return { events: lanes.heldOffsets, bytes: memory.heldBytes }
    },
    pause: () => lanes.pause(),
    resume: () => lanes.resume(),
    probe: () => credentials.nudge(),
    flush: () => lanes.flush(),
    drainTo: (ends) => lanes.drainTo(ends),
    stop: async (abort) => {
      const aborted = new Promise<void>((resolve) => abort.addEventListener('abort', () => resolve(), { once: true }))
      stop.abort()
      await Promise.race([lanes.stop(), aborted])
      await p.source.close()
      await p.destination.close()
    },
  }
}

/** Objects are written range by range; records of all ranges together, in order per key. */
function eventWriter(destination: Destination, parts: Omit<SettleParts, 'destination'>): WriteRange {
  if (!takesRecords(destination))
    return (range, source, signal) => writeUntilSettled(payloadsOf(range), { ...parts, destination }, source, signal)
  const writer = new StreamWriter({ ...parts, destination })
  return (range, source, signal) => writer.write(recordPayloads(range), source, signal)
}

function acceptsCredentials(checks: readonly CheckResult[]): boolean {
  return checks.some(({ name, status }) => name === 'credentials' && status === 'ok')
}
