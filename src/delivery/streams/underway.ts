import type { Failure } from '../../destinations/destination.js'
import type { HealthRecorder } from '../../health/recorder.js'
import type { Clock } from '../../runtime/clock.js'
import { troubleOf, type WriteOutcome } from '../settle.js'
import type { Share } from './share.js'

/**
 * A shard that refuses is not worth a word while the partition goes on; one that keeps a partition from delivering anything
 * for so long is.
 */
const STANDSTILL_MS = 10_000

/** A partition of which something is underway. */
interface Source {
  readonly shares: Set<Share>
  isTroubled: boolean
  /** When something of it was acknowledged last, or it began; by the monotonic clock. */
  acknowledgedMs: number
}

/** What is underway into a stream, by partition, and whether a partition has trouble with it. */
export class Underway {
  readonly #sources = new Map<string, Source>()

  constructor(private readonly parts: { clock: Clock; health: HealthRecorder }) {}

  get isEmpty(): boolean {
    return this.#sources.size === 0
  }

  add(share: Share): void {
    const state = this.#sources.get(share.source) ?? {
      ...{ shares: new Set<Share>(), isTroubled: false },
      acknowledgedMs: this.parts.clock.monotonicMs(),
    }
    this.#sources.set(share.source, state)
    state.shares.add(share)
  }

  /** A partition of which nothing is underway has no trouble. */
  left(share: Share): void {
    const state = this.#sources.get(share.source)
    state?.shares.delete(share)
    if (!state || state.shares.size > 0) return
    this.#sources.delete(share.source)
    if (state.isTroubled) this.parts.health.recovered(share.source)
  }

  /** What follows in the partition must not come before what is given up. */
  endAll(source: string, outcome: WriteOutcome): void {
    for (const share of [...(this.#sources.get(source)?.shares ?? [])]) share.end(outcome)
  }

  /** What became of its part of a call. Throttling is no trouble as long as something of the partition is taken. */
  answered(source: string, failures: readonly Failure[], acknowledged: number): void {
    const { clock, health } = this.parts
    const state = this.#sources.get(source)
    if (!state) return
    if (acknowledged > 0) {
      state.acknowledgedMs = clock.monotonicMs()
      if (state.isTroubled) health.recovered(source)
      state.isTroubled = false
      return
    }
    const others = failures.filter((failure) => failure.class !== 'rejected')
    const isStanding = clock.monotonicMs() - state.acknowledgedMs >= STANDSTILL_MS
    if (others.length === 0 || !(isStanding || others.some(({ hitsAll }) => hitsAll))) return
    state.isTroubled = true
    health.troubled(source, troubleOf(others))
  }
}
