import type { Diagnosis } from './diagnosis.js'
import type { Failure, RecordPayload } from './destination.js'
import { separated, type Entry } from './kinesis-entry.js'
import { ABORTED, tooLarge } from './kinesis-failure.js'

/** What became of a request: of each of its entries (undefined: it is in the stream), or of the request itself. */
export type RequestOutcome = { answers: (Diagnosis | undefined)[] } | { problem: Diagnosis }

export interface CallParts {
  limits: RequestLimits
  /** Sends one request; never rejects. */
  send: (entries: readonly Entry[]) => Promise<RequestOutcome>
  /** What stands in the way of any record; undefined: nothing does, so that it is its content that one is refused for. */
  obstacle: () => Promise<Diagnosis | undefined>
  /** The failure in words. */
  failureOf: (record: RecordPayload, problem: Diagnosis) => Failure
}

/** Of one PutRecords request, and of a record in it; bytes with partition keys. */
interface RequestLimits {
  records: number
  bytes: number
  recordBytes: number
}

/**
 * One call of `write`: sends entries request by request until each is in the stream or has failed.
 *
 * Kinesis may take one record of a request and refuse the one before it. So a request never holds two entries of one queue:
 * the second goes when the first was taken; when that fails, the rest of its queue fails alike, unsent. Two failures are
 * different. What is refused for good (`rejected`) holds nobody up. And after a request that fails as a whole nothing more is
 * sent, unless it was refused for what one of its entries holds: then halves of it are sent until that one stands alone.
 */
export class KinesisCall {
  readonly #failures = new Map<RecordPayload, Failure>()
  /** What every entry that is still unsent fails with. */
  #common: Diagnosis | undefined
  #suspects: { entry: Entry; problem: Diagnosis }[] = []

  constructor(
    readonly parts: CallParts,
    readonly signal: AbortSignal,
  ) {}

  /** Failures in the order of `records`. */
  async write(records: readonly RecordPayload[], entries: readonly Entry[]): Promise<Failure[]> {
    let waiting = this.#withoutTooLarge(entries)
    while (waiting.length > 0) {
      const { request, rest } = nextRequest(waiting, this.parts.limits)
      const heldUp = new Map<string, Diagnosis>()
      const again = [...(await this.#send(request, heldUp)), ...(await this.#judge(heldUp))]
      waiting = this.#withoutHeldUp([...again, ...rest], heldUp)
    }
    return records.flatMap((record) => this.#failures.get(record) ?? [])
  }

  #withoutTooLarge(entries: readonly Entry[]): Entry[] {
    const { bytes, recordBytes } = this.parts.limits
    const most = Math.min(bytes, recordBytes)
    return entries.filter((entry) => {
      if (entry.bytes > most) this.#fail(entry, tooLarge(entry.bytes, most))
      return entry.bytes <= most
    })
  }

  #withoutHeldUp(entries: readonly Entry[], heldUp: ReadonlyMap<string, Diagnosis>): Entry[] {
    if (heldUp.size === 0) return [...entries]
    return entries.filter((entry) => {
      const problem = heldUp.get(entry.queue)
      if (problem) this.#fail(entry, problem)
      return !problem
    })
  }

  /** Resolves to entries that take the place of some of these; `heldUp` becomes the queues whose rest must not be sent. */
  async #send(request: readonly Entry[], heldUp: Map<string, Diagnosis>): Promise<Entry[]> {
    if (this.signal.aborted) this.#common ??= ABORTED
    const outcome = this.#common ? { problem: this.#common } : await this.parts.send(request)
    if ('answers' in outcome)
      return request.flatMap((entry, index) => this.#settle(entry, outcome.answers[index], heldUp))
    if (outcome.problem.class === 'rejected') return this.#isolate(request, outcome.problem, heldUp)
    this.#common = outcome.problem
    for (const entry of request) this.#fail(entry, outcome.problem)
    return []
  }

  #settle(entry: Entry, problem: Diagnosis | undefined, heldUp: Map<string, Diagnosis>): Entry[] {
    if (!problem) return []
    if (problem.class === 'rejected' && entry.records.length > 1) return separated(entry)
    if (problem.class !== 'rejected') heldUp.set(entry.queue, problem)
    this.#fail(entry, problem)
    return []
  }

  async #isolate(request: readonly Entry[], problem: Diagnosis, heldUp: Map<string, Diagnosis>): Promise<Entry[]> {
    const [entry] = request
    if (!entry) return []
    if (request.length === 1) {
      this.#suspects.push({ entry, problem })
      return []
    }
    const middle = Math.ceil(request.length / 2)
    const first = await this.#send(request.slice(0, middle), heldUp)
    return [...first, ...(await this.#send(request.slice(middle), heldUp))]
  }

  /** When all others of a request have been tried: what those were refused for that stand alone. */
  async #judge(heldUp: Map<string, Diagnosis>): Promise<Entry[]> {
    const again: Entry[] = []
    for (const { entry, problem } of this.#suspects.splice(0)) {
      again.push(...this.#settle(entry, await this.#verdict(problem), heldUp))
    }
    return again
  }

  /** Nothing is given up for good while it may be the request that is wrong, whatever it holds. */
  async #verdict(problem: Diagnosis): Promise<Diagnosis> {
    const obstacle = await this.parts.obstacle()
    if (!obstacle) return { ...problem, hitsAll: false }
    return obstacle.class === 'rejected' ? { ...problem, class: 'configuration', hitsAll: false } : obstacle
  }

  #fail(entry: Entry, problem: Diagnosis): void {
    for (const record of entry.records) this.#failures.set(record, this.parts.failureOf(record, problem))
  }
}

/** The longest beginning of what waits that one request can hold, less what follows another entry of its queue. */
function nextRequest(waiting: readonly Entry[], limits: RequestLimits): { request: Entry[]; rest: Entry[] } {
  const request: Entry[] = []
  const rest: Entry[] = []
  const queues = new Set<string>()
  let bytes = 0
  for (const [index, entry] of waiting.entries()) {
    if (queues.has(entry.queue)) {
      rest.push(entry)
      continue
    }
    bytes += entry.bytes
    if (request.length === limits.records || bytes > limits.bytes)
      return { request, rest: [...rest, ...waiting.slice(index)] }
    request.push(entry)
    queues.add(entry.queue)
  }
  return { request, rest }
}
