import { MemoryBudget } from '../../../src/delivery/memory-budget.js'
import type { Catalogue } from '../../../src/events/catalogue.js'
import { ConnectorHealth } from '../../../src/health/connector-health.js'
import { startPipeline, type Pipeline } from '../../../src/pipeline.js'
import { createLogger } from '../../../src/runtime/logger.js'
import {
  isDelivered,
  isFiltered,
  isRefused,
  isRejected,
  isTombstone,
  openObject,
  partitionKeyOf,
  transcoder,
} from './events.js'
import { SimulatedKafka, SimulatedSource, type Mutation } from './kafka.js'
import { SimulatedStore } from './store.js'
import { makeRecord, SimulatedStream, type StreamKind } from './stream.js'
import { seededRandom } from '../seeded-random.js'
import { SimulatedHost, SimulatedProcess, World } from './world.js'

/** What a run did, and everything that should not have happened. */
export interface SimulationResult {
  seed: number
  events: number
  objects: number
  /** Records in the stream beyond one for each event. */
  repeats: number
  kills: number
  freezes: number
  problems: string[]
}

const FAULTY_MS = 80_000
const LIMIT_MS = 3 * 3_600_000

interface Instance {
  process: SimulatedProcess
  pipeline: Pipeline
  health: ConnectorHealth
}

/** One random schedule of crashes, freezes, members that come and go, cut commits and a failing store, then healing. */
class Simulation {
  readonly #world: World
  readonly #kafka: SimulatedKafka
  readonly #store: SimulatedStore
  /** Where records go; null where objects go into the store. */
  readonly #stream: SimulatedStream | null
  readonly #instances = new Set<Instance>()
  readonly #unaccounted: string[] = []
  #kills = 0
  #freezes = 0

  constructor(
    private readonly seed: number,
    mutation: Mutation,
    kind: 'objects' | StreamKind,
  ) {
    const world = (this.#world = new World(seededRandom(seed)))
    this.#kafka = new SimulatedKafka(world, 1 + Math.floor(world.between(0, 5)), mutation, world.between(0, 0.4))
    const faults = { failBefore: world.between(0, 0.4), failAfter: world.between(0, 0.4), hang: world.between(0, 0.1) }
    this.#store = new SimulatedStore(world, faults)
    const streamFaults = { ...faults, refuse: world.between(0, 0.3) }
    this.#stream = kind === 'objects' ? null : new SimulatedStream(world, streamFaults, kind)
  }

  async run(): Promise<SimulationResult> {
    for (let n = 0; n < 2; n++) this.#start()
    this.#produce()
    this.#disturb()
    this.#scrape()
    await this.#world.runUntil(() => this.#world.nowMs > FAULTY_MS, LIMIT_MS)
    this.#heal()
    const isSettled = await this.#world.runUntil(() => this.#isSettled(), LIMIT_MS)
    const problems = [
      ...this.#kafka.violations,
      ...this.#unaccounted,
      ...(this.#stream ? this.#checkStream(this.#stream) : this.#check()),
    ]
    if (!isSettled) problems.push('not everything was committed in the end')
    const events = this.#kafka.partitions.reduce((sum, partition) => sum + this.#kafka.end(partition), 0)
    const { seed } = this
    const repeats = this.#stream ? this.#stream.stored.length - new Set(this.#stream.stored).size : 0
    return {
      seed,
      events,
      objects: this.#store.objects.size,
      repeats,
      kills: this.#kills,
      freezes: this.#freezes,
      problems,
    }
  }

  #start(): void {
    const process = new SimulatedProcess(this.#world, new SimulatedHost(this.#world))
    const logger = createLogger({ level: 'silent', format: 'json' })
    const health = new ConnectorHealth('simulated', logger)
    const catalogue: Catalogue = { get: () => undefined, names: () => [] }
    const pipeline = startPipeline({
      source: new SimulatedSource(this.#kafka, process),
      destination: (this.#stream ?? this.#store).destinationFor(process),
      writer: this.#store.writerFor(process),
      topics: { drops: 'drops', deadLetters: 'dead-letters' },
      range: {
        connector: 'simulated',
        plan: { folder: 'currents', cluster: 'c', zone: 'z', topicInKey: false, codec: 'null' },
        transcoder,
        formats: { null: openObject, deflate: openObject },
        ...(this.#stream && { makeRecord }),
      },
      limits: { maxEvents: 30, maxEventsUnderLoad: 60, maxBytes: 5_000 },
      maxAgeMs: 5_000,
      from: 'beginning',
      catalogue,
      budget: new MemoryBudget(this.#world.chance(0.3) ? 40_000 : 20_000_000, 1),
      clock: process.clock,
      random: this.#world.random,
      credentialFailure: { periodMs: 48 * 3_600_000, onExpiry: 'drop' },
      place: 'here',
      instance: 'simulated/1',
      secrets: { read: () => ({ digest: '', isFresh: true }), pollMs: null },
      group: {
        committed: () => {
          return Promise.resolve(
            [...this.#kafka.committed].map(([partition, { metadata }]) => ({
              source: `events/${partition}`,
              metadata,
            })),
          )
        },
        ends: () =>
          Promise.resolve(
            new Map(this.#kafka.partitions.map((partition) => [`events/${partition}`, this.#kafka.end(partition)])),
          ),
      },
      reachLedger: () => Promise.resolve(),
      health,
      logger,
    })
    this.#instances.add({ process, pipeline, health })
  }

  /** Of every process, at any moment: what was taken up is in memory, settled, or was let go of. */
  #scrape(): void {
    for (const { pipeline, health } of this.#instances) {
      const held = pipeline.partitions.reduce((sum, { offsets }) => sum + offsets, 0)
      const unaccounted = health.tally.unaccounted(held)
      if (unaccounted !== 0) this.#unaccounted.push(`${unaccounted} unaccounted after ${this.#world.nowMs} ms`)
    }
    this.#world.after(this.#world.between(10, 1_000), () => this.#scrape())
  }

  #produce(): void {
    this.#world.after(this.#world.between(100, 2_000), () => {
      for (const partition of this.#kafka.partitions)
        this.#kafka.produce(partition, Math.floor(this.#world.between(0, 60)))
      if (this.#world.nowMs < FAULTY_MS) this.#produce()
    })
  }

  #disturb(): void {
    this.#world.after(this.#world.between(1_000, 15_000), () => {
      if (this.#world.nowMs > FAULTY_MS) return
      const [victim] = [...this.#instances].sort(() => this.#world.random() - 0.5)
      const what = this.#world.random()
      if (!victim || what < 0.15) this.#start()
      else if (what < 0.5) this.#kill(victim)
      else if (what < 0.85) this.#freeze(victim)
      else this.#stop(victim)
      this.#disturb()
    })
  }

  #kill(instance: Instance): void {
    this.#kills++
    instance.process.kill()
    this.#instances.delete(instance)
    this.#world.after(this.#world.between(0, 20_000), () => this.#start())
  }

  #freeze({ process }: Instance): void {
    this.#freezes++
    process.freeze()
    this.#world.after(this.#world.between(100, 40_000), () => process.unfreeze())
  }

