import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startKafka, type LocalKafka } from '../../../scripts/servers/local-kafka.js'
import { createTopic } from '../../support/kafka-topics.js'
import { ChaosRecords, FEW_HOT_USERS } from '../chaos-records.js'
import { readCommits } from '../commit-log.js'
import { CONNECTOR, GROUP, PARTITIONS, TOPIC, TOPIC_OPTIONS } from '../connector.js'
import { checkDeadLetters } from '../dead-letter-checker.js'
import { readDeadLetters } from '../dead-letters.js'
import { Fleet } from '../fleet.js'
import { Scraper } from '../scraper.js'
import { Problems } from '../problems.js'
import { Produced } from '../produced.js'
import { PacedProducer } from '../producer.js'
import { buildProgram } from '../program.js'
import type { ChaosOptions, ChaosReport } from '../run.js'
import { joined, lagOf, secondsSince, settle } from '../settle.js'
import { checkRepeats } from './repeat-checker.js'
import { RecordReader } from './record-reader.js'
import { StreamChecker } from './stream-checker.js'
import { checkStreamCommits } from './stream-commit-checker.js'
import { writeStreamConfiguration, streamEnvironment } from './stream-connector.js'
import { readStreamLog, type StoredRecord, type Throttling } from './stream-log.js'
import { StreamPeer } from './stream-peer.js'
import type { StreamKind } from './peer-program.js'
import { checkThrottling, type Quiet } from './throttling-checker.js'

export interface StreamChaosOptions extends ChaosOptions {
  kind: StreamKind
  /** How often an instance is killed (-9). */
  kills: number
  /** The stream forgets and swaps records, and fails in no other way: the checkers must find it. */
  isSabotaged?: boolean
}

const INSTANCES = 2
const VERDICT = 'Every event is in the stream, those of each key in their order, and repeats are what was in flight.'

/** The first part of the storm is without kills: nothing but shards and requests disturbs anything. */
const FIRST_KILL = 0.45
/** Between two words about how far it is. */
const PROGRESS_MS = 10_000
/** Until another instance takes the place of one that was killed. */
const REPLACED_AFTER_MS = 500
/** The group waits for the session of the dead, shares the partitions, and reads again. */
const DISTURBED_MS = 10_000

/**
 * Answers that a lost link or connection may take with it: of what is in calls, which is eight of 500 records (src/delivery/
 * streams/stream-writer.ts, src/destinations/event-hubs.ts). What Kinesis does not tell, its peer has noted record by record.
 */
const LOST_WITH_A_LINK = 8 * 500

/**
 * A shard takes nothing for eight seconds at a time, so that others can be told from it on any machine; but not for more events
 * than the memory of the instances (64 MiB) has room for beside what failed before: then all wait, as they should.
 */
const [LONGEST_THROTTLED_MS, MOST_THROTTLED_EVENTS] = [8_000, 11_000]

function throttledMsOf({ records, durationMs }: StreamChaosOptions): number {
  return Math.min(LONGEST_THROTTLED_MS, (MOST_THROTTLED_EVENTS * durationMs) / records)
}

/** One crash test of a stream: faults, kills, healing, and everything read back. Rejects only when the test itself fails. */
export async function runStreamChaos(options: StreamChaosOptions): Promise<ChaosReport> {
  const program = await buildProgram()
  const folder = await mkdtemp(join(tmpdir(), 'millrace-chaos-'))
  const { kind, seed, isSabotaged = false } = options
  const logFile = join(folder, 'stream.jsonl')
  const stream = { kind, seed, isSabotaged, logFile, throttledMs: throttledMsOf(options) }
  const [kafka, peer] = await Promise.all([startKafka(), StreamPeer.start(stream)])
  const run = new StreamRun(options, { kafka, peer, program, folder, logFile })
  try {
    await run.prepare()
    await run.disturb()
    await run.settle()
    await run.check()
  } catch (error) {
    throw new Error(`the test itself has failed, its folder is ${folder}`, { cause: error })
  } finally {
    await run.end()
    peer.stop()
    await kafka.stop()
  }
  const { problems, table } = run
  if (problems.total > 0) return { problems, table, folder, verdict: VERDICT }
  await rm(folder, { recursive: true, force: true })
  return { problems, table, verdict: VERDICT }
}

