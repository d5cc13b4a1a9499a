import type { Sweep } from './lane-fills.js'
import type { Lane } from './lane.js'

/** Lanes with something that waits for the credentials; the one whose turn it is first. */
export class WaitingLanes {
  readonly #lanes = new Set<Lane>()

  get size(): number {
    return this.#lanes.size
  }

  add(lane: Lane): void {
    this.#lanes.add(lane)
  }

  /** A lane is gone. */
  left(lane: Lane): void {
    this.#lanes.delete(lane)
  }

  clear(): void {
    this.#lanes.clear()
  }

  /** Writes a range of the lane whose turn it is; all of them have their turn, so that one refused folder is told from all. */
  async probe(): Promise<void> {
    const [lane] = this.#lanes
    if (!lane) return
    this.#lanes.delete(lane)
    await lane.probe()
  }

  /** Gives up what waits, a partition after the other, each up to the end that `sweepOf` knows of it. */
  async sweep(sweepOf: (source: string) => Sweep | null): Promise<void> {
    for (const lane of [...this.#lanes]) {
      const sweep = sweepOf(lane.source)
      if (!sweep || !this.#lanes.delete(lane)) continue
      await lane.sweep(sweep)
    }
  }
}
