import { eventually } from '../support/eventually.js'
import { withAdmin } from '../support/kafka-topics.js'
import { GROUP, TOPIC } from './connector.js'
import type { Fleet } from './fleet.js'
import type { Problems } from './problems.js'
import type { Produced } from './produced.js'

interface SettleParts {
  brokers: string[]
  fleet: Fleet
  produced: Produced
  problems: Problems
}

/** A request that hangs is given up after 30 s; then a session may have to end, and the backlog is worked off. */
const SETTLE_LIMIT_MS = 300_000

/**
 * Everything is committed, without a restart of anything; then the instances end when they are told to. Resolves to the
 * seconds until then.
 */
export async function settle({ brokers, fleet, produced, problems }: SettleParts): Promise<string> {
  const healedMs = performance.now()
  const mustBecome = (what: string, condition: () => boolean | Promise<boolean>) =>
    eventually(condition, { timeoutMs: SETTLE_LIMIT_MS, intervalMs: 250, because: what }).catch((error: Error) =>
      problems.add('not settled', `${error.message} ${error.cause instanceof Error ? error.cause.message : ''}`),
    )
  await mustBecome('lag 0', async () => (await lagOf(brokers, produced)) === 0)
  await mustBecome('all running', () => fleet.allRun())
  const settledSeconds = secondsSince(healedMs)
  await fleet.stopAll()
  return settledSeconds
}

/** Resolves when `count` instances are in the group, and it gives nobody's partitions away any more. */
export async function joined(brokers: string[], count: number): Promise<void> {
  const isComplete = async () => {
    const { groups } = await withAdmin(brokers, (admin) => admin.describeGroups([GROUP]))
    return groups[0]?.state === 'Stable' && groups[0].members.length === count
  }
  await eventually(isComplete, { timeoutMs: SETTLE_LIMIT_MS, intervalMs: 250, because: 'not all have joined' })
}

/** For people. */
export function secondsSince(startMs: number): string {
  return ((performance.now() - startMs) / 1000).toFixed(1)
}

/** Records that are not committed yet. */
export async function lagOf(brokers: string[], produced: Produced): Promise<number> {
  const [group] = await withAdmin(brokers, (admin) => admin.fetchOffsets({ groupId: GROUP, topics: [TOPIC] }))
  const offsets = group?.partitions.map(({ offset }) => Math.max(0, Number(offset))) ?? []
  return produced.count - offsets.reduce((sum, offset) => sum + offset, 0)
}