interface StreamRunParts {
  kafka: LocalKafka
  peer: StreamPeer
  program: string
  folder: string
  /** Where the peer writes what it has stored. */
  logFile: string
}

class StreamRun {
  readonly problems = new Problems()
  table: Record<string, number | string> = {}
  readonly #startMs = performance.now()
  readonly #produced = new Produced(PARTITIONS)
  readonly #abort = new AbortController()
  readonly #configFile: string
  readonly #fleet: Fleet
  readonly #scraper: Scraper
  readonly #producer: PacedProducer
  /** When an instance was killed, Unix milliseconds. */
  readonly #kills: number[] = []
  #underway: Promise<void>[] = []

  constructor(
    private readonly options: StreamChaosOptions,
    private readonly parts: StreamRunParts,
  ) {
    const { program, folder, peer, kafka } = parts
    this.#configFile = join(folder, 'millrace.yaml')
    const logFileOf = (name: string) => join(folder, `${name}.log`)
    const env = streamEnvironment(peer.address)
    this.#fleet = new Fleet({ program, configFile: this.#configFile, env, logFileOf }, this.problems)
    this.#scraper = new Scraper(this.#fleet, this.problems)
    const records = new ChaosRecords(options.seed, PARTITIONS, FEW_HOT_USERS)
    this.#producer = new PacedProducer(TOPIC, kafka.brokers, records, this.#produced)
  }

