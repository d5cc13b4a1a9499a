import type { SimulatedBucket } from './bucket.js'
import { typeOf } from './events.js'
import type { GroupViews } from './group-views.js'
import type { Host } from './host.js'
import type { SimulatedKafka } from './kafka.js'
import type { Instance } from './rule-instances.js'
import type { SimulatedSideTopics } from './side-topics.js'
import type { World } from './world.js'

/** What the weather can spoil. */
export interface Outside {
  world: World
  kafka: SimulatedKafka
  bucket: SimulatedBucket
  sideTopics: SimulatedSideTopics
  views: GroupViews
  hosts: readonly Host[]
  instances: ReadonlySet<Instance>
  /** A 48th of the period: all times of the weather are told in these. */
  hourMs: number
  /** All instances are down for most of the time. */
  isDark: boolean
  /** Clocks of hosts may be set wrong by days. */
  clocksJump: boolean
  note(what: string): void
  start(): void
  /** It goes on outside the set: stopped by a person, or killed. */
  end(instance: Instance, how: 'stop' | 'kill'): void
  /** Its monotonic clock stands still while the machine sleeps. */
  freeze(instance: Instance, ms: number, isSuspended: boolean): void
  jump(host: Host, ms: number): void
}

const MOST_INSTANCES = 3

/** Durations in hours of the weather: [weight, from, to]. */
type Durations = readonly (readonly [number, number, number])[]

const GOOD: Durations = [
  [2, 0.02, 0.5],
  [3, 0.5, 6],
  [1, 6, 30],
]
/** Minutes; hours; nearly the period; a little more; several periods. */
const BAD: Durations = [
  [3, 0.005, 0.5],
  [3, 0.5, 20],
  [2, 46, 48],
  [3, 48, 52],
  [3, 52, 130],
]
const UP: Durations = [
  [1, 0.1, 5],
  [3, 5, 60],
]
const DOWN: Durations = [
  [3, 0.005, 0.3],
  [3, 0.3, 6],
  [1, 48, 70],
]
const SHORT: Durations = [
  [3, 0.002, 0.1],
  [1, 0.1, 3],
]
const BETWEEN_DISTURBANCES: Durations = [
  [1, 0.01, 1],
  [3, 1, 20],
]
const LIGHT: Durations = [
  [1, 0.5, 2],
  [1, 2, 12],
]
const DARK: Durations = [
  [1, 1, 10],
  [2, 10, 45],
]
const BETWEEN_EVENTS: Durations = [
  [1, 0.01, 0.1],
  [4, 0.5, 8],
]

/** One random schedule of everything that may go wrong outside, all at once, until it heals. */
export class RuleWeather {
  #isOver = false
  /** All instances are down. */
  #isDark = false

  constructor(private readonly outside: Outside) {}

  begin(): void {
    this.#credentials()
    this.#repeat(BETWEEN_DISTURBANCES, () => this.#disturb())
    this.#spells(UP, DOWN, () => this.#spoilBucket())
    this.#spells(UP, SHORT, () => this.#spoilKafka())
    this.#spells(UP, DOWN, () => this.#spoilHost())
    if (this.outside.isDark) this.#blackouts()
    for (const partition of this.outside.kafka.partitions) this.#repeat(BETWEEN_EVENTS, () => this.#produce(partition))
  }

