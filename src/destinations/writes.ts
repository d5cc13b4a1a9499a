import type { Failure, Payload } from './destination.js'
import { Slots } from './slots.js'
import { Underway } from './underway.js'

/** A failed attempt at one payload. */
export interface Setback {
  failure: Failure
  /** True when every other payload would fail alike, so that trying them now only costs time. */
  hitsAll: boolean
}

/** Writes one payload; `undefined` when it is durable. Must end soon after `signal` aborts. */
export type WriteOne<P extends Payload = Payload> = (payload: P, signal: AbortSignal) => Promise<Setback | undefined>

/**
 * The writes underway at one destination, over all concurrent calls: a bounded number of payloads at once, each body
 * built only when its turn has come; cut short by the caller's signal or by `close`; given up after a setback that
 * hits all.
 */
export class Writes {
  readonly #slots: Slots
  readonly #underway = new Underway()

  constructor(concurrency: number) {
    this.#slots = new Slots(concurrency)
  }

  /** Tries every payload once and returns what failed. */
  async write<P extends Payload>(
    payloads: readonly P[],
    signal: AbortSignal,
    writeOne: WriteOne<P>,
  ): Promise<Failure[]> {
    return this.#underway.run(signal, (cut) => this.#writeAll(payloads, cut, writeOne))
  }

  /** Cuts short what is underway and resolves when nothing is any more. */
  close(): Promise<void> {
    return this.#underway.close()
  }

  async #writeAll<P extends Payload>(
    payloads: readonly P[],
    signal: AbortSignal,
    writeOne: WriteOne<P>,
  ): Promise<Failure[]> {
    const failures: Failure[] = []
    let common: Failure | undefined
    const attempt = async (payload: P) => {
      if (signal.aborted) return failures.push(aborted(payload))
      if (common) return failures.push({ ...common, payload })
      const setback = await writeOne(payload, signal)
      if (!setback) return
      failures.push(setback.failure)
      if (setback.hitsAll) common = setback.failure
    }
    await Promise.all(payloads.map((payload) => this.#slots.run(() => attempt(payload))))
    return failures
  }
}

/** The failure of a payload whose write was cut short: nothing is known about the destination. */
export function aborted(payload: Payload): Failure {
  return { payload, class: 'transient', code: 'ABORTED', message: `writing ${payload.key} was cut short` }
}
