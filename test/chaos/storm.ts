import { setTimeout as sleep } from 'node:timers/promises'
import { KAFKA_FAULTS, S3_DOWN, S3_FAULTS, S3_HANGS, type ChaosServers } from './chaos-servers.js'
import type { Fleet } from './fleet.js'
import type { Instance } from './instance.js'
import type { Disturbance, Step } from './plan.js'
import type { PacedProducer } from './producer.js'

export interface StormParts {
  servers: ChaosServers
  fleet: Fleet
  producer: PacedProducer
  /** As many are at work when nothing is disturbed, or one more. */
  instances: number
  log: (line: string) => void
  /** Ends the storm before its time. */
  signal: AbortSignal
}

/** Millrace gives up an upload that hangs after 30 s. */
const HANG_MS = 30_000

/** Carries out a plan of disturbances, with single requests going wrong all the while. */
export class Storm {
  readonly done: Partial<Record<Disturbance, number>> = {}
  readonly #startMs = performance.now()
  /** The broker dies once at a time: the next death waits for the end of the one before. */
  #brokerOutage: Promise<void> = Promise.resolve()
  #s3Outages = 0
  /** Not to the end: what hangs then would be waited for, for nothing. */
  #uploadsHang = true

  constructor(private readonly parts: StormParts) {}

  async run(plan: readonly Step[], durationMs: number): Promise<void> {
    this.parts.servers.kafkaProxy.rules.set(KAFKA_FAULTS)
    this.#setS3Rules()
    const steps = plan.map((step) => this.#wait(step.atMs).then(() => this.#carryOut(step)))
    const lastHang = this.#wait(Math.max(durationMs / 2, durationMs - HANG_MS)).then(() => {
      this.#uploadsHang = false
      this.#setS3Rules()
    })
    await Promise.all([...steps, lastHang, this.#wait(durationMs)])
  }

  /** No fault any more, and enough instances at work. */
  async heal(): Promise<void> {
    const { servers, fleet, instances } = this.parts
    servers.kafkaProxy.rules.set([])
    servers.s3Proxy.rules.set([])
    while (fleet.atWork.length < instances) await fleet.start()
    this.#log(`healed, ${fleet.atWork.length} instances at work`)
  }

  async #carryOut({ disturbance, lot, lastsMs }: Step): Promise<void> {
    const instance = this.parts.fleet.pick(lot)
    const isOfInstance = disturbance === 'kill' || disturbance === 'freeze' || disturbance === 'remove'
    if (isOfInstance && !instance) return this.#log(`${disturbance}: nobody is at work`)
    this.done[disturbance] = (this.done[disturbance] ?? 0) + 1
    this.#log(`${disturbance}${isOfInstance ? ` ${instance?.name}` : ''}${lastsMs ? ` for ${lastsMs} ms` : ''}`)
    await (isOfInstance ? this.#disturb(instance!, disturbance, lastsMs) : this.#disturbAll(disturbance, lastsMs))
  }

  async #disturb(instance: Instance, disturbance: Disturbance, lastsMs: number): Promise<void> {
    const { fleet } = this.parts
    if (disturbance === 'freeze') {
      instance.freeze()
      await this.#wait(lastsMs)
      return instance.thaw()
    }
    const isGone = disturbance === 'kill' ? instance.kill() : fleet.stop(instance)
    await this.#wait(lastsMs)
    if (fleet.atWork.length < this.parts.instances) await fleet.start()
    await isGone
  }

  async #disturbAll(disturbance: Disturbance, lastsMs: number): Promise<void> {
    const { servers, fleet } = this.parts
    if (disturbance === 'add') return fleet.start()
    if (disturbance === 'kill broker')
      return (this.#brokerOutage = this.#brokerOutage.then(() => this.#killBroker(lastsMs)))
    if (disturbance === 'S3 down') return this.#s3Down(lastsMs)
    if (disturbance === 'cut Kafka') return servers.kafkaProxy.cutAll()
    servers.kafkaProxy.refuseConnections()
    await this.#wait(lastsMs)
    servers.kafkaProxy.acceptConnections()
  }

  async #killBroker(lastsMs: number): Promise<void> {
    const { servers, producer } = this.parts
    await producer.pause()
    await servers.kafka.kill()
    await this.#wait(lastsMs)
    await servers.kafka.restart()
    producer.resume()
    this.#log('the broker is back')
  }

  async #s3Down(lastsMs: number): Promise<void> {
    this.#s3Outages++
    this.#setS3Rules()
    await this.#wait(lastsMs)
    this.#s3Outages--
    this.#setS3Rules()
  }

  #setS3Rules(): void {
    const rules = this.#s3Outages > 0 ? S3_DOWN : [...(this.#uploadsHang ? S3_HANGS : []), ...S3_FAULTS]
    this.parts.servers.s3Proxy.rules.set(rules)
  }

  /** Rejects when the storm ends before its time. */
  async #wait(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.parts.signal })
  }

  #log(text: string): void {
    const atSeconds = ((performance.now() - this.#startMs) / 1000).toFixed(1)
    this.parts.log(`${atSeconds.padStart(6)} s  ${text}`)
  }
}
