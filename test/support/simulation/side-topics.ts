import type { LedgerEntry } from '../../../src/delivery/ledger-entry.js'
import type { OutgoingRecord } from '../../../src/delivery/kafka-records.js'
import type { RecordWriter } from '../../../src/delivery/side-topics.js'
import { MillraceError } from '../../../src/runtime/errors.js'
import type { SimulatedProcess, World } from './world.js'

/** The drop ledger and the dead letters: appended to at least once. */
export class SimulatedSideTopics {
  readonly ledger: LedgerEntry[] = []
  readonly deadLetters: string[] = []
  isDown = false
  /** Probability that what was appended is not acknowledged. */
  lossRate = 0

  constructor(readonly world: World) {}

  writerFor(process: SimulatedProcess): RecordWriter {
    return {
      write: async (topic, records) => {
        const isDone = await this.#request(process, () => this.#append(topic, records))
        if (!isDone) throw new MillraceError('KAFKA_WRITE', `${topic}: not acknowledged`)
      },
    }
  }

  async reach(process: SimulatedProcess): Promise<void> {
    if (!(await this.#request(process, () => undefined))) throw new MillraceError('KAFKA_WRITE', 'no leader')
  }

  #append(topic: string, records: readonly OutgoingRecord[]): void {
    for (const { value, headers } of records) {
      const text = (name: string) => String(headers.find((header) => header.name === name)?.value)
      if (topic === 'drops') this.ledger.push(JSON.parse(String(value)) as LedgerEntry)
      else this.deadLetters.push(`${text('millrace.partition')}/${text('millrace.offset')}`)
    }
  }

  #request(process: SimulatedProcess, apply: () => void): Promise<boolean> {
    const { world } = this
    return new Promise((resolve) => {
      world.after(world.latencyMs(1, 200), () => {
        const isDone = !this.isDown
        if (isDone) apply()
        process.after(world.latencyMs(1, 30), () => resolve(isDone && !world.chance(this.lossRate)))
      })
    })
  }
}
