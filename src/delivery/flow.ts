import type { Source } from '../source/source.js'
import type { Lane } from './lane.js'
import type { MemoryShare } from './memory-budget.js'

export interface FlowParts {
  source: Source
  memory: MemoryShare
}

/** Lets every lane of a connector read that wants records, as far as memory goes. */
export class Flow {
  /** Lanes that Kafka is not asked for. */
  readonly #resting = new Set<Lane>()
  #isPaused = false
  #isStopping = false

  constructor(
    private readonly parts: FlowParts,
    private readonly lanes: () => Lane[],
  ) {}

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Nothing is read until `resume`. */
  pause(): void {
    this.#isPaused = true
    this.regulate()
  }

  resume(): void {
    this.#isPaused = false
    this.regulate()
  }

  /** Nothing is read any more. */
  stop(): void {
    this.#isStopping = true
    this.regulate()
  }

  /** A lane is gone: what it held may let others read. */
  left(lane: Lane): void {
    this.#resting.delete(lane)
    this.regulate()
  }

  /**
   * To be called whenever a lane's need for records, or the room in memory, may have changed. Without memory the largest
   * range closes first.
   */
  regulate(): void {
    const isExhausted = this.parts.memory.isExhausted()
    if (isExhausted) this.#closeLargest()
    const exempt = isExhausted ? this.#mustGoOn() : null
    for (const lane of this.lanes()) {
      const mayRead = !this.#isStopping && !this.#isPaused && (!isExhausted || lane === exempt)
      this.#set(lane, mayRead && lane.wantsRecords)
    }
  }

  #set(lane: Lane, reads: boolean): void {
    if (reads !== this.#resting.has(lane)) return
    if (reads) {
      this.#resting.delete(lane)
      this.parts.source.resume(lane.lease)
    } else {
      this.#resting.add(lane)
      this.parts.source.pause(lane.lease)
    }
  }

  /** Until half of what is held is on its way: then enough will come back to read on. */
  #closeLargest(): void {
    const all = this.lanes()
    let openBytes = all.reduce((sum, lane) => sum + lane.openBytes, 0)
    for (const lane of largestFirst(all.filter(({ canClose }) => canClose))) {
      if (openBytes <= this.parts.memory.heldBytes / 2) return
      openBytes -= lane.openBytes
      lane.close('memory')
    }
  }

  /** A replayed range cannot be closed before its end: with nothing on its way, the largest one goes on alone. */
  #mustGoOn(): Lane | null {
    const all = this.lanes()
    if (all.some((lane) => lane.isDelivering)) return null
    return largestFirst(all.filter(({ isReplaying }) => isReplaying))[0] ?? null
  }
}

function largestFirst(lanes: Lane[]): Lane[] {
  return lanes.sort((a, b) => b.openBytes - a.openBytes)
}
