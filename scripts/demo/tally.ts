import type { Ledger } from './ledger.js'
import { eventIds, type ObjectStore } from './objects.js'
import type { DeadLetter } from './topic.js'

/** What has arrived, counted from the objects and the dead-letter topic themselves. */
export interface Tally {
  produced: number
  /** Different events that were found in objects. */
  delivered: number
  /** Records that were found in the dead-letter topic, by reason. */
  deadLettered: Map<string, number>
  tombstones: number
  /** Events in no object, and broken records that are no dead letter. */
  missing: number
  /** How many times events were found beyond the first. */
  duplicates: number
  /** Events of yours: found, but not produced by the demo. */
  others: number
  objects: number
  bytes: number
  /** The key of the object with the most events. */
  largest: string
}

/** Objects that are read at once: a few are underway while one is counted. */
const readAtOnce = 8

/** Reads every object back and compares with what was produced. */
export async function countArrived(ledger: Ledger, store: ObjectStore, letters: readonly DeadLetter[]): Promise<Tally> {
  const seen = new Map([...ledger.events.keys()].map((id) => [id, 0]))
  const { objects, bytes, others, largest } = await readObjects(store, seen)
  const counts = [...seen.values()]
  const delivered = counts.filter((count) => count > 0).length
  const buried = new Set(letters.map(({ key }) => key).filter((key) => ledger.broken.has(key)))
  return {
    produced: ledger.produced,
    delivered,
    deadLettered: countBy(letters.map(({ reason }) => reason)),
    tombstones: ledger.tombstones,
    missing: counts.length - delivered + ledger.broken.size - buried.size,
    duplicates: counts.reduce((sum, count) => sum + Math.max(0, count - 1), 0),
    others,
    objects,
    bytes,
    largest,
  }
}

/** Counts in `seen` how often each event stands in an object. */
async function readObjects(store: ObjectStore, seen: Map<string, number>) {
  const keys = await store.keys()
  const result = { objects: keys.length, bytes: 0, others: 0, largest: '' }
  let mostEvents = 0
  let next = 0
  const reader = async () => {
    for (let key = keys[next++]; key !== undefined; key = keys[next++]) {
      const object = await store.read(key)
      const ids = await eventIds(object)
      result.bytes += object.length
      for (const id of ids) {
        const times = seen.get(id)
        if (times === undefined) result.others++
        else seen.set(id, times + 1)
      }
      if (ids.length > mostEvents) [mostEvents, result.largest] = [ids.length, key]
    }
  }
  await Promise.all(Array.from({ length: readAtOnce }, reader))
  return result
}

function countBy(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const name of names.toSorted()) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}
