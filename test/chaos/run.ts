import { setMaxListeners } from 'node:events'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTopic } from '../support/kafka-topics.js'
import { readBucket } from './bucket.js'
import { ChaosRecords } from './chaos-records.js'
import { BUCKET, startChaosServers, type ChaosServers } from './chaos-servers.js'
import { checkCommits, type Commit, type CommitFindings } from './commit-checker.js'
import { readCommits } from './commit-log.js'
import {
  CONNECTOR,
  GROUP,
  instanceEnvironment,
  PARTITIONS,
  PLACE,
  TOPIC,
  TOPIC_OPTIONS,
  writeConfiguration,
} from './connector.js'
import { readDeadLetters } from './dead-letters.js'
import { checkDeadLetters, type DeadLetterFindings } from './dead-letter-checker.js'
import { Fleet } from './fleet.js'
import { Scraper } from './scraper.js'
import { ObjectChecker } from './object-checker.js'
import { planOf, type Disturbance } from './plan.js'
import { Problems, type ProblemKind } from './problems.js'
import { Produced } from './produced.js'
import { PacedProducer } from './producer.js'
import { buildProgram } from './program.js'
import { Storm } from './storm.js'
import { secondsSince, settle } from './settle.js'
import { StoredBytes } from './stored-bytes.js'

export interface ChaosOptions {
  /** Decides everything that is decided at random. */
  seed: number
  /** Records to produce; about 98 in 100 are events to be delivered. */
  records: number
  /** How long the faults go on, and how long the records take. */
  durationMs: number
  log: (line: string) => void
}

export interface ChaosReport {
  problems: Problems
  /** For people: name and value. */
  table: Record<string, number | string>
  /** Where logs, objects or records, and commits are kept; only when there are problems. */
  folder?: string
  /** What is shown by a run without problems. */
  verdict: string
}