  /** Something is about to be dropped: the best moment to interfere. */
  provoke(): void {
    const { world, kafka } = this.outside
    if (this.#isOver || !world.chance(0.3)) return
    world.after(world.latencyMs(0, 3_000), () => {
      if (this.#isOver) return
      const what = world.random()
      if (what < 0.25) for (const partition of kafka.partitions) kafka.produce(partition, 3)
      else if (what < 0.4) this.#rotate()
      else if (what < 0.6) this.#spell(SHORT, this.#spoilKafka())
      else if (what < 0.75) this.#spell(SHORT, this.#spoilBucket())
      else this.#disturb()
    })
  }

  /** Everything works again, and stays so; nothing is restarted. `isClosed`: everything but the credentials. */
  heal(isClosed = false): void {
    this.#isOver = true
    const { kafka, bucket, sideTopics, views, hosts, instances } = this.outside
    kafka.isDown = sideTopics.isDown = views.isDown = false
    kafka.cutRate = sideTopics.lossRate = 0
    bucket.trouble = 'none'
    bucket.isClosed = isClosed
    bucket.deniedType = null
    for (const host of hosts) {
      host.secret = bucket.secret
      host.isReadable = true
      this.outside.jump(host, -host.clockErrorMs)
      host.clockErrorMs = host.clockDrift = 0
    }
    for (const { process } of instances) process.unfreeze()
    if (instances.size === 0) this.outside.start()
  }

  /** Down for days, and then all at once back: T0 is what Kafka has kept of it. */
  #blackouts(): void {
    const { world, instances, hosts } = this.outside
    this.#after(LIGHT, () => {
      this.#isDark = true
      for (const instance of [...instances]) this.outside.end(instance, world.pick(['kill', 'stop'] as const))
      this.#after(DARK, () => {
        this.#isDark = false
        for (let n = 0; n < hosts.length; n++) this.outside.start()
        this.#blackouts()
      })
    })
  }

  #start(): void {
    const { instances } = this.outside
    if (!this.#isOver && !this.#isDark && instances.size < MOST_INSTANCES) this.outside.start()
  }

  #credentials(): void {
    const { world } = this.outside
    this.#after(GOOD, () => {
      const mend = world.pick([() => this.#close(), () => this.#close(), () => this.#rotate(), () => this.#deny()])()
      this.#after(BAD, () => {
        mend()
        this.#credentials()
      })
    })
  }

  #close(): () => void {
    this.outside.note('the account is closed')
    this.outside.bucket.isClosed = true
    return () => {
      this.outside.note('the account is open')
      this.outside.bucket.isClosed = false
    }
  }

  /** The owner changes the secret; some hosts may have the new one at once, the others get it when it is mended. */
  #rotate(): () => void {
    const { world, bucket, hosts } = this.outside
    this.outside.note(`secret ${++bucket.secret}`)
    for (const host of hosts) if (world.chance(0.2)) host.secret = bucket.secret
    return () => {
      for (const host of hosts) {
        if (world.chance(0.5)) host.secret = bucket.secret
        else this.#after(SHORT, () => (host.secret = bucket.secret))
      }
    }
  }

  #deny(): () => void {
    const { world, bucket } = this.outside
    bucket.deniedType = typeOf(Math.floor(world.between(0, 3)))
    this.outside.note(`denied ${bucket.deniedType}`)
    return () => (bucket.deniedType = null)
  }

  #spoilBucket(): () => void {
    const { world, bucket } = this.outside
    bucket.trouble = world.pick(['outage', 'outage', 'throttled', 'no-bucket', 'flaky', 'hanging'] as const)
    this.outside.note(`bucket: ${bucket.trouble}`)
    return () => (bucket.trouble = 'none')
  }

  #spoilKafka(): () => void {
    const { world, kafka, views, sideTopics } = this.outside
    const what = world.random()
    if (what < 0.3) views.isDown = true
    else if (what < 0.6) sideTopics.isDown = true
    else if (what < 0.75) kafka.isDown = true
    else kafka.cutRate = sideTopics.lossRate = world.between(0, 0.5)
    this.outside.note(`kafka ${kafka.isDown} views ${views.isDown} ledger ${sideTopics.isDown} cut ${kafka.cutRate}`)
    return () => {
      this.outside.note('kafka: none')
      views.isDown = sideTopics.isDown = kafka.isDown = false
      kafka.cutRate = sideTopics.lossRate = 0
    }
  }

  #spoilHost(): () => void {
    const { world, hosts, clocksJump } = this.outside
    const host = world.pick(hosts)
    if (!clocksJump || world.chance(0.3)) {
      host.isReadable = false
      return () => (host.isReadable = true)
    }
    const jumpMs = world.between(-72, 72) * this.outside.hourMs
    this.outside.jump(host, jumpMs)
    return () => this.outside.jump(host, -jumpMs)
  }

  #disturb(): void {
    const { world, kafka, instances } = this.outside
    const what = world.random()
    const victim = world.pick([...instances])
    if (!victim || what < 0.15) return this.#start()
    if (what < 0.3) return kafka.shuffle()
    if (what < 0.6) return this.outside.freeze(victim, this.#durationMs(SHORT), world.chance(0.3))
    this.outside.end(victim, what < 0.8 ? 'kill' : 'stop')
    this.#after(SHORT, () => this.#start())
  }

  #produce(partition: number): void {
    const { world, kafka } = this.outside
    kafka.produce(partition, Math.ceil(world.between(0, world.chance(0.1) ? 25 : 4)))
  }

  #spells(between: Durations, lasting: Durations, spoil: () => () => void): void {
    this.#repeat(between, () => this.#spell(lasting, spoil()))
  }

  #spell(lasting: Durations, mend: () => void): void {
    this.#after(lasting, mend)
  }

  #repeat(between: Durations, action: () => void): void {
    this.#after(between, () => {
      action()
      this.#repeat(between, action)
    })
  }

  #after(durations: Durations, action: () => void): void {
    this.outside.world.after(this.#durationMs(durations), () => {
      if (!this.#isOver) action()
    })
  }

  #durationMs(durations: Durations): number {
    const { world, hourMs } = this.outside
    let left = world.random() * durations.reduce((sum, [weight]) => sum + weight, 0)
    const [, from, to] = durations.find(([weight]) => (left -= weight) < 0) ?? durations[0]!
    return world.between(from, to) * hourMs
  }
}
