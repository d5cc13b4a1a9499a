import { OUTCOMES } from './report.js'
import { lifeOf, type Snapshot } from './snapshot.js'

/** Counts that only ever grow, in one order: see `FIRST`. */
export type Counted = readonly number[]

/** Where what stands in `Counted`. */
export const FIRST = {
  consumed: 0,
  delivered: 1,
  dropped: 2,
  deadLettered: 3,
  attempts: 4,
  buckets: 4 + OUTCOMES.length,
}

/**
 * What a connector has done over all processes, as counts that never go back: processes come and go, and begin at nothing.
 */
export class Progress {
  readonly #last = new Map<string, Counted>()
  #counted: number[] = []

  /** What was said before `fromMs`, and what a process has done before it was heard of, is not counted. */
  constructor(private readonly fromMs: number) {}

  get counted(): Counted {
    return this.#counted
  }

  hear(snapshot: Snapshot): void {
    const life = lifeOf(snapshot)
    const now = countedOf(snapshot)
    const isNew = snapshot.startedAtMs >= this.fromMs
    const last = snapshot.atMs < this.fromMs ? now : (this.#last.get(life) ?? (isNew ? [] : now))
    this.#last.set(life, now)
    this.#counted = now.map((value, i) => (this.#counted[i] ?? 0) + Math.max(0, value - (last[i] ?? 0)))
  }
}

/** The growth from one moment to another. */
export function grown(now: Counted, before: Counted): number[] {
  return now.map((value, i) => value - (before[i] ?? 0))
}

function countedOf({ totals, attempts, attemptSeconds }: Snapshot): number[] {
  const { consumed, delivered, dropped, deadLettered } = totals
  return [consumed, delivered, dropped.credentials + dropped.retention, deadLettered, ...attempts, ...attemptSeconds]
}
