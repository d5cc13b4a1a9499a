import { quantile } from './histogram.js'
import { FIRST, grown, type Counted } from './progress.js'
import { OUTCOMES, type Outcome, type Sample } from './report.js'
import { Tally } from './tally.js'

/** Buckets of the durations that samples give percentiles of. */
const SECONDS = new Tally().attemptSeconds.bounds

/** How far a connector is behind when a slice ends. */
interface Behind {
  lagEvents: number | null
  oldestUndeliveredAgeMs: number | null
}

/** Samples of one connector at equal distances; the oldest go. */
export class Series {
  #samples: Sample[] = []
  /** Of the slice that runs: when it began, and what was counted then. */
  #begun: { atMs: number; counted: Counted } | null = null

  constructor(
    readonly stepMs: number,
    private readonly most: number,
  ) {}

  /** Those of the time that it reaches back from `nowMs`. */
  since(nowMs: number): readonly Sample[] {
    const fromMs = nowMs - this.most * this.stepMs
    return this.#samples.filter(({ atMs }) => atMs > fromMs)
  }

  /** Ends the slice that runs where it is over by `nowMs`, and begins the next; slices begin at the same instants everywhere. */
  add(nowMs: number, counted: Counted, behind: Behind): Sample | undefined {
    const atMs = nowMs - (nowMs % this.stepMs)
    const begun = this.#begun
    if (begun?.atMs === atMs) return undefined
    this.#begun = { atMs, counted }
    if (!begun) return undefined
    const sample = sampleOf(atMs, grown(counted, begun.counted), behind)
    this.put(sample)
    return sample
  }

  /** One of another process, or of an earlier one: of the same moment the fuller one counts. */
  put(sample: Sample): void {
    const at = this.#samples.findLastIndex(({ atMs }) => atMs <= sample.atMs)
    const there = this.#samples[at]
    if (there?.atMs !== sample.atMs) this.#samples.splice(at + 1, 0, sample)
    else if (sample.consumed >= there.consumed) this.#samples[at] = sample
    if (this.#samples.length > this.most) this.#samples.shift()
  }
}

function sampleOf(atMs: number, counted: Counted, behind: Behind): Sample {
  const attempts = Object.fromEntries(OUTCOMES.map((outcome, i) => [outcome, counted[FIRST.attempts + i] ?? 0]))
  return {
    ...{ atMs, ...behind, consumed: counted[FIRST.consumed] ?? 0, delivered: counted[FIRST.delivered] ?? 0 },
    ...{ dropped: counted[FIRST.dropped] ?? 0, deadLettered: counted[FIRST.deadLettered] ?? 0 },
    attempts: attempts as Record<Outcome, number>,
    latencyMs: latencyOf(counted.slice(FIRST.buckets)),
  }
}

function latencyOf(buckets: readonly number[]): Sample['latencyMs'] {
  if (!buckets.some((count) => count > 0)) return null
  const ms = (q: number) => 1000 * (quantile(q, SECONDS, buckets) ?? 0)
  return { p50: ms(0.5), p95: ms(0.95), p99: ms(0.99) }
}
