import { seededRandom } from '../seeded-random.js'
import { SimulatedBucket } from './bucket.js'
import { Fates } from './fates.js'
import { GroupViews } from './group-views.js'
import { Host } from './host.js'
import { SimulatedKafka, type Committed } from './kafka.js'
import { Instance, type RuleMutation, type Surroundings } from './rule-instances.js'
import { RuleStream } from './rule-stream.js'
import { RuleTruth, SANE_MS } from './rule-truth.js'
import { RuleWeather } from './rule-weather.js'
import { SimulatedSideTopics } from './side-topics.js'
import { World } from './world.js'
import { isDelivered, isRefused } from './events.js'

/** What a run did, and everything that should not have happened. */
export interface RuleResult {
  seed: number
  days: number
  events: number
  dropped: number
  steps: readonly string[]
  movedEarlier: number
  problems: string[]
}

export interface RuleOptions {
  mutation?: RuleMutation
  /** What is not left to chance. */
  climate?: Partial<Climate>
  /** Told what happens, in order. */
  journal?: (line: string) => void
}

const HOUR_MS = 3_600_000
const USUAL_PERIOD_MS = 48 * HOUR_MS

/** What decides a run beside chance. */
export interface Climate {
  periodMs: number
  onExpiry: 'drop' | 'hold'
  clocks: 'right' | 'off' | 'jumping'
  /** All instances are down for most of the time. */
  isDark: boolean
  /** Requests take no time. */
  isInstant: boolean
  /** Ends with credentials that fail for longer than the period, and nothing else. */
  isFinal: boolean
  /** Events go into a stream, not into a bucket. */
  isStream: boolean
}

/** Weeks of a connector whose credentials fail and heal, with everything else that may happen, until all is well. */
class RuleSimulation {
  readonly #world: World
  readonly #climate: Climate
  readonly #kafka: SimulatedKafka
  readonly #hosts: Host[]
  readonly #around: Surroundings
  readonly #fates: Fates
  readonly #weather: RuleWeather
  readonly #instances = new Set<Instance>()
  readonly #problems: string[] = []

  constructor(
    private readonly seed: number,
    { mutation = {}, climate: wanted = {}, journal }: RuleOptions,
  ) {
    const world = (this.#world = new World(seededRandom(seed)))
    const climate = (this.#climate = { ...climateOf(world), ...wanted })
    world.isInstant = climate.isInstant
    const kafka = (this.#kafka = new SimulatedKafka(world, Math.ceil(world.between(0, 4)), {}, 0))
    const bucket = new SimulatedBucket(world, mannersOf(world, climate))
    const sideTopics = new SimulatedSideTopics(world)
    this.#hosts = Array.from({ length: Math.ceil(world.between(0, 3)) }, () => hostOf(world, climate))
    const toleranceMs = climate.clocks === 'right' ? 0 : 2 * SANE_MS
    const truth = new RuleTruth(kafka, { ...climate, toleranceMs })
    if (journal) truth.journal = journal
    this.#around = {
      ...{ kafka, bucket, sideTopics, truth, mutation, rule: climate, views: new GroupViews(kafka) },
      stream: climate.isStream ? new RuleStream(bucket) : null,
      secretPollMs: world.chance(0.5) ? null : Math.max(1_000, climate.periodMs / 576),
    }
    this.#fates = new Fates(this.#around)
    this.#weather = this.#weatherOf()
    kafka.onCommitted = (partition, before, after) => this.#committed(partition, before, after)
    truth.onDecision = () => this.#weather.provoke()
  }

  async run(): Promise<RuleResult> {
    const { periodMs, isDark } = this.#climate
    for (let n = 0; n < this.#hosts.length; n++) this.#start()
    this.#weather.begin()
    this.#watchMemory()
    await this.#passUntil(this.#world.between(1.2, isDark ? 5 : 2.5) * periodMs)
    if (this.#climate.isFinal) await this.#loseCredentials()
    this.#around.truth.note('everything heals')
    this.#weather.heal()
    await this.#settle('after everything has healed')
    for (const partition of this.#kafka.partitions) this.#kafka.produce(partition, 3)
    await this.#settle('of what came after')
    await this.#passUntil(this.#world.nowMs + 60_000)
    return this.#result()
  }

  /** Nothing is wrong but the credentials, for longer than the period: then what waits must be given up. */
  async #loseCredentials(): Promise<void> {
    this.#around.truth.note('only the credentials are wrong')
    this.#weather.heal(true)
    for (const partition of this.#kafka.partitions) this.#kafka.produce(partition, 3)
    await this.#settle('when the period was over', 1.1 * this.#climate.periodMs + 2 * HOUR_MS)
  }

  #result(): RuleResult {
    const { seed } = this
    const { truth, kafka } = this.#around
    const problems = [
      ...truth.problems,
      ...kafka.violations,
      ...this.#problems,
      ...this.#fates.problems(truth.decisions),
    ]
    for (const { health } of this.#instances) {
      const { state, trouble } = health
      if (trouble) problems.push(`in the end an instance is ${state}: ${trouble.code} ${trouble.message}`)
    }
    return {
      seed,
      days: this.#world.nowMs / 24 / HOUR_MS,
      events: kafka.partitions.reduce((sum, partition) => sum + kafka.end(partition), 0),
      dropped: this.#fates.entries.reduce((sum, { events }) => sum + events, 0),
      steps: truth.toldSteps,
      movedEarlier: truth.movedEarlier,
      problems,
    }
  }

  #weatherOf(): RuleWeather {
    const { kafka, bucket, sideTopics, views } = this.#around
    return new RuleWeather({
      ...{ world: this.#world, kafka, bucket, sideTopics, views, hosts: this.#hosts, instances: this.#instances },
      hourMs: this.#climate.periodMs / 48,
      isDark: this.#climate.isDark,
      clocksJump: this.#climate.clocks === 'jumping',
      note: (what) => this.#around.truth.note(what),
      start: () => this.#start(),
      end: (instance, how) => this.#end(instance, how),
      freeze: (instance, ms, isSuspended) => this.#freeze(instance, ms, isSuspended),
      jump: (host, ms) => this.#jump(host, ms),
    })
  }

  #start(): void {
    const instance = new Instance(this.#world.pick(this.#hosts), this.#around)
    this.#instances.add(instance)
    this.#around.truth.note(`${instance.process.name} starts`)
  }

  #end(instance: Instance, how: 'stop' | 'kill'): void {
    this.#instances.delete(instance)
    this.#around.truth.note(`${instance.process.name}: ${how}`)
    if (how === 'kill') instance.process.kill()
    else instance.stop()
  }

  #freeze({ process }: Instance, ms: number, isSuspended: boolean): void {
    const { truth } = this.#around
    if (process.isFrozen) return
    process.freeze()
    truth.note(`${process.name} freezes for ${ms / 1_000} s`)
    this.#world.after(ms, () => {
      process.unfreeze(isSuspended)
      if (ms > truth.times.observationMs) truth.gap(process)
    })
  }

