import type { GroupView } from '../../../src/delivery/views.js'
import { MillraceError } from '../../../src/runtime/errors.js'
import type { SimulatedKafka } from './kafka.js'
import type { SimulatedProcess } from './world.js'

/** Answers what the group has committed and how far its topic goes, unless Kafka is not to be asked. */
export class GroupViews {
  isDown = false

  constructor(private readonly kafka: SimulatedKafka) {}

  viewFor(process: SimulatedProcess): GroupView {
    const { kafka } = this
    const sourceOf = (partition: number) => `${kafka.topic}/${partition}`
    return {
      committed: () =>
        this.#answer(process, () =>
          [...kafka.committed].map(([partition, { metadata }]) => ({ source: sourceOf(partition), metadata })),
        ),
      ends: () =>
        this.#answer(
          process,
          () => new Map(kafka.partitions.map((partition) => [sourceOf(partition), kafka.end(partition)])),
        ),
    }
  }

  #answer<T>(process: SimulatedProcess, ask: () => T): Promise<T> {
    const { world } = process
    // Most of the time of a run is spent asking when nothing happens: mostly the answer is there at once.
    if (!this.isDown && !this.kafka.isDown && world.chance(0.8)) return Promise.resolve(ask())
    return new Promise((resolve, reject) => {
      world.after(world.latencyMs(0, 20), () => {
        const isDown = this.isDown || this.kafka.isDown
        const answer = isDown ? null : ask()
        process.after(world.latencyMs(0, 20), () => {
          if (answer !== null) resolve(answer)
          else reject(new MillraceError('KAFKA_UNREACHABLE', 'no answer'))
        })
      })
    })
  }
}
