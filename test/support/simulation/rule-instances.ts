import type { Destination } from '../../../src/destinations/destination.js'
import { MemoryBudget, type MemoryShare } from '../../../src/delivery/memory-budget.js'
import { ConnectorHealth } from '../../../src/health/connector-health.js'
import { startPipeline, type Pipeline, type PipelineParts } from '../../../src/pipeline.js'
import { createLogger } from '../../../src/runtime/logger.js'
import type { SimulatedBucket } from './bucket.js'
import { openObject, transcoder } from './events.js'
import type { GroupViews } from './group-views.js'
import type { Host } from './host.js'
import { SimulatedSource, type SimulatedKafka } from './kafka.js'
import type { RuleStream } from './rule-stream.js'
import type { RuleTruth } from './rule-truth.js'
import { makeRecord } from './stream.js'
import type { SimulatedSideTopics } from './side-topics.js'
import { SimulatedProcess } from './world.js'

/** What takes the place of a part of the pipeline to see that a fault in it is caught. */
export interface RuleMutation {
  parts?: (parts: PipelineParts, kafka: SimulatedKafka) => Partial<PipelineParts>
  /** What Kafka keeps of commit metadata. */
  metadata?: (text: string) => string
}

/** Everything around an instance of the connector. */
export interface Surroundings {
  kafka: SimulatedKafka
  bucket: SimulatedBucket
  /** Where events go instead of into the bucket. */
  stream: RuleStream | null
  sideTopics: SimulatedSideTopics
  views: GroupViews
  truth: RuleTruth
  rule: { periodMs: number; onExpiry: 'drop' | 'hold' }
  secretPollMs: number | null
  mutation: RuleMutation
}

/** A process that has done nothing for so long does nothing: longer than it waits for records that do not come. */
const IDLE_MS = 45_000

/** One process with the connector. */
export class Instance {
  readonly process: SimulatedProcess<Host>
  readonly health: ConnectorHealth
  readonly #pipeline: Pipeline
  #share: MemoryShare | undefined
  #underway = 0
  #lastActiveMs = 0

  constructor(
    host: Host,
    private readonly around: Surroundings,
  ) {
    const process = (this.process = new SimulatedProcess(host.world, host))
    const { truth } = around
    truth.started(process)
    const logger = createLogger({ level: 'silent', format: 'json' })
    const deaf = () => undefined
    this.health = new ConnectorHealth('simulated', logger, {
      ...{ changed: deaf, worked: deaf, deadLettered: deaf },
      credentials: (step) => truth.told(process, step),
    })
    const parts = this.#parts()
    this.#pipeline = startPipeline({ ...parts, ...around.mutation.parts?.(parts, around.kafka) })
  }

  /** Bytes it holds although it holds back everything and does nothing; 0 is right. */
  get idleBytes(): number {
    const { process, health } = this
    const isIdle = this.#underway === 0 && process.world.nowMs - this.#lastActiveMs > IDLE_MS
    const isHolding = health.state === 'credentials-failing' && !process.isFrozen && !process.isDead
    return isIdle && isHolding ? (this.#share?.heldBytes ?? 0) : 0
  }

  stop(): void {
    const abort = new AbortController()
    this.process.after(25_000, () => abort.abort())
    void this.#pipeline.stop(abort.signal)
  }

  #parts(): PipelineParts {
    const { process, health, around } = this
    const { bucket, stream, sideTopics, views, truth, rule, secretPollMs } = around
    const { world } = process
    const destination: Destination<never> = (stream ?? bucket).destinationFor(process, truth)
    const writer = sideTopics.writerFor(process)
    const group = views.viewFor(process)
    const budget = new MemoryBudget(20_000_000, 1)
    return {
      source: this.#source(),
      destination: {
        ...destination,
        write: (payloads, signal) => this.#during(destination.write(payloads as never[], signal)),
      },
      writer: { write: (...given) => this.#during(writer.write(...given)) },
      topics: { drops: 'drops', deadLetters: 'dead-letters' },
      range: {
        connector: 'simulated',
        plan: { folder: 'currents', cluster: 'c', zone: 'z', topicInKey: false, codec: 'null' },
        transcoder,
        formats: { null: openObject, deflate: openObject },
        ...(stream && { makeRecord }),
      },
      limits: { maxEvents: 5, maxEventsUnderLoad: 10, maxBytes: 5_000 },
      maxAgeMs: Math.max(1_000, rule.periodMs / 576),
      from: 'beginning',
      catalogue: { get: () => undefined, names: () => [] },
      budget: { share: (onRoom) => (this.#share = budget.share(onRoom)) },
      clock: process.clock,
      random: world.random,
      credentialFailure: rule,
      place: 'here',
      instance: 'simulated/1',
      secrets: process.host.secretsView(secretPollMs),
      group: {
        committed: () => this.#during(group.committed()),
        ends: async () => {
          const ends = await this.#during(group.ends())
          truth.asked(process, ends)
          return ends
        },
      },
      reachLedger: () => sideTopics.reach(process),
      health,
      logger: createLogger({ level: 'silent', format: 'json' }),
    }
  }

  #source(): SimulatedSource {
    const { process, around } = this
    const { kafka, truth, mutation } = around
    const source = new SimulatedSource(kafka, process)
    const commit = source.commit.bind(source)
    source.commit = (lease, offset, metadata) => {
      truth.sending(process, lease.partition, offset, metadata)
      return this.#during(commit(lease, offset, mutation.metadata?.(metadata) ?? metadata))
    }
    const start = source.start.bind(source)
    source.start = (listener) =>
      start({
        ...listener,
        records: (lease, chunk) => {
          this.#lastActiveMs = process.world.nowMs
          listener.records(lease, chunk)
        },
      })
    return source
  }

  async #during<T>(work: Promise<T>): Promise<T> {
    this.#underway++
    try {
      return await work
    } finally {
      this.#underway--
      this.#lastActiveMs = this.process.world.nowMs
    }
  }
}
