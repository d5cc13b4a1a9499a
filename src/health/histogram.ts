/** How often values fell where, as in Prometheus: counts of values at most as large as each bound. */
export class Histogram {
  /** Values of each bucket alone; the last one is of those beyond every bound. */
  readonly counts: number[]
  sum = 0
  count = 0

  /** `bounds` ascend. */
  constructor(readonly bounds: readonly number[]) {
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0)
  }

  observe(value: number): void {
    let bucket = 0
    while (bucket < this.bounds.length && value > this.bounds[bucket]!) bucket++
    this.counts[bucket]!++
    this.sum += value
    this.count++
  }
}

/**
 * The value below which a share `q` (0 to 1) of the values lies, as Prometheus estimates it: linear within a bucket; beyond
 * the last bound, that bound. Null when there is no value. `counts` as in `Histogram.counts`.
 */
export function quantile(q: number, bounds: readonly number[], counts: readonly number[]): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  const rank = q * total
  let below = 0
  for (const [bucket, bound] of bounds.entries()) {
    const inBucket = counts[bucket]!
    if (below + inBucket >= rank && inBucket > 0) {
      const lower = bucket === 0 ? 0 : bounds[bucket - 1]!
      return lower + ((bound - lower) * (rank - below)) / inBucket
    }
    below += inBucket
  }
  return bounds.at(-1) ?? null
}
