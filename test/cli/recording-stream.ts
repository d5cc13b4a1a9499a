import type { CallLimits, Failure, RecordPayload, StreamDestination } from '../../src/destinations/destination.js'

type Fault = Partial<Failure> | undefined

interface RecordingStream extends StreamDestination {
  /** What was taken, in its order. */
  records: RecordPayload[]
  /** Event ids, call by call, taken or not. */
  calls: string[][]
}

/**
 * A stream in memory. `fail`: what is wrong with a record; unless it is rejected, one behind it of its key is
 * not taken, and listed alike.
 */
export function recordingStream(
  fail: (record: RecordPayload) => Fault = () => undefined,
  most = MOST,
): RecordingStream {
  const [records, calls]: [RecordPayload[], string[][]] = [[], []]
  return {
    ...{ most, records, calls },
    write(payloads, signal) {
      const failedKeys = new Map<string | null, Fault>()
      calls.push(payloads.map(idOf))
      const failures = payloads.flatMap((payload): Failure[] => {
        const fault = signal.aborted ? ABORTED : (failedKeys.get(payload.partitionKey) ?? fail(payload))
        if (!fault) return (records.push(payload), [])
        if (payload.partitionKey !== null && fault.class !== 'rejected') failedKeys.set(payload.partitionKey, fault)
        return [{ payload, class: 'transient', code: 'X', message: `X: ${payload.key} failed.`, ...fault }]
      })
      return Promise.resolve(failures)
    },
    check: () => Promise.resolve([]),
    close: () => Promise.resolve(),
  }
}

const MOST: CallLimits = { records: 500, bytes: 5 << 20, perKey: 500 }
const ABORTED: Fault = { code: 'ABORTED' }

export const idOf = (record: RecordPayload) => record.properties.event_id

/** The record of an event at this offset of events/0. */
export function recordOf(eventId: string, partitionKey: string | null, size = 10, offset = 0): RecordPayload {
  const place = { kafka_topic: 'events', kafka_partition: 0, kafka_offset: offset }
  return {
    ...{ key: `events/0/${offset}`, partitionKey, bytes: Buffer.alloc(size), contentType: 'avro/binary' },
    properties: { event_type: 't', schema_id: 1, event_id: eventId, ...place },
  }
}