  #stop(instance: Instance): void {
    const abort = new AbortController()
    instance.process.after(25_000, () => abort.abort())
    void instance.pipeline.stop(abort.signal)
    this.#instances.delete(instance)
    this.#world.after(this.#world.between(0, 20_000), () => this.#start())
  }

  #heal(): void {
    this.#kafka.cutRate = 0
    this.#store.faults = { failBefore: 0, failAfter: 0, hang: 0 }
    if (this.#stream) this.#stream.faults = { failBefore: 0, failAfter: 0, hang: 0, refuse: 0 }
    this.#start()
  }

  #isSettled(): boolean {
    return this.#kafka.partitions.every(
      (partition) => (this.#kafka.committed.get(partition)?.offset ?? 0) === this.#kafka.end(partition),
    )
  }

  /** Each event in exactly one object, or (at least once) in the dead letters, or filtered (delivery.md §5). */
  #check(): string[] {
    const copies = new Map<string, number>()
    for (const body of this.#store.objects.values()) {
      for (const id of body.toString().split('\n')) copies.set(id, (copies.get(id) ?? 0) + 1)
    }
    const letters = new Set(this.#store.deadLetters)
    const problems: string[] = []
    for (const partition of this.#kafka.partitions) {
      for (let offset = 0; offset < this.#kafka.end(partition); offset++) {
        const id = `${partition}/${offset}`
        const expected = isDelivered(offset) ? 1 : 0
        const found = copies.get(id) ?? 0
        if (found !== expected) problems.push(`${id}: ${found} copies in objects instead of ${expected}`)
        const isLetter = isRejected(offset) && !isTombstone(offset) && !isFiltered(offset)
        if (letters.has(id) !== isLetter) problems.push(`${id}: ${isLetter ? 'no' : 'a'} dead letter`)
      }
    }
    return problems
  }

  /** Each event at least once, first occurrences of each key in order, rejected ones in the dead letters. */
  #checkStream({ stored, violations }: SimulatedStream): string[] {
    const problems = [...violations]
    const places = new Map<string, number>()
    stored.forEach((key, place) => void (places.has(key) || places.set(key, place)))
    const letters = new Set(this.#store.deadLetters)
    for (const partition of this.#kafka.partitions) {
      const lastOfKey = new Map<string, { offset: number; place: number }>()
      for (let offset = 0; offset < this.#kafka.end(partition); offset++) {
        const place = places.get(`events/${partition}/${offset}`)
        const isWanted = isDelivered(offset) && !isRefused(offset)
        if ((place !== undefined) !== isWanted) problems.push(`${partition}/${offset}: ${isWanted ? 'lost' : 'there'}`)
        const isLetter = !isWanted && !isTombstone(offset) && !isFiltered(offset)
        if (letters.has(`${partition}/${offset}`) !== isLetter) problems.push(`${partition}/${offset}: dead letter`)
        if (place === undefined) continue
        const before = lastOfKey.get(partitionKeyOf(offset))
        if (before && before.place > place) problems.push(`${partition}/${offset} came before ${before.offset}`)
        lastOfKey.set(partitionKeyOf(offset), { offset, place })
      }
    }
    return problems
  }
}

/** Runs one schedule; the same seed is the same run. */
export function simulate(seed: number, mutation: Mutation = {}): Promise<SimulationResult> {
  return new Simulation(seed, mutation, 'objects').run()
}

/** The same with a stream. */
export function simulateStream(
  seed: number,
  { kind = 'sound', ...mutation }: Mutation & { kind?: StreamKind } = {},
): Promise<SimulationResult> {
  return new Simulation(seed, mutation, kind).run()
}
