import { OUTCOMES, type History, type Outcome, type Sample } from '../report.js'
import { beforeFine } from './slices.js'

/** Columns for the charts of one span of time: the browser draws them as they are. */
export interface ChartColumns {
  /** Unix seconds, when each slice ended. */
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

export function chartColumns(history: History, nowMs: number): { hour: ChartColumns; day: ChartColumns } {
  const { fine, fineMs, coarse, coarseMs } = history
  const earlier = timed(beforeFine(history, nowMs), coarseMs)
  return { hour: columnsOf([...earlier, ...timed(fine, fineMs)]), day: columnsOf(timed(coarse, coarseMs)) }
}

/** `stepMs`: the time that it is of. */
type TimedSample = Sample & { stepMs: number }

const timed = (samples: readonly Sample[], stepMs: number) => samples.map((sample) => ({ ...sample, stepMs }))

function columnsOf(samples: readonly TimedSample[]): ChartColumns {
  const perSecond = (count: (sample: Sample) => number) =>
    samples.map((sample) => rounded(count(sample) / (sample.stepMs / 1000)))
  const perMinute = (outcome: Outcome) =>
    samples.map(({ attempts, stepMs }) => rounded(attempts[outcome] / (stepMs / 60_000)))
  const latency = (which: 'p50' | 'p95' | 'p99') =>
    samples.map(({ latencyMs }) => latencyMs && rounded(latencyMs[which]))
  return {
    at: samples.map(({ atMs }) => atMs / 1000),
    lag: samples.map(({ lagEvents }) => lagEvents),
    in: perSecond(({ consumed }) => consumed),
    out: perSecond(({ delivered }) => delivered),
    outcomes: Object.fromEntries(OUTCOMES.map((outcome) => [outcome, perMinute(outcome)])) as Record<Outcome, number[]>,
    ...{ p50: latency('p50'), p95: latency('p95'), p99: latency('p99') },
  }
}

/** No screen shows more than hundredths. */
const rounded = (value: number): number => Math.round(value * 100) / 100
