import type { Problems } from '../problems.js'
import type { StoredRecord, Throttling } from './stream-log.js'

/**
 * While one shard takes nothing, which is for up to eight seconds at a time, each of the others goes on. One that waited for it
 * would get nothing for all of that time, but for so much; on a machine with eighteen times the work it can do, 4 s were seen.
 */
const MARGIN_MS = 500

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

/** Looks at the times in which a shard took nothing, as far as they lie in `quiet` ones. */
export function checkThrottling(
  records: readonly Pick<StoredRecord, 'atMs' | 'shard'>[],
  throttlings: readonly Throttling[],
  quiet: readonly Quiet[],
  problems: Problems,
): ThrottlingFindings {
  const timesOf = new Map<number, number[]>()
  for (const { shard, atMs } of records) {
    const times = timesOf.get(shard)
    if (times) times.push(atMs)
    else timesOf.set(shard, [atMs])
  }
  const looked = throttlings.filter(({ fromMs, untilMs }) =>
    quiet.some((time) => time.fromMs <= fromMs && untilMs <= time.untilMs),
  )
  let longestSilenceMs = 0
  for (const { throttled, fromMs, untilMs } of looked) {
    for (const [shard, times] of timesOf) {
      if (shard === throttled) continue
      const within = times.filter((atMs) => atMs >= fromMs && atMs <= untilMs)
      const silenceMs = longestGap(within, fromMs, untilMs)
      longestSilenceMs = Math.max(longestSilenceMs, silenceMs)
      if (silenceMs > untilMs - fromMs - MARGIN_MS)
        problems.add('held up', `shard ${shard} got nothing for ${silenceMs} ms while shard ${throttled} took nothing`)
    }
  }
  return { looked: looked.length, longestSilenceMs }
}

function longestGap(times: readonly number[], fromMs: number, untilMs: number): number {
  const edges = [fromMs, ...times, untilMs]
  return Math.max(...edges.slice(1).map((atMs, index) => atMs - edges[index]!))
}
