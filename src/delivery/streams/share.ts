import type { RejectedRecord, WriteOutcome } from '../settle.js'
import type { Waiter } from './backlog.js'

/** What a range waits for: all of its records are settled, or it waits no more. */
export class Share implements Waiter {
  readonly #rejected: RejectedRecord[] = []
  #isOver = false

  /** `left`: how many records are not settled yet. `onEnd` is called once. */
  constructor(
    readonly source: string,
    private left: number,
    private readonly onEnd: (outcome: WriteOutcome) => void,
  ) {}

  get isOver(): boolean {
    return this.#isOver
  }

  /** True while records of it may stand in the backlog. */
  get hasUnsettled(): boolean {
    return this.left > 0
  }

  /** One more of its records is acknowledged. */
  settle(): void {
    this.left--
    if (this.left > 0) return
    const [first] = this.#rejected
    this.end(first ? { kind: 'rejected', failure: first.failure, events: this.#rejected } : { kind: 'written' })
  }

  /** One more of its records can never be delivered. */
  reject(record: RejectedRecord): void {
    this.#rejected.push(record)
    this.settle()
  }

  end(outcome: WriteOutcome): void {
    if (this.#isOver) return
    this.#isOver = true
    this.onEnd(outcome)
  }
}
