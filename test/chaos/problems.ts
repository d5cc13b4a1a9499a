/** What must never be, by kind; see delivery.md §5. */
export type ProblemKind =
  | 'missing'
  | 'duplicate'
  | 'misplaced'
  | 'order'
  | 'repeats'
  | 'held up'
  | 'wrong value'
  | 'unreadable object'
  | 'unknown event'
  | 'dead letter'
  | 'commit'
  | 'bytes changed'
  | 'process'
  | 'not settled'
  | 'unaccounted'

/** Collects what is wrong; counts everything, keeps the first few of each kind in words. */
export class Problems {
  readonly counts: Partial<Record<ProblemKind, number>> = {}
  readonly shown: string[] = []
  readonly #mostShown = 5

  add(kind: ProblemKind, message: string): void {
    const count = (this.counts[kind] = (this.counts[kind] ?? 0) + 1)
    if (count <= this.#mostShown) this.shown.push(`${kind}: ${message}`)
  }

  get total(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0)
  }

  count(kind: ProblemKind): number {
    return this.counts[kind] ?? 0
  }
}