  async prepare(): Promise<void> {
    const { kafka, peer } = this.parts
    await createTopic(kafka.brokers, TOPIC_OPTIONS)
    await writeStreamConfiguration(this.#configFile, this.options.kind, kafka.brokers, peer.address)
    for (let n = 0; n < INSTANCES; n++) await this.#fleet.start()
    // Whoever joined later would disturb what is watched before the first kill.
    await joined(kafka.brokers, INSTANCES)
    void this.#scraper.run(this.#abort.signal)
  }

  async disturb(): Promise<void> {
    const { records, durationMs, isSabotaged } = this.options
    if (!isSabotaged) this.parts.peer.fail()
    this.#underway = [this.#producer.run(records, durationMs, this.#abort.signal), this.#kill()]
    const progress = setInterval(() => void this.#tellProgress().catch(() => undefined), PROGRESS_MS)
    await Promise.all(this.#underway).finally(() => clearInterval(progress))
    this.parts.peer.heal()
    this.#log('healed')
  }

  async settle(): Promise<void> {
    const { brokers } = this.parts.kafka
    const fleet = this.#fleet
    this.table['seconds to settle'] = await settle({
      brokers,
      fleet,
      produced: this.#produced,
      problems: this.problems,
    })
    this.#log(`settled after ${this.table['seconds to settle']} s`)
  }

  async check(): Promise<void> {
    const { brokers } = this.parts.kafka
    const { problems } = this
    const produced = this.#produced
    const failures = await this.parts.peer.finish()
    this.#fleet.check()
    const { checker, records, throttlings } = await this.#readStream()
    const commits = await readCommits(brokers, GROUP, TOPIC)
    checkStreamCommits(commits, produced, checker.arrivals, problems)
    const letters = await readDeadLetters(brokers)
    const deadLetters = checkDeadLetters(letters, produced, { topic: TOPIC, connector: CONNECTOR }, problems)
    const repeats = checkRepeats(checker.arrivals, commits, this.#reasons(failures), problems)
    const throttling = checkThrottling(records, throttlings, this.#quietTimes(records), problems)
    if (problems.total > 0) await writeFile(join(this.parts.folder, 'commits.json'), JSON.stringify(commits))
    const { cpuSeconds, peakMB } = this.#fleet.usage
    this.table = {
      seed: this.options.seed,
      'instances started': this.#fleet.started,
      scrapes: this.#scraper.scrapes,
      'scrapes with events in memory': this.#scraper.withBuffered,
      'instances killed (-9)': this.#kills.length,
      ...failures,
      ...this.table,
      'records produced': produced.count,
      'events to deliver': produced.events.size,
      'poison records': produced.poison.length,
      'dead letters': deadLetters.letters,
      'records stored': records.length,
      'stored, nobody told': checker.arrivals.filter(({ isTold }) => !isTold).length,
      repeats: repeats.repeats,
      'repeats at most': repeats.bound,
      'most in flight': repeats.mostOfAll,
      'most in flight of a partition': repeats.mostOfPartition,
      'latest repeat after its commit, ms': repeats.latestMs,
      'commits accepted': commits.length,
      'times a shard took nothing': throttlings.length,
      'of those, without kills': throttling.looked,
      "others' longest silence then, ms": throttling.longestSilenceMs,
      'events a second, until the last': eventsPerSecond(records),
      'CPU of all instances, s': cpuSeconds.toFixed(1),
      'CPU per event, µs': ((cpuSeconds * 1e6) / produced.events.size).toFixed(0),
      'peak memory of an instance, MB': peakMB.toFixed(0),
      problems: problems.total,
      'seconds in all': secondsSince(this.#startMs),
    }
  }

  /** Ends whatever still runs. */
  async end(): Promise<void> {
    this.#abort.abort()
    await Promise.allSettled(this.#underway)
    await this.#fleet.killAll()
  }

  /** One after the other, at even distances. */
  async #kill(): Promise<void> {
    const { kills, durationMs } = this.options
    const signal = this.#abort.signal
    await sleep(durationMs * FIRST_KILL, undefined, { signal })
    for (let n = 0; n < kills; n++) {
      const victim = this.#fleet.atWork[0]
      this.#kills.push(Date.now())
      this.#log(`kill ${victim?.name}`)
      await victim?.kill()
      await sleep(REPLACED_AFTER_MS, undefined, { signal })
      await this.#fleet.start()
      await sleep((durationMs * (1 - FIRST_KILL)) / kills - REPLACED_AFTER_MS, undefined, { signal })
    }
  }

  async #tellProgress(): Promise<void> {
    const lag = await lagOf(this.parts.kafka.brokers, this.#produced)
    this.#log(`${this.#produced.count} produced, ${lag} of them not committed`)
  }

  async #readStream() {
    const reader = new RecordReader()
    const checker = new StreamChecker(this.#produced, (record) => reader.read(record), this.problems)
    const records: Pick<StoredRecord, 'atMs' | 'shard'>[] = []
    const throttlings: Throttling[] = []
    for await (const entry of readStreamLog(this.parts.logFile)) {
      if ('throttled' in entry) {
        throttlings.push(entry)
        continue
      }
      checker.add(entry)
      records.push({ atMs: entry.atMs, shard: entry.shard })
    }
    checker.finish()
    return { checker, records, throttlings }
  }

  #reasons(failures: Record<string, number>) {
    const losses = Object.entries(failures).filter(([name]) => /^(link|connection) /.test(name))
    return {
      lostAnswers: LOST_WITH_A_LINK * losses.reduce((sum, [, count]) => sum + count, 0),
      handOvers: this.#fleet.started + this.#kills.length,
    }
  }

  /** From the first record on, between what a kill disturbs. */
  #quietTimes(records: readonly { atMs: number }[]): Quiet[] {
    const begins = [records[0]?.atMs ?? Infinity, ...this.#kills.map((atMs) => atMs + DISTURBED_MS)]
    const ends = [...this.#kills, records.at(-1)?.atMs ?? 0]
    return begins.map((fromMs, index) => ({ fromMs, untilMs: ends[index]! }))
  }

  #log(text: string): void {
    this.options.log(`${secondsSince(this.#startMs).padStart(6)} s  ${text}`)
  }
}

function eventsPerSecond(records: readonly { atMs: number }[]): string {
  const tookMs = (records.at(-1)?.atMs ?? 0) - (records[0]?.atMs ?? 0)
  return ((records.length / tookMs) * 1000).toFixed(0)
}
