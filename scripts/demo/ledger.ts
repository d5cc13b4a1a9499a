import type { DemoRecord } from './records.js'

/** What was produced, to compare with what has arrived. */
export class Ledger {
  tombstones = 0
  /** Keys of the records that must end as dead letters. */
  readonly broken = new Set<string>()
  /** How many objects each event was found in, by its id. */
  readonly events = new Map<string, number>()

  add({ fate, id, key }: DemoRecord): void {
    if (id !== undefined) this.events.set(id, 0)
    else if (fate === 'broken') this.broken.add(key)
    else this.tombstones++
  }

  get produced(): number {
    return this.events.size + this.broken.size + this.tombstones
  }
}
