import { Lanes, type LanesParts } from './delivery/lanes.js'
import type { MemoryBudget } from './delivery/memory-budget.js'
import { payloadsOf } from './delivery/payloads.js'
import { writeUntilSettled } from './delivery/settle.js'
import { SideTopics, type SideTopicsParts } from './delivery/side-topics.js'
import type { Destination } from './destinations/destination.js'
import type { Range } from './range/range.js'
import type { SourceListener } from './source/source.js'

export interface PipelineParts
  extends Omit<LanesParts, 'memory' | 'write'>, Omit<SideTopicsParts, 'connector' | 'stopping'> {
  destination: Destination
  budget: MemoryBudget
}

/** A connector at work. */
export interface Pipeline {
  /** Reads up to these offsets (by `topic/partition`) only, and delivers what is there without waiting for age. */
  drainTo(ends: ReadonlyMap<string, number>): void
  /** Stops reading, delivers everything that was read, leaves the group. `abort` gives up what is not delivered by then. */
  stop(abort: AbortSignal): Promise<void>
}

/**
 * One connector: Kafka → ranges → destination → commit. Reading never waits for writing.
 *
 * A record goes through `Lane.add`: decode, select, transform, encode into the open range. A closed range goes through
 * `RangeQueue`: intent, write (below), commit.
 */
export function startPipeline(p: PipelineParts): Pipeline {
  const stop = new AbortController()
  const parts = { ...p, connector: p.range.connector, stopping: stop.signal }
  const sideTopics = new SideTopics(parts)
  const write = async (range: Range, source: string, signal: AbortSignal): Promise<boolean> =>
    (await writeUntilSettled(payloadsOf(range), parts, source, signal)) &&
    (await sideTopics.write(range, source, signal))
  const memory = p.budget.share(() => lanes.resume())
  const lanes = new Lanes({ ...p, memory, write })

  p.source.start({
    assigned: (lease, state) => lanes.open(lease, state), // a recorded intent comes first
    revoked: (lease) => lanes.close(lease), // its lease is void at once
    records: (lease, chunk) => lanes.add(lease, chunk),
    outOfRange: (lease, range) => lanes.outOfRange(lease, range),
    trouble: (code, message, needsPerson) =>
      p.health.troubled('kafka', { state: needsPerson ? 'blocked' : 'retrying', code, message }),
    healthy: () => p.health.ready(),
  } satisfies SourceListener)

  return {
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
