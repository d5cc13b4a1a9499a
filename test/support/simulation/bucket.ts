import type { ObjectDestination, Failure, ObjectPayload } from '../../../src/destinations/destination.js'
import type { Host } from './host.js'
import type { RuleTruth } from './rule-truth.js'
import type { SimulatedProcess, World } from './world.js'

/** What is wrong with the destination beside the credentials. */
export type BucketTrouble = 'none' | 'outage' | 'throttled' | 'no-bucket' | 'flaky' | 'hanging'

/** How a bucket answers, the same throughout a run. */
export interface BucketManners {
  /** Its name for refused credentials. */
  code: 'ExpiredToken' | 'AccessDenied'
  /** Refusals carry the server's time. */
  tellsTime: boolean
  /** A request whose time is far off is refused for that before anybody looks at its credentials. */
  looksAtTimeFirst: boolean
}

type Answer = Omit<Failure, 'payload'> | null

/** A provider refuses requests whose time is further off than this, whatever their credentials (AWS: 15 min). */
const MOST_SKEW_MS = 15 * 60_000

const ABORTED: Answer = { class: 'transient', code: 'ABORTED', message: 'aborted' }
const TROUBLES: Record<Exclude<BucketTrouble, 'none' | 'flaky' | 'hanging'>, Answer> = {
  outage: { class: 'transient', code: 'ECONNREFUSED', message: 'refused' },
  throttled: { class: 'throttled', code: 'SlowDown', message: 'slow down', retryAfterMs: 5_000 },
  'no-bucket': { class: 'configuration', code: 'NoSuchBucket', message: 'no such bucket' },
}

/** A bucket with an account: what it answers depends on the secret a request was made with. The last PUT to a key wins. */
export class SimulatedBucket {
  readonly objects = new Map<string, Buffer>()
  /** In how many objects each event is, by `partition/offset`. */
  readonly copies = new Map<string, number>()
  trouble: BucketTrouble = 'none'
  /** The secret of the account, as its owner has it. */
  secret = 0
  /** The account is closed: no secret helps. */
  isClosed = false
  /** Objects of this event type are refused, as those of a folder to which the account has no right. */
  deniedType: string | null = null

  constructor(
    readonly world: World,
    readonly manners: BucketManners,
  ) {}

  destinationFor(process: SimulatedProcess<Host>, truth: RuleTruth): ObjectDestination {
    return {
      write: async (payloads, signal) => {
        const { secret } = process.host
        const answers = await Promise.all(payloads.map((payload) => this.#put(payload, process, { secret, signal })))
        const failures = payloads.flatMap((payload, n) => (answers[n] ? [{ ...answers[n], payload }] : []))
        const isMixed = failures.length > 0 && failures.length < payloads.length
        const partition = partitionOf(payloads[0]!.key)
        truth.answered(process, { partition, secret, failures, isMixed, isAborted: signal.aborted })
        return failures
      },
      check: async () => {
        const answer = await this.#look(process)
        if (answer === null) truth.accepted(process)
        const status = answer === null ? 'ok' : answer.class === 'credentials' ? 'failed' : 'skipped'
        return [{ name: 'credentials', resource: 'account', status, message: '', durationMs: 0 }]
      },
      close: () => Promise.resolve(),
    }
  }

  async #put(
    payload: ObjectPayload,
    process: SimulatedProcess,
    { secret, signal }: { secret: number; signal: AbortSignal },
  ): Promise<Answer> {
    const body = await payload.body()
    if (signal.aborted) return ABORTED
    const { world } = this
    const hangMs = this.trouble === 'hanging' && world.chance(0.5) ? world.between(30_000, 120_000) : 0
    return new Promise((resolve) => {
      world.after(hangMs + world.latencyMs(5, 400), () => {
        const answer = this.answer(payload.key, secret, process)
        const isLost = this.trouble === 'flaky' && world.chance(0.3)
        if (!answer) this.#store(payload.key, body)
        process.after(world.latencyMs(1, 30), () => resolve(isLost ? TROUBLES.outage : answer))
      })
    })
  }

  /** A question that only needs credentials; nothing is written. */
  #look(process: SimulatedProcess<Host>): Promise<Answer> {
    const { world } = this
    const { secret } = process.host
    return new Promise((resolve) => {
      world.after(world.latencyMs(5, 400), () => {
        const answer = this.answer('', secret, process)
        process.after(world.latencyMs(1, 30), () => resolve(answer))
      })
    })
  }

  #store(key: string, body: Buffer): void {
    const before = this.objects.get(key)
    if (before) for (const id of idsOf(before)) this.copies.set(id, this.copies.get(id)! - 1)
    for (const id of idsOf(body)) this.copies.set(id, (this.copies.get(id) ?? 0) + 1)
    this.objects.set(key, body)
  }

  /** What it says to a request for `key` with this secret, at this moment. */
  answer(key: string, secret: number, { host }: SimulatedProcess): Answer {
    const { trouble, manners, world } = this
    if (trouble === 'flaky' && world.chance(0.3)) return TROUBLES.outage
    if (trouble === 'outage' || trouble === 'throttled') return TROUBLES[trouble]
    const isSkewed = Math.abs(host.wallMs - host.trueMs) > MOST_SKEW_MS
    const serverAtMs = Math.floor(host.trueMs / 1_000) * 1_000
    const skewed: Answer = { class: 'clock', code: 'RequestTimeTooSkewed', message: 'too skewed', serverAtMs }
    if (isSkewed && manners.looksAtTimeFirst) return skewed
    if (this.isClosed || secret !== this.secret || this.#isDenied(key)) {
      const refused = { class: 'credentials', code: manners.code, message: 'refused' } as const
      return manners.tellsTime ? { ...refused, serverAtMs } : refused
    }
    if (isSkewed) return skewed
    return trouble === 'no-bucket' ? TROUBLES[trouble] : null
  }

  #isDenied(key: string): boolean {
    return this.deniedType !== null && key.includes(`event_type=${this.deniedType}/`)
  }
}

const idsOf = (body: Buffer) => body.toString().split('\n')

const partitionOf = (key: string) => Number(/\+(\d+)\+\d+\.avro$/.exec(key)![1])
