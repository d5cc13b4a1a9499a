import type { EventHubsSettings } from '../config/configuration.js'
import type { Clock } from '../runtime/clock.js'
import type { Failure, RecordPayload, StreamDestination } from './destination.js'
import type { Diagnosis } from './diagnosis.js'
import { AccessReader, type EventHubsAccount } from './event-hubs-access.js'
import { BatchPacker } from './event-hubs-batch.js'
import { checkEventHub } from './event-hubs-check.js'
import { CurrentLink } from './event-hubs-current-link.js'
import { diagnose } from './event-hubs-failure.js'
import type { HubLink, LinkUse } from './event-hubs-link.js'
import { runsOf, type Run } from './event-hubs-run.js'
import { aborted, Writes, type Setback } from './writes.js'

export interface EventHubsLimits {
  /** Batches at once, over all calls of `write`. */
  concurrency: number
  /** Longest wait for one answer, milliseconds: until a link is open, until a batch is stored (fault 15). */
  answerMs: number
}

/**
 * With keys like user ids most batches are of one event: 64 of them at once, with 10 ms each, are 6,400 events a second, and
 * a link is given credit for several hundred.
 */
const DEFAULT_EVENT_HUBS_LIMITS: EventHubsLimits = { concurrency: 64, answerMs: 30_000 }

export interface EventHubsDeps {
  clock: Clock
  limits?: EventHubsLimits
}

/** A handful of rounds of batches: answered within a second by a hub that takes 10 ms for each. */
const MOST = { records: 500, bytes: 4 * 1024 * 1024, perKey: 100 }

/** Events in an event hub, in order per partition key. Needs the `Send` claim on the event hub and nothing else. */
export function createEventHubsDestination(
  settings: EventHubsSettings,
  account: EventHubsAccount,
  deps: EventHubsDeps,
): StreamDestination {
  const { clock, limits = DEFAULT_EVENT_HUBS_LIMITS } = deps
  const reader = new AccessReader(account, settings, limits.answerMs)
  const link = new CurrentLink(reader, clock, limits.answerMs)
  const writes = new Writes(limits.concurrency)
  const hub = new Hub(settings, link)
  return {
    most: MOST,
    check: (_marker, signal) => checkEventHub(signal, { settings, account, reader, clock }),
    write: (records, signal) => hub.write(records, signal, writes),
    async close() {
      await writes.close()
      await link.close()
    },
  }
}

/** The link that one call of `write` sends through. */
interface Taken {
  link: HubLink
  use: LinkUse
}

class Hub {
  readonly #packer = new BatchPacker()

  constructor(
    readonly settings: EventHubsSettings,
    readonly link: CurrentLink,
  ) {}

  async write(records: readonly RecordPayload[], signal: AbortSignal, writes: Writes): Promise<Failure[]> {
    const runs = runsOf(records)
    let taken: Promise<Taken> | undefined
    const failures = await writes.write(runs, signal, (run, cut) => {
      taken ??= this.#takeLink(cut)
      return this.#writeRun(run, taken, cut)
    })
    taken?.then(
      ({ use }) => use.end(),
      () => undefined,
    )
    const unsent = failures.flatMap((failure) => {
      return (failure.payload as Run).unsent.map((payload) => ({ ...failure, payload }))
    })
    return [...runs.flatMap(({ rejected }) => rejected), ...unsent]
  }

  async #takeLink(signal: AbortSignal): Promise<Taken> {
    const link = await this.link.take(signal)
    return { link, use: link.use(signal) }
  }

  /** The records of one key, batch after batch; stops at the first that fails. Never rejects for what the outside does. */
  async #writeRun(run: Run, taking: Promise<Taken>, signal: AbortSignal): Promise<Setback | undefined> {
    let link: HubLink | undefined
    try {
      const taken = await taking
      link = taken.link
      while (!run.isDone) await this.#sendNext(run, taken)
      return undefined
    } catch (error) {
      if (signal.aborted) return { failure: aborted(run), hitsAll: false }
      const problem = diagnose(error)
      // A new link may be what it needs: another secret, another server. To a busy one it would be a burden.
      if (link && problem.hitsAll && problem.class !== 'throttled') this.link.giveUp(link)
      return { failure: this.#failure(run, problem), hitsAll: problem.hitsAll }
    }
  }

  async #sendNext(run: Run, { link, use }: Taken): Promise<void> {
    const batch = run.pack(this.#packer, link.maxBytes)
    if (!batch) {
      const said = `With its properties it is larger than the ${link.maxBytes} bytes that the event hub takes`
      return run.reject(this.#failure(run, { ...TOO_LARGE, said }))
    }
    try {
      await use.send(batch)
      run.sent(batch.count)
    } catch (error) {
      const problem = diagnose(error)
      if (problem.class !== 'rejected') throw error
      if (batch.count > 1) run.halve(batch.count)
      else run.reject(this.#failure(run, problem))
    }
  }

  #failure(payload: RecordPayload | Run, problem: Diagnosis): Failure {
    const { code, said, advice, hitsAll, retryAfterMs } = problem
    const what = `${code}: event hub ${this.settings.eventHub} did not take ${payload.key}`
    return {
      ...{ payload, class: problem.class, code, message: [what, said, advice].filter(Boolean).join('. ') },
      ...(hitsAll && { hitsAll }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    }
  }
}

const TOO_LARGE = {
  class: 'rejected',
  code: 'amqp:link:message-size-exceeded',
  advice: 'A higher tier of Event Hubs takes larger events.',
  hitsAll: false,
} as const
