/**
 * What of `service.memory` may be filled. As much again may be memory that nobody uses any more and the garbage collector
 * has not given back, above all while objects are put together, and bytes on their way from Kafka. Measured on a backlog of
 * 2,000,000 events with a budget of 256 MiB: a process of 350 MB; with three quarters of it 440 MB.
 */
const USABLE = 0.5

/**
 * The process's byte budget (`service.memory`), shared by all connectors. Half of it is split evenly: a connector below
 * its guaranteed part may always read, so that one hanging destination never starves a healthy one. The other half is
 * lent to whoever comes first. A single connector may therefore use all of it.
 */
export class MemoryBudget {
  readonly #guaranteedBytes: number
  readonly #lendableBytes: number
  readonly #shares = new Set<MemoryShare>()

  constructor(memoryBytes: number, connectors: number) {
    this.#guaranteedBytes = (memoryBytes * USABLE) / 2 / Math.max(1, connectors)
    this.#lendableBytes = (memoryBytes * USABLE) / 2
  }

  /** A connector's part. `onRoom` is called when it was exhausted and is not any more. */
  share(onRoom: () => void): MemoryShare {
    const share = new MemoryShare(this, onRoom)
    this.#shares.add(share)
    return share
  }

  isExhausted(share: MemoryShare): boolean {
    return share.heldBytes >= this.#guaranteedBytes && this.#lentBytes() >= this.#lendableBytes
  }

  /** Memory came back: whoever waited for room may go on. */
  offerRoom(): void {
    for (const share of this.#shares) share.takeRoom()
  }

  #lentBytes(): number {
    let lent = 0
    for (const share of this.#shares) lent += Math.max(0, share.heldBytes - this.#guaranteedBytes)
    return lent
  }
}

/** What one connector holds of the budget. */
export class MemoryShare {
  #heldBytes = 0
  #waiting = false

  constructor(
    private readonly budget: MemoryBudget,
    private readonly onRoom: () => void,
  ) {}

  get heldBytes(): number {
    return this.#heldBytes
  }

  account(deltaBytes: number): void {
    this.#heldBytes += deltaBytes
    if (deltaBytes < 0) this.budget.offerRoom()
  }

  /** True: stop reading; `onRoom` says when to go on. */
  isExhausted(): boolean {
    this.#waiting = this.budget.isExhausted(this)
    return this.#waiting
  }

  takeRoom(): void {
    if (!this.#waiting || this.budget.isExhausted(this)) return
    this.#waiting = false
    this.onRoom()
  }
}
