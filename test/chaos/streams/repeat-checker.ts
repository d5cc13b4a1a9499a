import type { TimedCommit } from '../commit-log.js'
import type { Problems } from '../problems.js'
import type { Arrival } from './stream-checker.js'

/** What may make Millrace write something again. */
interface Reasons {
  /** Records whose answers may have been lost, beside those of `arrivals` that nobody was told of. */
  lostAnswers: number
  /** Every start and every end of an instance gives partitions to others. */
  handOvers: number
}

interface RepeatFindings {
  repeats: number
  /** As many may be repeated at most. */
  bound: number
  /** The most events of a partition, and of all together, that were in the stream and not committed. */
  mostOfPartition: number
  mostOfAll: number
  /** The longest that an event had been committed when it was written again, milliseconds. */
  latestMs: number
}

/** Events of a partition that may be underway at once (src/delivery/streams/stream-queue.ts), and the range that comes last. */
const MAX_UNDERWAY_EVENTS = 20_000 + 500

/**
 * What is in a call when its partition is taken away may still be written, while the next owner writes and commits it: calls
 * are answered within a second or two, on a busy machine several, and after a lost link tried once more by nobody.
 */
const LATEST_MS = 15_000

/**
 * Repeats are bounded by what was in flight: whoever takes a partition over writes again what is in the stream beyond the
 * committed offset, and that is never more than a partition may have underway; beside it only what was stored without an
 * answer is written twice.
 */
export function checkRepeats(
  arrivals: readonly Arrival[],
  commits: readonly TimedCommit[],
  { lostAnswers, handOvers }: Reasons,
  problems: Problems,
): RepeatFindings {
  const { mostOfPartition, mostOfAll } = mostUncommitted(arrivals, commits)
  const repeats = arrivals.filter(({ isRepeat }) => isRepeat).length
  const untold = arrivals.filter(({ isTold }) => !isTold).length
  const bound = untold + lostAnswers + handOvers * mostOfAll
  if (repeats > bound) problems.add('repeats', `${repeats} events were written again, ${bound} may have been in flight`)
  if (mostOfPartition > MAX_UNDERWAY_EVENTS)
    problems.add('repeats', `${mostOfPartition} events of a partition were in the stream and not committed`)
  const latestMs = latestRepeat(arrivals, commits)
  if (latestMs > LATEST_MS)
    problems.add('repeats', `an event was written again ${latestMs} ms after it had been committed`)
  return { repeats, bound, mostOfPartition, mostOfAll, latestMs }
}

type Step = { atMs: number } & ({ stored: Arrival } | { committed: TimedCommit })

function mostUncommitted(arrivals: readonly Arrival[], commits: readonly TimedCommit[]) {
  const steps: Step[] = [
    ...arrivals.map((stored) => ({ atMs: stored.atMs, stored })),
    ...commits.map((committed) => ({ atMs: committed.atMs, committed })),
  ].sort((a, b) => a.atMs - b.atMs)
  const uncommitted = new Map<number, Set<number>>()
  const most = { mostOfPartition: 0, mostOfAll: 0 }
  let all = 0
  for (const step of steps) {
    const { partition, offset } = 'stored' in step ? step.stored : step.committed
    const open = uncommitted.get(partition) ?? new Set<number>()
    uncommitted.set(partition, open)
    all -= open.size
    if ('committed' in step) for (const stored of [...open]) if (stored < offset) open.delete(stored)
    if ('stored' in step && !step.stored.isRepeat) open.add(offset)
    all += open.size
    most.mostOfPartition = Math.max(most.mostOfPartition, open.size)
    most.mostOfAll = Math.max(most.mostOfAll, all)
  }
  return most
}

function latestRepeat(arrivals: readonly Arrival[], commits: readonly TimedCommit[]): number {
  const byPartition = new Map<number, TimedCommit[]>()
  for (const commit of commits)
    byPartition.set(commit.partition, [...(byPartition.get(commit.partition) ?? []), commit])
  let latestMs = 0
  for (const { partition, offset, atMs } of arrivals.filter(({ isRepeat }) => isRepeat)) {
    const passed = byPartition.get(partition)?.find((commit) => commit.offset > offset)
    if (passed) latestMs = Math.max(latestMs, atMs - passed.atMs)
  }
  return latestMs
}
