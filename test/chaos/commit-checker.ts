import type { Problems } from './problems.js'
import type { Produced } from './produced.js'

/** A commit of the connector's group that the broker has accepted. */
export interface Commit {
  partition: number
  offset: number
  metadata: string
}

export interface CommitFindings {
  commits: number
  /** Ranges whose objects were announced before they were written. */
  intents: number
}

/**
 * Every accepted commit of each partition, in order (delivery.md §1 and §5.4): none goes back or passes the end; after an
 * intent for [S, E] comes nothing but the same intent or E + 1; whatever is written somewhere is announced before it is passed;
 * and in the end everything is committed and nothing announced.
 */
export function checkCommits(commits: readonly Commit[], produced: Produced, problems: Problems): CommitFindings {
  let intents = 0
  for (const [partition, records] of produced.partitions.entries()) {
    let before: Announced = { offset: 0, end: null }
    for (const commit of commits.filter((other) => other.partition === partition)) {
      const now = { offset: commit.offset, end: endOf(commit.metadata) }
      const problem = stepProblem(before, now, (first, last) => writesSomething(produced, partition, first, last))
      const place = `partition ${partition}: ${shown(now)} after ${shown(before)}`
      if (problem) problems.add('commit', `${place} ${problem}`)
      if (now.end !== null && (now.offset !== before.offset || before.end === null)) intents++
      before = now
    }
    if (before.offset !== records.length || before.end !== null)
      problems.add('commit', `partition ${partition} ends with ${shown(before)} instead of ${records.length}`)
  }
  return { commits: commits.length, intents }
}

interface Announced {
  offset: number
  /** The last offset of the announced range; null when none is. */
  end: number | null
}

function stepProblem(
  before: Announced,
  now: Announced,
  writesSomething: (first: number, last: number) => boolean,
): string | undefined {
  if (now.offset < before.offset) return 'goes back'
  if (now.end !== null && now.end < now.offset) return 'announces nothing'
  if (now.offset === before.offset) {
    if (before.end !== null && now.end !== before.end) return 'changes what was announced'
    return undefined
  }
  if (before.end !== null) return now.offset === before.end + 1 ? undefined : 'is not the end of what was announced'
  return writesSomething(before.offset, now.offset - 1) ? 'passes records that were never announced' : undefined
}

function writesSomething(produced: Produced, partition: number, first: number, last: number): boolean {
  return (produced.partitions[partition] ?? []).slice(first, last + 1).some(({ kind }) => kind !== 'nothing')
}

/** The metadata of an intent is JSON with `range.end`. */
function endOf(metadata: string): number | null {
  if (metadata === '') return null
  return (JSON.parse(metadata) as { range?: { end: number } }).range?.end ?? null
}

function shown({ offset, end }: Announced): string {
  return end === null ? `${offset}` : `${offset} with the intent up to ${end}`
}
