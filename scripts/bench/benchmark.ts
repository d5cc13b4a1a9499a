import { mkdir } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { startKafka } from '../servers/local-kafka.js'
import { measure, type Usage } from './measured-process.js'
import type { BenchOptions } from './options.js'
import { benchFolder, pipelines, schemasFolder, type Pipeline } from './pipelines.js'
import { startSink, type Delivered, type Sink } from './sinks.js'
import { fillTopic } from './traffic.js'

/** All that a pipeline does only once happens over so many: every type, every partition, every import. */
const fewEvents = 1_200

/** Room for the page cache's sake stays outside of the heap; 2,000,000 events went through this. */
const kafkaHeapMiB = 512

/** What one pipeline has used, per round. */
export interface PipelineResult {
  letter: string
  name: string
  goal: Pipeline['goal']
  /** Runs over `fewEvents`: what starting costs. */
  starts: Usage[]
  runs: Usage[]
  /** What the last run has delivered. */
  delivered: Delivered | null
}

export interface BenchResults {
  events: number
  fewEvents: number
  /** JSON, on average. */
  eventBytes: number
  /** Runnable processes when it began; above 1 the figures are not to be trusted. */
  loadBefore: number
  pipelines: PipelineResult[]
}

interface Bench {
  brokers: string[]
  sink: Sink
  say: (line: string) => void
}

/** Fills a topic once, then lets the pipelines read it in turns. Rejects when one fails or loses an event. */
export async function benchmark(options: BenchOptions, say: (line: string) => void): Promise<BenchResults> {
  const loadBefore = loadavg()[0] ?? 0
  await mkdir(benchFolder, { recursive: true })
  const [kafka, sink] = await Promise.all([startKafka({ heapMiB: kafkaHeapMiB }), startSink(options.sink)])
  try {
    say(`Filling the topic with ${options.events} events …`)
    const eventBytes = await fillTopic(kafka.brokers, 'many', options.events)
    await fillTopic(kafka.brokers, 'few', fewEvents)
    const results = await runRounds({ brokers: kafka.brokers, sink, say }, options)
    return { events: options.events, fewEvents, eventBytes, loadBefore, pipelines: results }
  } finally {
    await kafka.kill()
    await Promise.all([kafka.stop(), sink.stop()])
  }
}

async function runRounds(bench: Bench, { rounds, only, events }: BenchOptions): Promise<PipelineResult[]> {
  const chosen = pipelines.filter(({ letter }) => only.includes(letter))
  const results = chosen.map(({ letter, name, goal }): PipelineResult => {
    return { letter, name, goal, starts: [], runs: [], delivered: null }
  })
  for (let round = 1; round <= rounds; round++) {
    for (const [n, pipeline] of chosen.entries()) {
      const result = results[n]!
      const few = await runOnce(bench, pipeline, { topic: 'few', events: fewEvents, round })
      const many = await runOnce(bench, pipeline, { topic: 'many', events, round })
      result.starts.push(few.usage)
      result.runs.push(many.usage)
      result.delivered = many.delivered
      bench.say(`round ${round}  (${pipeline.letter}) ${pipeline.name}: ${summary(many.usage)}`)
    }
  }
  return results
}

function summary({ cpuMicros, wallMs, peakBytes }: Usage): string {
  return `${(cpuMicros / 1e6).toFixed(2)} s CPU, ${(wallMs / 1e3).toFixed(1)} s, peak ${Math.round(peakBytes / 1e6)} MB`
}

interface Run {
  topic: string
  events: number
  round: number
}

async function runOnce({ brokers, sink }: Bench, pipeline: Pipeline, { topic, events, round }: Run) {
  const name = `bench-${pipeline.letter}-${topic}-${round}`
  if (pipeline.to === 's3') await sink.createBucket(name)
  const { s3, kinesis, eventHubs } = sink
  const to = { s3, kinesis, eventHubs }
  const args = await pipeline.prepare({ brokers, topic, name, sink: to, schemasFolder, keyed: pipeline.keyed })
  const usage = await measure(args, join(benchFolder, 'usage.json'))
  if (pipeline.to === null) return { usage, delivered: null }
  const delivered = await sink.delivered(name, pipeline.to)
  if (delivered.events === events) return { usage, delivered }
  throw new Error(`${pipeline.name} has delivered ${delivered.events} events instead of ${events}`)
}
