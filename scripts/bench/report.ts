import { cpus } from 'node:os'
import type { BenchResults, PipelineResult } from './benchmark.js'
import type { Usage } from './measured-process.js'

/** Goals of issue 3: CPU beside the obvious pipeline, and memory at a budget of 256 MiB. */
const maxRatioToObvious = 0.75
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
  const [b, c] = (['b', 'c'] as const).map((letter) => costOf(results, letter))
  const ratio = b && c ? c.microsPerEvent / b.microsPerEvent : undefined
  return [
    ...(ratio === undefined
      ? []
      : [{ text: `(c)/(b) = ${ratio.toFixed(2)} (goal <= ${maxRatioToObvious})`, isMet: ratio <= maxRatioToObvious }]),
    ...(c
      ? [
          {
            text: `peak = ${megabytes(c.peakBytes)} MB (goal < ${megabytes(maxPeakBytes)} MB)`,
            isMet: c.peakBytes < maxPeakBytes,
          },
        ]
      : []),
  ]
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

const columns = ['', 'CPU µs/event', 'x (a)', 'x (b)', 'events/s', 'peak MB', 'start s CPU', 'objects', 'bytes/event']
const firstColumnWidth = 22

function align(cell: string, column: number): string {
  return column === 0 ? cell.padEnd(firstColumnWidth) : cell.padStart((columns[column]?.length ?? 0) + 3)
}

function rowOf({ letter, name, delivered }: PipelineResult, results: BenchResults): string[] {
  const cost = costOf(results, letter)!
  const ratioTo = (other: PipelineResult['letter']) => {
    const base = costOf(results, other)
    return base ? (cost.microsPerEvent / base.microsPerEvent).toFixed(2) : ''
  }
  return [
    `(${letter}) ${name}`,
    cost.microsPerEvent.toFixed(2),
    ratioTo('a'),
    ratioTo('b'),
    Math.round(cost.eventsPerSecond).toLocaleString('en-US'),
    megabytes(cost.peakBytes),
    (cost.startMicros / 1e6).toFixed(2),
    delivered ? String(delivered.objects) : '',
    delivered ? (delivered.bytes / results.events).toFixed(0) : '',
  ]
}

function costOf({ pipelines, events, fewEvents }: BenchResults, letter: PipelineResult['letter']): Cost | undefined {
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
