import type { Delivered, Dropped } from '../health/recorder.js'
import type { Range } from '../range/range.js'

/** What a delivered range adds to the counters of its connector. */
export function deliveredOf(range: Range): Delivered {
  const { records, rejected, counts, closedBy } = range
  const objects = range.objects.map(({ encoder }) => ({ events: encoder.events, bytes: encoder.encodedBytes }))
  const { events, filtered, tombstones, earliestMs } = counts
  return {
    ...{ events, filtered, tombstones, earliestMs, objects, closedBy },
    eventTypes: eventTypesOf(range),
    bytes: sum(objects.map((object) => object.bytes)) + sum(records.map((record) => record.bytes.length)),
    deadLettered: countedBy(rejected, ({ rejection }) => rejection.reason),
  }
}

/** What a range in the drop ledger adds. */
export function droppedOf({ counts: { events, filtered, tombstones } }: Range): Dropped {
  return { events, filtered, tombstones }
}

function eventTypesOf({ objects, records }: Range): ReadonlyMap<string, number> {
  const types = countedBy(records, ({ schema }) => schema.eventType)
  for (const { identity, encoder } of objects) {
    const { eventType } = identity.schema
    types.set(eventType, (types.get(eventType) ?? 0) + encoder.events)
  }
  return types
}

function countedBy<T>(all: readonly T[], nameOf: (one: T) => string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const one of all) counts.set(nameOf(one), (counts.get(nameOf(one)) ?? 0) + 1)
  return counts
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
