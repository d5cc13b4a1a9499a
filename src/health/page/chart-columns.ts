import { OUTCOMES, type History, type Outcome, type Sample } from '../report.js'

/** Columns for the charts of one span of time: the browser draws them as they are. */
export interface ChartColumns {
  stepMs: number
  at: number[]
  lag: (number | null)[]
  /** Events a second. */
  in: number[]
  out: number[]
  /** Answers of the destination a minute, by outcome. */
  outcomes: Record<Outcome, number[]>
  /** Milliseconds. */
  p50: (number | null)[]
  p95: (number | null)[]
  p99: (number | null)[]
}

export function chartColumns({ fine, fineMs, coarse, coarseMs }: History): { hour: ChartColumns; day: ChartColumns } {
  return { hour: columnsOf(fine, fineMs), day: columnsOf(coarse, coarseMs) }
}

function columnsOf(samples: readonly Sample[], stepMs: number): ChartColumns {
  const perSecond = (count: number) => rounded(count / (stepMs / 1000))
  const perMinute = (outcome: Outcome) => samples.map(({ attempts }) => rounded(attempts[outcome] / (stepMs / 60_000)))
  const latency = (which: 'p50' | 'p95' | 'p99') =>
    samples.map(({ latencyMs }) => latencyMs && rounded(latencyMs[which]))
  return {
    stepMs,
    at: samples.map(({ atMs }) => atMs / 1000),
    lag: samples.map(({ lagEvents }) => lagEvents),
    in: samples.map(({ consumed }) => perSecond(consumed)),
    out: samples.map(({ delivered }) => perSecond(delivered)),
    outcomes: Object.fromEntries(OUTCOMES.map((outcome) => [outcome, perMinute(outcome)])) as Record<Outcome, number[]>,
    ...{ p50: latency('p50'), p95: latency('p95'), p99: latency('p99') },
  }
}

/** No screen shows more than hundredths. */
const rounded = (value: number): number => Math.round(value * 100) / 100
