import { cpus } from 'node:os'
import type { BenchResults, PipelineResult } from './benchmark.js'
import type { Usage } from './measured-process.js'

/** Memory at a budget of 256 MiB, of issue 3. */
const maxPeakBytes = 400e6

export interface Goal {
  text: string
  isMet: boolean
}

/** What a pipeline costs: medians over the rounds, with what starting it costs subtracted. */
interface Cost {
  microsPerEvent: number
  eventsPerSecond: number
  startMicros: number
  /** Of all rounds. */
  peakBytes: number
}

/** The verdicts; none about a pipeline that did not run. */
export function goals(results: BenchResults): Goal[] {
  return results.pipelines.flatMap((pipeline) => (pipeline.goal ? goalsOf(pipeline, pipeline.goal, results) : []))
}

function goalsOf({ letter }: PipelineResult, goal: NonNullable<PipelineResult['goal']>, results: BenchResults): Goal[] {
  const { peakBytes } = costOf(results, letter)!
  const peak = `(${letter}) peak = ${megabytes(peakBytes)} MB (goal < ${megabytes(maxPeakBytes)} MB)`
  const ratio = ratioOf(results, letter, goal.obvious)
  const isCheap = ratio !== undefined && ratio <= goal.maxRatio
  const cpu = `(${letter})/(${goal.obvious}) = ${ratio?.toFixed(2)} (goal <= ${goal.maxRatio})`
  return [
    ...(ratio === undefined ? [] : [{ text: cpu, isMet: isCheap }]),
    { text: peak, isMet: peakBytes < maxPeakBytes },
  ]
}

function ratioOf(results: BenchResults, letter: string, other: string): number | undefined {
  const [own, base] = [costOf(results, letter), costOf(results, other)]
  return own && base && own.microsPerEvent / base.microsPerEvent
}

/** The table and the verdicts, for people. */
export function report(results: BenchResults, verdicts: readonly Goal[]): string {
  const rows = results.pipelines.map((pipeline) => rowOf(pipeline, results))
  const table = [columns, ...rows].map((row) => row.map((cell, n) => align(cell, n)).join(''))
  return [
    '',
    `${results.events} events of ${Math.round(results.eventBytes)} bytes JSON, ${results.pipelines[0]?.runs.length ?? 0} rounds, medians; start subtracted`,
    `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}, load before ${results.loadBefore.toFixed(1)}`,
    '',
    ...table,
    '',
    ...verdicts.map(({ text, isMet }) => `${text}: ${isMet ? 'met' : 'MISSED'}`),
  ].join('\n')
}

const columns = [
  '',
  'CPU µs/event',
  'x (a)',
  'x obvious',
  'events/s',
  'peak MB',
  'start s CPU',
  'requests',
  'bytes/event',
]
const firstColumnWidth = 38

function align(cell: string, column: number): string {
  return column === 0 ? cell.padEnd(firstColumnWidth) : cell.padStart((columns[column]?.length ?? 0) + 3)
}

function rowOf({ letter, name, goal, delivered }: PipelineResult, results: BenchResults): string[] {
  const cost = costOf(results, letter)!
  return [
    `(${letter}) ${name}`,
    cost.microsPerEvent.toFixed(2),
    ratioOf(results, letter, 'a')?.toFixed(2) ?? '',
    (goal && ratioOf(results, letter, goal.obvious)?.toFixed(2)) ?? '',
    Math.round(cost.eventsPerSecond).toLocaleString('en-US'),
    megabytes(cost.peakBytes),
    (cost.startMicros / 1e6).toFixed(2),
    delivered ? String(delivered.requests) : '',
    delivered ? (delivered.bytes / results.events).toFixed(0) : '',
  ]
}

function costOf({ pipelines, events, fewEvents }: BenchResults, letter: string): Cost | undefined {
  const pipeline = pipelines.find((candidate) => candidate.letter === letter)
  if (!pipeline) return undefined
  const { starts, runs } = pipeline
  const gain = (use: (usage: Usage) => number) => median(runs.map(use)) - median(starts.map(use))
  const more = events - fewEvents
  return {
    microsPerEvent: gain(({ cpuMicros }) => cpuMicros) / more,
    eventsPerSecond: more / (gain(({ wallMs }) => wallMs) / 1000),
    startMicros: median(starts.map(({ cpuMicros }) => cpuMicros)),
    peakBytes: Math.max(...runs.map(({ peakBytes }) => peakBytes)),
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((x, y) => x - y)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

function megabytes(bytes: number): string {
  return String(Math.round(bytes / 1e6))
}
