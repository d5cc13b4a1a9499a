import { setTimeout as sleep } from 'node:timers/promises'
import type { Fleet } from './fleet.js'
import type { Instance } from './instance.js'
import type { Problems } from './problems.js'

/** Often enough to meet instances in the middle of whatever happens to them. */
const EVERY_MS = 250
/** A frozen instance answers when it is thawed, or never: nobody waits for it. */
const ANSWER_MS = 2_000

/**
 * Asks all instances for their metrics, all the time. At no moment may anything be unaccounted for: whatever an instance has
 * read is in its memory, settled, or was let go of.
 */
export class Scraper {
  /** Answers that were looked at. */
  scrapes = 0
  /** Those of them in which something was buffered: then there was something to lose. */
  withBuffered = 0

  constructor(
    private readonly fleet: Fleet,
    private readonly problems: Problems,
  ) {}

  /** Until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await Promise.all(this.fleet.atWork.map((instance) => this.#scrape(instance, signal)))
      await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined)
    }
  }

  async #scrape(instance: Instance, signal: AbortSignal): Promise<void> {
    const { url } = instance
    const metrics = url && (await textOf(`${url}/metrics`, signal))
    if (!metrics) return
    this.scrapes++
    if (valueOf('millrace_buffered_events', metrics) > 0) this.withBuffered++
    const unaccounted = valueOf('millrace_unaccounted_events', metrics)
    if (unaccounted !== 0) this.problems.add('unaccounted', `${instance.name}: ${unaccounted} events`)
  }
}

/** Of the one connector there is; NaN where it is not told. */
function valueOf(name: string, metrics: string): number {
  return Number(new RegExp(`^${name}\\{[^}]*\\} (\\S+)$`, 'm').exec(metrics)?.[1] ?? NaN)
}

/** Undefined when it does not answer, or is killed while it does. */
async function textOf(url: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]) })
    return answer.ok ? await answer.text() : undefined
  } catch {
    return undefined
  }
}
