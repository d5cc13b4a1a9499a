import type { CallLimits, Failure, RecordPayload, StreamDestination } from '../../../src/destinations/destination.js'
import type { MakeRecord } from '../../../src/range/range-record.js'
import { isRefused, partitionKeyOf } from './events.js'
import type { SimulatedProcess, World } from './world.js'

/** Faults of a stream, as probabilities; all 0 when everything has healed. */
export interface StreamFaults {
  /** Of a call, as a whole: nothing of it is stored, or all of it though the answer is lost. */
  failBefore: number
  failAfter: number
  /** Of a record in a call. */
  refuse: number
  /** A call takes minutes. */
  hang: number
}

/** Broken on purpose: `careless`: a failure does not hold back what follows of its key; `lossy`: not all is stored. */
export type StreamKind = 'sound' | 'careless' | 'lossy'

const SHARDS = 4

export const makeRecord: MakeRecord = ({ schema, bytes, length }, { offset }) => ({
  ...{ offset, schema, eventId: String(offset), partitionKey: partitionKeyOf(offset), contentType: 'text/plain' },
  bytes: Buffer.from(bytes.subarray(0, length)),
})

/** A stream with shards, of which one after the other takes nothing for a while. Keeps the contract of `StreamDestination`. */
export class SimulatedStream {
  /** What was stored, in this order: `<topic>/<partition>/<offset>`. */
  readonly stored: string[] = []
  readonly violations: string[] = []
  readonly #underway = new Map<SimulatedProcess, Set<string>>()

  constructor(
    readonly world: World,
    public faults: StreamFaults,
    private readonly kind: StreamKind,
  ) {}

  destinationFor(process: SimulatedProcess): StreamDestination {
    const most: CallLimits = { records: 40, bytes: 2_000, perKey: this.world.chance(0.5) ? 1 : 10 }
    return {
      most,
      write: (payloads) => this.#write(payloads, process, most),
      check: () => Promise.resolve([]),
      close: () => Promise.resolve(),
    }
  }

  async #write(payloads: readonly RecordPayload[], process: SimulatedProcess, most: CallLimits): Promise<Failure[]> {
    const { world, faults } = this
    const keys = this.#begin(payloads, process, most)
    const isFailedBefore = world.chance(faults.failBefore)
    const isFailedAfter = world.chance(faults.failAfter)
    const latencyMs = world.chance(faults.hang) ? world.between(30_000, 120_000) : world.between(5, 400)
    return new Promise((resolve) => {
      world.after(latencyMs, () => {
        const own = isFailedBefore ? [] : this.#store(payloads)
        process.after(world.between(1, 30), () => {
          for (const key of keys) this.#underway.get(process)?.delete(key)
          resolve(isFailedBefore || isFailedAfter ? payloads.map(lost) : own)
        })
      })
    })
  }

  #begin(payloads: readonly RecordPayload[], process: SimulatedProcess, most: CallLimits): string[] {
    const underway = this.#underway.get(process) ?? new Set()
    this.#underway.set(process, underway)
    const keys = payloads.map(({ partitionKey }) => partitionKey ?? '')
    if (keys.some((key) => underway.has(key))) this.violations.push('a key is in two calls at once')
    if (payloads.length === 0 || payloads.length > most.records) this.violations.push(`a call of ${payloads.length}`)
    for (const key of keys) underway.add(key)
    return keys
  }

  #store(payloads: readonly RecordPayload[]): Failure[] {
    const failures: Failure[] = []
    const failedKeys = new Set<string | null>()
    for (const payload of payloads) {
      const { partitionKey } = payload
      const failure = this.#failureOf(payload, failedKeys.has(partitionKey))
      if (!failure && !this.#isLosing()) this.stored.push(payload.key)
      if (failure) failures.push(failure)
      if (failure && failure.class !== 'rejected' && this.kind !== 'careless') failedKeys.add(partitionKey)
    }
    return failures
  }

  #isLosing(): boolean {
    return this.kind === 'lossy' && this.world.chance(0.02)
  }

  #failureOf(payload: RecordPayload, isBehindFailed: boolean): Failure | null {
    const offset = payload.properties.kafka_offset
    if (isRefused(offset)) return { payload, class: 'rejected', code: 'TooLarge', message: 'too large' }
    const shard = offset % SHARDS
    const isHot = this.faults.refuse > 0 && Math.floor(this.world.nowMs / 20_000) % SHARDS === shard
    if (!isBehindFailed && !isHot && !this.world.chance(this.faults.refuse)) return null
    return { payload, class: 'throttled', code: 'Throughput', message: 'too much' }
  }
}

const lost = (payload: RecordPayload): Failure => ({
  ...{ payload, class: 'transient', code: 'Lost', message: 'no answer', hitsAll: true },
})