const INSTANCES = 3
const VERDICT = 'Every event is in exactly one object, none missing, none twice.'
/** What was done, in the table for people. */
const DISTURBANCES: Record<Disturbance, string> = {
  kill: 'instances killed (-9)',
  freeze: 'zombies (SIGSTOP, SIGCONT)',
  add: 'instances added',
  remove: 'instances removed (SIGTERM)',
  'kill broker': 'broker killed and restarted',
  'cut Kafka': 'all Kafka connections cut',
  'refuse Kafka': 'Kafka unreachable',
  'S3 down': 'S3 outages',
}
/** One crash test: servers, instances, faults, healing, and every object read back. Rejects only when the test itself fails. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const program = await buildProgram()
  const folder = await mkdtemp(join(tmpdir(), 'millrace-chaos-'))
  const servers = await startChaosServers(options.seed)
  const run = new ChaosRun(options, servers, program, folder)
  try {
    await run.prepare()
    await run.disturb()
    await run.settle()
    await run.check()
  } catch (error) {
    throw new Error(`the test itself has failed, its folder is ${folder}`, { cause: error })
  } finally {
    await run.end()
    await servers.stop()
  }
  const { problems, table } = run
  if (problems.total > 0) return { problems, table, folder, verdict: VERDICT }
  await rm(folder, { recursive: true, force: true })
  return { problems, table, verdict: VERDICT }
}

class ChaosRun {
  readonly problems = new Problems()
  table: Record<string, number | string> = {}
  readonly #startMs = performance.now()
  readonly #produced = new Produced(PARTITIONS)
  readonly #stored = new StoredBytes(this.problems)
  readonly #abort = new AbortController()
  #underway: Promise<void>[] = []
  readonly #configFile: string
  readonly #fleet: Fleet
  readonly #storm: Storm
  readonly #scraper: Scraper
  readonly #producer: PacedProducer

  constructor(
    private readonly options: ChaosOptions,
    private readonly servers: ChaosServers,
    program: string,
    private readonly folder: string,
  ) {
    const { seed, log } = options
    // Every step of the plan waits with it.
    setMaxListeners(0, this.#abort.signal)
    this.#configFile = join(folder, 'millrace.yaml')
    const fleetParts = {
      program,
      configFile: this.#configFile,
      env: instanceEnvironment(servers),
      logFileOf: (name: string) => join(folder, `${name}.log`),
    }
    this.#fleet = new Fleet(fleetParts, this.problems)
    this.#scraper = new Scraper(this.#fleet, this.problems)
    const records = new ChaosRecords(seed, PARTITIONS)
    this.#producer = new PacedProducer(TOPIC, servers.kafka.brokers, records, this.#produced)
    this.#storm = new Storm({
      servers,
      fleet: this.#fleet,
      producer: this.#producer,
      instances: INSTANCES,
      log,
      signal: this.#abort.signal,
    })
    servers.s3Proxy.onStored = (url, body) => this.#stored.add(url, body)
  }

  async prepare(): Promise<void> {
    const { brokers } = this.servers.kafka
    await createTopic(brokers, TOPIC_OPTIONS)
    await writeConfiguration(this.#configFile, this.servers)
    for (let n = 0; n < INSTANCES; n++) await this.#fleet.start()
    void this.#scraper.run(this.#abort.signal)
  }

  async disturb(): Promise<void> {
    const { seed, records, durationMs } = this.options
    const plan = planOf(seed, durationMs)
    const { signal } = this.#abort
    this.#underway = [this.#storm.run(plan, durationMs), this.#producer.run(records, durationMs, signal)]
    await Promise.all(this.#underway)
    await this.#storm.heal()
  }

  async settle(): Promise<void> {
    const { problems, options } = this
    const { brokers } = this.servers.kafka
    this.table['seconds to settle'] = await settle({ brokers, fleet: this.#fleet, produced: this.#produced, problems })
    options.log(`settled after ${this.table['seconds to settle']} s`)
  }

  async check(): Promise<void> {
    const { kafka, s3 } = this.servers
    const { problems } = this
    const produced = this.#produced
    this.#fleet.check()
    const objects = new ObjectChecker(produced, PLACE, problems)
    await readBucket({ ...s3, bucket: BUCKET }, (key, body) => objects.add(key, body))
    objects.finish()
    const letters = await readDeadLetters(kafka.brokers)
    const found = checkDeadLetters(letters, produced, { topic: TOPIC, connector: CONNECTOR }, problems)
    const commits = await readCommits(kafka.brokers, GROUP, TOPIC)
    const checked = checkCommits(commits, produced, problems)
    this.table = { ...this.#faults(), ...this.table, ...this.#results(objects, found, checked) }
    if (problems.total > 0) await this.#keep(commits)
  }

  /** What somebody needs who looks for the reason, beside the logs. */
  async #keep(commits: readonly Commit[]): Promise<void> {
    await cp(this.servers.s3.directory, join(this.folder, 'objects'), { recursive: true })
    await writeFile(join(this.folder, 'commits.json'), commits.map((commit) => `${JSON.stringify(commit)}\n`).join(''))
  }

  /** Ends whatever still runs. */
  async end(): Promise<void> {
    this.#abort.abort()
    await Promise.allSettled(this.#underway)
    await this.#fleet.killAll()
  }

  #faults(): Record<string, number | string> {
    const { kafkaProxy, s3Proxy } = this.servers
    const named = (prefix: string, counts: Record<string, number>) =>
      Object.fromEntries(Object.entries(counts).map(([name, count]) => [`${prefix} ${name}`, count]))
    const done = Object.entries(this.#storm.done).map(([disturbance, count]) => [
      DISTURBANCES[disturbance as Disturbance],
      count,
    ])
    return {
      seed: this.options.seed,
      'instances started': this.#fleet.started,
      scrapes: this.#scraper.scrapes,
      'scrapes with events in memory': this.#scraper.withBuffered,
      ...(Object.fromEntries(done) as Record<string, number>),
      ...named('Kafka request:', kafkaProxy.rules.done),
      ...named('S3 request:', s3Proxy.rules.done),
    }
  }

  #results(
    { objects, bytes }: ObjectChecker,
    { letters, repeats }: DeadLetterFindings,
    { commits, intents }: CommitFindings,
  ): Record<string, number | string> {
    const counted: ProblemKind[] = ['missing', 'duplicate', 'misplaced', 'wrong value', 'unreadable object']
    return {
      'records produced': this.#produced.count,
      'events to deliver': this.#produced.events.size,
      'poison records': this.#produced.poison.length,
      'dead letters': letters,
      'dead letters repeated': repeats,
      'commits accepted': commits,
      'write intents': intents,
      objects,
      'MB in objects': (bytes / 1e6).toFixed(1),
      'objects written again': this.#stored.rewritten,
      ...Object.fromEntries(counted.map((kind) => [kind, this.problems.count(kind)])),
      'other problems': this.problems.total - counted.reduce((sum, kind) => sum + this.problems.count(kind), 0),
      'seconds in all': secondsSince(this.#startMs),
    }
  }
}
