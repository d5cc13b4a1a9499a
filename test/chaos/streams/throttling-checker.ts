import type { Problems } from '../problems.js'
import type { StoredRecord, Throttling } from './stream-log.js'

/**
 * While one shard takes nothing, each of the others goes on: within every such time, but the first half second of it, when
 * calls that hold both are still answered, it stores something in every period of so many milliseconds.
 */
const LONGEST_SILENCE_MS = 2_000

/** A kill takes the group as long as the session of the dead: times with one are left out. */
export interface Quiet {
  fromMs: number
  untilMs: number
}

interface ThrottlingFindings {
  /** Times in which a shard took nothing, and that no kill fell into. */
  looked: number
  /** Of those, the longest that another shard was silent. */
  longestSilenceMs: number
}

export function checkThrottling(
  records: readonly Pick<StoredRecord, 'atMs' | 'shard'>[],
  throttlings: readonly Throttling[],
  quiet: readonly Quiet[],
  problems: Problems,
): ThrottlingFindings {
  const shards = [...new Set(records.map(({ shard }) => shard))]
  const looked = throttlings.filter(({ fromMs, untilMs }) =>
    quiet.some((time) => time.fromMs <= fromMs && untilMs <= time.untilMs),
  )
  let longestSilenceMs = 0
  for (const { throttled, fromMs, untilMs } of looked) {
    for (const shard of shards.filter((other) => other !== throttled)) {
      const times = records.filter((record) => record.shard === shard).map(({ atMs }) => atMs)
      const silenceMs = longestGap(
        times.filter((atMs) => atMs >= fromMs && atMs <= untilMs),
        fromMs,
        untilMs,
      )
      longestSilenceMs = Math.max(longestSilenceMs, silenceMs)
      if (silenceMs > LONGEST_SILENCE_MS)
        problems.add('held up', `shard ${shard} got nothing for ${silenceMs} ms while shard ${throttled} took nothing`)
    }
  }
  return { looked: looked.length, longestSilenceMs }
}

function longestGap(times: readonly number[], fromMs: number, untilMs: number): number {
  const edges = [fromMs, ...times, untilMs]
  return Math.max(...edges.slice(1).map((atMs, index) => atMs - edges[index]!))
}
