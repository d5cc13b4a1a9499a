import type { ObjectDestination, Failure, ObjectPayload } from '../../../src/destinations/destination.js'
import type { OutgoingRecord } from '../../../src/delivery/kafka-records.js'
import type { RecordWriter } from '../../../src/delivery/side-topics.js'
import { MillraceError } from '../../../src/runtime/errors.js'
import type { SimulatedProcess, World } from './world.js'

/** Faults of the outside world, as probabilities per request; all 0 when everything has healed. */
export interface StoreFaults {
  failBefore: number
  /** Stored, but the answer is lost. */
  failAfter: number
  /** The request takes minutes. */
  hang: number
}

/** A bucket: the last PUT to a key wins, as in S3. */
export class SimulatedStore {
  readonly objects = new Map<string, Buffer>()
  readonly deadLetters: string[] = []

  constructor(
    readonly world: World,
    public faults: StoreFaults,
  ) {}

  destinationFor(process: SimulatedProcess): ObjectDestination {
    return {
      write: async (payloads, signal) => {
        const outcomes = await Promise.all(payloads.map((payload) => this.#put(payload, process, signal)))
        return outcomes.filter((failure) => failure !== null)
      },
      check: () => Promise.resolve([]),
      close: () => Promise.resolve(),
    }
  }

  writerFor(process: SimulatedProcess): RecordWriter {
    return {
      write: async (topic, records) => {
        const failure = await this.#request(process, () => this.#append(records))
        if (failure) throw new MillraceError('KAFKA_WRITE', `${topic}: not acknowledged`)
      },
    }
  }

  #append(records: readonly OutgoingRecord[]): void {
    for (const { headers } of records) {
      const text = (name: string) => String(headers.find((header) => header.name === name)?.value)
      this.deadLetters.push(`${text('millrace.partition')}/${text('millrace.offset')}`)
    }
  }

  async #put(payload: ObjectPayload, process: SimulatedProcess, signal: AbortSignal): Promise<Failure | null> {
    const body = await payload.body()
    if (signal.aborted) return { payload, class: 'transient', code: 'ABORTED', message: 'aborted' }
    const isFailed = await this.#request(process, () => this.objects.set(payload.key, body))
    return isFailed ? { payload, class: 'transient', code: 'InternalError', message: 'failed' } : null
  }

  /** Resolves to whether it failed, as far as the process can tell; `apply` happens outside, whatever becomes of it. */
  #request(process: SimulatedProcess, apply: () => void): Promise<boolean> {
    const { world, faults } = this
    const latencyMs = world.chance(faults.hang) ? world.between(30_000, 120_000) : world.between(5, 400)
    const isFailedBefore = world.chance(faults.failBefore)
    const isFailedAfter = world.chance(faults.failAfter)
    return new Promise((resolve) => {
      world.after(latencyMs, () => {
        if (!isFailedBefore) apply()
        process.after(world.between(1, 30), () => resolve(isFailedBefore || isFailedAfter))
      })
    })
  }
}
