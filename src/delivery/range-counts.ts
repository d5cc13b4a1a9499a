import type { Delivered, Dropped } from '../health/recorder.js'
import type { Range } from '../range/range.js'

/** What a delivered range adds to the counters of its connector. */
export function deliveredOf({ objects, records, counts }: Range): Delivered {
  const bytesOfObjects = objects.reduce((sum, { encoder }) => sum + encoder.encodedBytes, 0)
  const bytes = records.reduce((sum, record) => sum + record.bytes.length, bytesOfObjects)
  const { events, filtered, tombstones, rejected } = counts
  return { events, filtered, tombstones, deadLettered: rejected, objects: objects.length, bytes }
}

/** What a range in the drop ledger adds. */
export function droppedOf({ counts: { events, filtered, tombstones } }: Range): Dropped {
  return { events, filtered, tombstones }
}
