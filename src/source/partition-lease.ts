import type { Lease } from './source.js'
import { partitionKey } from './topic-partitions.js'

/**
 * A lease as the source itself sees it. It lives from the assignment until the partition is taken away or the group has
 * expelled us, and stays the same object over every rebalance that leaves the partition with us.
 *
 * It is *settled* except between our request to join the next generation and the assignment that follows: in that time
 * nobody knows yet whose the partition will be, and nothing can be committed.
 */
export class PartitionLease implements Lease {
  readonly key: string
  paused = false
  /** The offset to read next; null until the owner has said where to begin, and after an offset that does not exist. */
  position: number | null = null
  /** Counts the seeks, so that an answer to what was asked before one is recognised. */
  seeks = 0
  /** Nothing is fetched before this instant: what was fetched last could not be read. */
  heldUntilMs = 0
  #settled = true
  #generation: number
  readonly #end = new AbortController()
  #settling: PromiseWithResolver | undefined

  constructor(
    readonly topic: string,
    readonly partition: number,
    /** The member's name in the group, the same for as long as the lease lives. */
    readonly memberId: string,
    generation: number,
  ) {
    this.key = partitionKey(topic, partition)
    this.#generation = generation
  }

  get valid(): boolean {
    return !this.#end.signal.aborted
  }

  /** Aborts when the lease dies. */
  get ended(): AbortSignal {
    return this.#end.signal
  }

  get settled(): boolean {
    return this.#settled
  }

  /** The newest generation of the group in which the partition was given to us. */
  get generation(): number {
    return this.#generation
  }

  /** We are about to join the next generation. */
  unsettle(): void {
    this.#settled = false
  }

  /** The partition is ours in this generation too. */
  keep(generation: number): void {
    this.#generation = generation
    this.#settled = true
    this.#settling?.resolve()
    this.#settling = undefined
  }

  end(): void {
    this.#end.abort()
    this.#settling?.resolve()
  }

  /** Resolves when the lease is settled or dead. */
  whenSettled(): Promise<void> {
    if (this.#settled || !this.valid) return Promise.resolve()
    this.#settling ??= promiseWithResolver()
    return this.#settling.promise
  }
}

interface PromiseWithResolver {
  promise: Promise<void>
  resolve: () => void
}

function promiseWithResolver(): PromiseWithResolver {
  let resolve = () => {}
  const promise = new Promise<void>((done) => (resolve = done))
  return { promise, resolve }
}
