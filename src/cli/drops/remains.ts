import type { PartitionEnds } from '../../source/kafka-offsets.js'

/** Offsets [firstOffset, lastOffset] of one partition. */
export interface Stretch {
  topic: string
  partition: number
  firstOffset: number
  lastOffset: number
}

/** What Kafka still has of a stretch now. */
export interface Remains {
  /** Whether the broker still keeps these offsets; compacted ones among them it does not show. */
  available: 'all' | 'part' | 'none'
  /** What is gone. */
  gone: { firstOffset: number; lastOffset: number } | null
  /** True when the topic ends before the stretch does: it was recreated, or has lost records. */
  isBeyondEnd: boolean
}

/** `ends`: of the topic's partitions, none where there is no such topic any more. */
export function remainsOf(stretch: Stretch, ends: readonly PartitionEnds[]): Remains {
  const { firstOffset, lastOffset } = stretch
  const bounds = ends.find(({ topic, partition }) => topic === stretch.topic && partition === stretch.partition)
  const isBeyondEnd = bounds !== undefined && lastOffset >= bounds.high
  if (!bounds || isBeyondEnd || bounds.low > lastOffset) {
    return { available: 'none', gone: { firstOffset, lastOffset }, isBeyondEnd }
  }
  if (bounds.low <= firstOffset) return { available: 'all', gone: null, isBeyondEnd }
  return { available: 'part', gone: { firstOffset, lastOffset: bounds.low - 1 }, isBeyondEnd }
}

/** What of [firstOffset, lastOffset] is in none of `covered`, in order. */
export function uncovered(stretch: Stretch, covered: readonly Stretch[]): Stretch[] {
  const left: Stretch[] = []
  let firstOffset = stretch.firstOffset
  for (const next of [...covered].sort((a, b) => a.firstOffset - b.firstOffset)) {
    if (next.firstOffset > firstOffset) left.push({ ...stretch, firstOffset, lastOffset: next.firstOffset - 1 })
    firstOffset = Math.max(firstOffset, next.lastOffset + 1)
  }
  return firstOffset > stretch.lastOffset ? left : [...left, { ...stretch, firstOffset }]
}