  #jump(host: Host, ms: number): void {
    const { truth } = this.#around
    host.clockErrorMs += ms
    truth.note(
      `${[...this.#instances]
        .filter((i) => i.process.host === host)
        .map((i) => i.process.name)
        .join()}: clock jumps by ${ms / 1_000} s`,
    )
    if (Math.abs(ms) <= truth.times.jumpMs) return
    for (const { process } of this.#instances) if (process.host === host) truth.gap(process)
  }

  #committed(partition: number, before: Committed, after: Committed): void {
    const offsets = Array.from({ length: after.offset - before.offset }, (_, n) => before.offset + n)
    const isDelivery = offsets.some((offset) => this.#isDelivered(offset)) && !before.metadata.includes('"drop"')
    const texts = { before: before.metadata, after: after.metadata }
    this.#around.truth.note(`offset of ${partition}: ${after.offset}`)
    this.#around.truth.committed(partition, texts, isDelivery)
    this.#problems.push(...this.#fates.unsettled(partition, before.offset, after.offset))
  }

  #isDelivered(offset: number): boolean {
    return isDelivered(offset) && !(this.#climate.isStream && isRefused(offset))
  }

  #watchMemory(): void {
    this.#world.after(this.#climate.periodMs / 500, () => {
      for (const { idleBytes, process } of this.#instances)
        if (idleBytes > 0) this.#problem(`${process.name} holds ${idleBytes} bytes while nothing is sent`)
      this.#watchMemory()
    })
  }

  #problem(what: string): void {
    this.#around.truth.note(`PROBLEM ${what}`)
    this.#problems.push(what)
  }

  async #passUntil(ms: number): Promise<void> {
    await this.#world.runUntil(() => this.#world.nowMs >= ms, Infinity)
  }

  async #settle(what: string, withinMs = 3 * HOUR_MS): Promise<void> {
    const isSettled = await this.#world.runUntil(() => this.#isSettled(), this.#world.nowMs + withinMs)
    if (!isSettled) this.#problems.push(`not everything was committed ${what}`)
  }

  #isSettled(): boolean {
    const { committed } = this.#kafka
    return this.#kafka.partitions.every(
      (partition) => (committed.get(partition)?.offset ?? 0) === this.#kafka.end(partition),
    )
  }
}

function climateOf(world: World): Climate {
  const periodMs = world.chance(0.6) ? USUAL_PERIOD_MS : world.pick([600_000, 2 * HOUR_MS, 12 * HOUR_MS])
  const clocks = world.chance(0.6) || periodMs < USUAL_PERIOD_MS ? 'right' : world.pick(['off', 'jumping'] as const)
  const isDark = world.chance(periodMs < USUAL_PERIOD_MS ? 0.3 : 0.8)
  const onExpiry = world.chance(0.1) ? 'hold' : 'drop'
  return { periodMs, onExpiry, clocks, isDark, isInstant: world.chance(0.1), isFinal: false, isStream: false }
}

/**
 * Where clocks may be set wrong by days, the destination tells the time: nothing else could tell that they are. So it does
 * where events must be given up in the end, since machines may have slept.
 */
function mannersOf(world: World, { clocks, isFinal }: Climate): SimulatedBucket['manners'] {
  const code = world.pick(['ExpiredToken', 'AccessDenied'] as const)
  const mustTell = clocks === 'jumping' || isFinal
  return { code, tellsTime: mustTell || world.chance(0.5), looksAtTimeFirst: world.chance(0.5) }
}

function hostOf(world: World, { clocks }: Climate): Host {
  const host = new Host(world)
  if (clocks === 'off') host.clockErrorMs = world.between(-SANE_MS, SANE_MS) * 0.8
  return host
}

/** Runs one schedule; the same seed is the same run. */
export function simulateRule(seed: number, options: RuleOptions = {}): Promise<RuleResult> {
  return new RuleSimulation(seed, options).run()
}
