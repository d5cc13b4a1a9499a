import type { TimedCommit } from '../commit-log.js'
import type { Problems } from '../problems.js'
import type { Produced } from '../produced.js'
import type { Arrival } from './stream-checker.js'

/**
 * Every accepted commit of each partition, in order: none goes back, none passes an event that the stream had not
 * acknowledged by then, none announces anything; and in the end everything is committed.
 */
export function checkStreamCommits(
  commits: readonly TimedCommit[],
  produced: Produced,
  arrivals: readonly Arrival[],
  problems: Problems,
): void {
  const acknowledgedMs = firstAcknowledged(arrivals)
  for (const [partition, records] of produced.partitions.entries()) {
    let committed = 0
    for (const { offset, metadata, atMs } of commits.filter((commit) => commit.partition === partition)) {
      const place = `partition ${partition}: ${offset} after ${committed}`
      if (offset < committed) problems.add('commit', `${place} goes back`)
      if (metadata.includes('"range"')) problems.add('commit', `${place} announces a range`)
      for (const { kind, offset: passed } of records.slice(committed, offset)) {
        const isKnown = kind !== 'event' || (acknowledgedMs.get(keyOf(partition, passed)) ?? Infinity) <= atMs
        if (!isKnown) problems.add('commit', `${place} passes ${passed}, which the stream had not acknowledged`)
      }
      committed = Math.max(committed, offset)
    }
    if (committed !== records.length)
      problems.add('commit', `partition ${partition} ends with ${committed} instead of ${records.length}`)
  }
}

const keyOf = (partition: number, offset: number) => `${partition}/${offset}`

/** By place, when the stream said for the first time that it has the event. */
function firstAcknowledged(arrivals: readonly Arrival[]): Map<string, number> {
  const first = new Map<string, number>()
  for (const { partition, offset, atMs, isTold } of arrivals) {
    const key = keyOf(partition, offset)
    if (isTold && !first.has(key)) first.set(key, atMs)
  }
  return first
}
