import type { History, Outcome, Sample } from '../report.js'

export const HOUR_MS = 3_600_000

/** Samples of a longer slice of time taken together, for a table that a person reads. */
export interface Slice {
  atMs: number
  /** The most there was; null: not known. */
  lagEvents: number | null
  oldestUndeliveredAgeMs: number | null
  inPerSecond: number
  outPerSecond: number
  dropped: number
  deadLettered: number
  ok: number
  /** Other answers of the destination that there were. */
  failures: [Outcome, number][]
  /** Percentiles cannot be added: the highest of the samples. */
  p50Ms: number | null
  p99Ms: number | null
}

/** Of the last hour, what was before the fine samples, which begin with the process: so charts go on over a restart. */
export function beforeFine({ fine, coarse }: History, nowMs: number): Sample[] {
  const untilMs = fine[0]?.atMs ?? Infinity
  return coarse.filter(({ atMs }) => atMs > nowMs - HOUR_MS && atMs < untilMs)
}

/** The newest first; the oldest slice may be of fewer samples. */
export function slicesOf(samples: readonly Sample[], stepMs: number, sliceMs: number): Slice[] {
  const each = Math.max(1, Math.round(sliceMs / stepMs))
  const slices: Slice[] = []
  for (let end = samples.length; end > 0; end -= each) {
    const slice = samples.slice(Math.max(0, end - each), end)
    slices.push(sliceOf(slice, slice.length * (stepMs / 1000)))
  }
  return slices
}

function sliceOf(samples: readonly Sample[], seconds: number): Slice {
  const sum = (count: (sample: Sample) => number) => samples.reduce((total, sample) => total + count(sample), 0)
  const most = (value: (sample: Sample) => number | null | undefined) =>
    samples.reduce<number | null>((max, sample) => {
      const one = value(sample)
      return one === null || one === undefined ? max : Math.max(max ?? one, one)
    }, null)
  return {
    atMs: samples.at(-1)!.atMs,
    lagEvents: most(({ lagEvents }) => lagEvents),
    oldestUndeliveredAgeMs: most((sample) => sample.oldestUndeliveredAgeMs),
    inPerSecond: sum(({ consumed }) => consumed) / seconds,
    outPerSecond: sum(({ delivered }) => delivered) / seconds,
    dropped: sum(({ dropped }) => dropped),
    deadLettered: sum(({ deadLettered }) => deadLettered),
    ...attemptsOf(samples),
    p50Ms: most(({ latencyMs }) => latencyMs?.p50),
    p99Ms: most(({ latencyMs }) => latencyMs?.p99),
  }
}

function attemptsOf(samples: readonly Sample[]): Pick<Slice, 'ok' | 'failures'> {
  const counts = new Map<Outcome, number>()
  for (const { attempts } of samples) {
    for (const [outcome, many] of Object.entries(attempts) as [Outcome, number][]) {
      counts.set(outcome, (counts.get(outcome) ?? 0) + many)
    }
  }
  const failures = [...counts].filter(([outcome, many]) => outcome !== 'ok' && many > 0)
  return { ok: counts.get('ok') ?? 0, failures }
}
