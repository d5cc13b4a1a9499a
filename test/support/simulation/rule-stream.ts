import type { Failure, RecordPayload, StreamDestination } from '../../../src/destinations/destination.js'
import type { SimulatedBucket } from './bucket.js'
import { isRefused, partitionKeyOf } from './events.js'
import type { Host } from './host.js'
import type { RuleTruth } from './rule-truth.js'
import type { SimulatedProcess, World } from './world.js'

type Answer = Omit<Failure, 'payload'> | null

/** A call that finds its account closed within this time has begun before: the first of its records are taken. */
const CLOSING_MS = 30_000

const MOST = { records: 20, bytes: 1_000, perKey: 3 }

/** A stream of the account that has the bucket. A call is answered as a whole, but for what a shard or an event is to blame for. */
export class RuleStream {
  /** `partition/offset` of what was stored, in this order. */
  readonly stored: string[] = []
  #openMs = 0

  constructor(private readonly bucket: SimulatedBucket) {}

  destinationFor(process: SimulatedProcess<Host>, truth: RuleTruth): StreamDestination {
    const write = (payloads: readonly RecordPayload[]) => this.#write(payloads, process, truth)
    return { ...this.bucket.destinationFor(process, truth), most: MOST, write }
  }

  /** First occurrences of each key stand in the order of their offsets. */
  get misplaced(): string[] {
    const problems: string[] = []
    const last = new Map<string, number>()
    for (const id of new Set(this.stored)) {
      const [partition, offset] = id.split('/').map(Number) as [number, number]
      const key = `${partition} ${partitionKeyOf(offset)}`
      const before = last.get(key) ?? -1
      if (before > offset) problems.push(`${id} came after ${before}`)
      last.set(key, offset)
    }
    return problems
  }

  async #write(
    payloads: readonly RecordPayload[],
    process: SimulatedProcess<Host>,
    truth: RuleTruth,
  ): Promise<Failure[]> {
    const { world, trouble } = this.bucket
    const { secret } = process.host
    const beganMs = world.nowMs
    const hangMs = trouble === 'hanging' && world.chance(0.5) ? world.between(30_000, 120_000) : 0
    const failures = await new Promise<Failure[]>((resolve) => {
      world.after(hangMs + world.latencyMs(5, 400), () => {
        const answers = this.#answers(payloads, secret, process)
        process.after(world.latencyMs(1, 30), () => resolve(this.#heard(payloads, answers, world)))
      })
    })
    this.#tell(payloads, failures, { process, truth, secret, beganMs })
    return failures
  }

  #answers(payloads: readonly RecordPayload[], secret: number, process: SimulatedProcess<Host>): Answer[] {
    const { bucket } = this
    const { world } = bucket
    const answer = bucket.answer('', secret, process)
    if (!answer) this.#openMs = world.nowMs
    const isClosing = answer?.class === 'credentials' && world.nowMs - this.#openMs < CLOSING_MS
    const taken = !answer ? payloads.length : isClosing && world.chance(0.5) ? world.between(0, payloads.length) : 0
    const failedKeys = new Set<string | null>()
    return payloads.map(({ partitionKey, properties }, n) => {
      if (n >= taken) return { ...answer!, hitsAll: answer!.class !== 'throttled' }
      const offset = properties.kafka_offset
      if (isRefused(offset)) return { class: 'rejected', code: 'TooLarge', message: 'too large' }
      const isThrottled = bucket.trouble === 'flaky' && world.chance(0.2)
      if (isThrottled) failedKeys.add(partitionKey)
      if (failedKeys.has(partitionKey)) return { class: 'throttled', code: 'Throughput', message: 'too much' }
      this.#store(`${properties.kafka_partition}/${offset}`)
      return null
    })
  }

  #store(id: string): void {
    const { copies } = this.bucket
    copies.set(id, (copies.get(id) ?? 0) + 1)
    this.stored.push(id)
  }

  /** The answer to a call may be lost. */
  #heard(payloads: readonly RecordPayload[], answers: readonly Answer[], world: World): Failure[] {
    const isLost = this.bucket.trouble === 'flaky' && world.chance(0.2)
    const lost: Answer = { class: 'transient', code: 'Lost', message: 'no answer', hitsAll: true }
    return payloads.flatMap((payload, n) => {
      const answer = isLost ? lost : answers[n]
      return answer ? [{ ...answer, payload }] : []
    })
  }

  /** What was taken comes first: a call ends with what refuses it. */
  #tell(
    payloads: readonly RecordPayload[],
    failures: readonly Failure[],
    call: { process: SimulatedProcess<Host>; truth: RuleTruth; secret: number; beganMs: number },
  ): void {
    const { process, truth, secret, beganMs } = call
    const isLate = truth.refusedSince(process, beganMs)
    const failed = new Set(failures.map(({ payload }) => payload))
    const about = { secret, isMixed: false }
    const taken = payloads.filter((payload) => !failed.has(payload))
    for (const partition of partitionsOf(taken))
      truth.answered(process, { ...about, partition, failures: [], isAborted: isLate })
    const others = failures.filter((failure) => failure.class !== 'rejected')
    if (others.length === 0) return
    const [partition = 0] = partitionsOf(payloads)
    truth.answered(process, { ...about, partition, failures: others, isAborted: isLate })
  }
}

const partitionsOf = (payloads: readonly RecordPayload[]) =>
  new Set(payloads.map(({ properties }) => properties.kafka_partition))
