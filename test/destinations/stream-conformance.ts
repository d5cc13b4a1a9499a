import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { CallLimits, Failure, RecordPayload, StreamDestination } from '../../src/destinations/destination.js'

/** A record as a reader of the stream finds it. */
interface StoredRecord {
  /** As the stream has it; null where it has none. */
  partitionKey: string | null
  bytes: Buffer
}

/** A destination under test, and another way to what it has written. */
export interface StreamSubject {
  destination: StreamDestination
  /** Every record, read without the destination: a list for each shard or partition, in its order. */
  readBack(): Promise<StoredRecord[][]>
  /** Ends what `start` has started, beside the destination. */
  stop(): Promise<void>
}

/** One whose server can be told to fail. */
export interface FaultyStreamSubject extends StreamSubject {
  /** From now on every record with this partition key fails, and no other, until `accept`. */
  refuse(partitionKey: string): Promise<void>
  accept(partitionKey: string): Promise<void>
}

const never = new AbortController().signal

/** What every stream must do; `start` gives an empty one for each test. */
export function describeStream(name: string, start: () => Promise<StreamSubject>): void {
  describe(`${name}: what every stream does`, () => {
    let subject: StreamSubject

    beforeEach(async () => {
      subject = await start()
    })

    afterEach(async () => {
      await subject.destination.close()
      await subject.stop()
    })

    const stored = async () => textsOf(await subject.readBack())

    /** One call after the other, each within the limits; every record must be taken. */
    async function expectWritten(records: readonly RecordPayload[]): Promise<void> {
      for (const call of callsOf(records, subject.destination.most)) {
        expect(await subject.destination.write(call, never)).toEqual([])
      }
    }

    test('appends every record, whole, with its key', async () => {
      const records = [1, 1000, 100_000].map((size, index) => recordOf(`user-${index}`, 0, size))
      await expectWritten(records)
      const found = (await subject.readBack()).flat()
      for (const { partitionKey, bytes } of records) {
        const same = found.filter((record) => record.partitionKey === partitionKey)
        expect(same.map((record) => record.bytes.equals(bytes))).toEqual([true])
      }
      expect(found).toHaveLength(3)
    })

    test('has nothing to do for an empty list', async () => {
      expect(await subject.destination.write([], never)).toEqual([])
      expect(await stored()).toEqual([])
    })

    test('what is written again is there again', async () => {
      const record = recordOf('user', 0)
      await expectWritten([record])
      await expectWritten([record])
      expect(await stored()).toEqual([textOf(record), textOf(record)])
    })

    test('keeps the records of a key together and in their order', async () => {
      const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
      const records = Array.from({ length: 140 }, (_, index) => {
        return recordOf(keys[index % keys.length] as string, Math.floor(index / keys.length))
      })
      await expectWritten(records)
      const shards = await subject.readBack()
      for (const key of keys) {
        const places = shards.map((shard) => shard.filter(({ partitionKey }) => partitionKey === key))
        const found = places.filter((place) => place.length > 0)
        const sent = records.filter(({ partitionKey }) => partitionKey === key)
        expect(textsOf(found), key).toEqual(sent.map(textOf))
        expect(found).toHaveLength(1)
      }
    })

    test('appends records without a key', async () => {
      const records = Array.from({ length: 30 }, (_, index) => recordOf(null, index))
      await expectWritten(records)
      expect((await stored()).sort()).toEqual(records.map(textOf).sort())
    })

    test('takes keys of any characters and any length, and keeps their order', async () => {
      const keys = ['with space', 'ü–日本🎉', '%2F/?#&;=', '"quoted"\\', 'é'.repeat(127), 'long'.repeat(500)]
      const records = keys.flatMap((key) => [recordOf(key, 0), recordOf(key, 1)])
      await expectWritten(records)
      const shards = (await subject.readBack()).map((shard) => textsOf([shard]))
      for (const key of keys) {
        const pair = [textOf(recordOf(key, 0)), textOf(recordOf(key, 1))]
        const found = shards.map((shard) => shard.filter((text) => pair.includes(text)))
        expect(found.filter((texts) => texts.length > 0)).toEqual([pair])
      }
    })

    test('takes several writes of different keys at once', async () => {
      const calls = Array.from({ length: 5 }, (_, call) =>
        Array.from({ length: 40 }, (_, index) => recordOf(`call-${call}-${index}`, 0)),
      )
      const failures = await Promise.all(calls.map((call) => subject.destination.write(call, never)))
      expect(failures.flat()).toEqual([])
      expect((await stored()).sort()).toEqual(calls.flat().map(textOf).sort())
    })

    test('a record too large for it is rejected, alone', async () => {
      const large = recordOf('large', 0, subject.destination.most.bytes + 1)
      const others = [recordOf('a', 0), recordOf('b', 0)] as const
      const failures = await subject.destination.write([others[0], large, others[1]], never)
      expect(failures.map(({ payload, class: failureClass }) => [payload, failureClass])).toEqual([[large, 'rejected']])
      expect(failures[0]?.message).toContain(large.key)
      expect((await stored()).sort()).toEqual(others.map(textOf).sort())
    })

    test('writes nothing when the signal has aborted before', async () => {
      const records = [recordOf('a', 0), recordOf('b', 0)]
      const failures = await subject.destination.write(records, AbortSignal.abort())
      expect(failures.map(outlineOf)).toEqual(records.map(({ key }) => [key, 'transient', 'ABORTED']))
      expect(await stored()).toEqual([])
    })

    test('close cuts short what is underway: what is not listed as ABORTED is there', async () => {
      const records = Array.from({ length: 40 }, (_, index) => recordOf(`close-${index}`, 0, 5000))
      const writing = subject.destination.write(records, never)
      await subject.destination.close()
      const failures = await writing
      expect(failures.filter(({ code }) => code !== 'ABORTED')).toEqual([])
      const failed = new Set(failures.map(({ payload }) => payload))
      const written = records.filter((record) => !failed.has(record)).map(textOf)
      expect(await stored()).toEqual(expect.arrayContaining(written))
    })

    test('writes nothing after close', async () => {
      await subject.destination.close()
      const record = recordOf('a', 0)
      const failures = await subject.destination.write([record], never)
      expect(failures.map(outlineOf)).toEqual([[record.key, 'transient', 'ABORTED']])
      expect(await stored()).toEqual([])
    })
  })
}

/** What every stream must do when its server fails; `start` gives an empty one for each test. */
export function describeStreamFaults(name: string, start: () => Promise<FaultyStreamSubject>): void {
  describe(`${name}: what every stream does when records fail`, () => {
    let subject: FaultyStreamSubject

    beforeEach(async () => {
      subject = await start()
    })

    afterEach(async () => {
      await subject.destination.close()
      await subject.stop()
    })

    const stored = async () => textsOf(await subject.readBack())

    test('lists what failed, and only that; the rest is there, and a retry heals it', async () => {
      const records = Array.from({ length: 12 }, (_, index) => recordOf(`user-${index}`, 0))
      const bad = records[5] as RecordPayload
      await subject.refuse('user-5')
      const failures = await subject.destination.write(records, never)
      expect(failures.map(({ payload }) => payload)).toEqual([bad])
      expect(failures[0]?.message).toContain(bad.key)
      expect(failures[0]?.message).toContain(failures[0]?.code)
      expect(await stored()).not.toContain(textOf(bad))

      await subject.accept('user-5')
      expect(await subject.destination.write([bad], never)).toEqual([])
      expect((await stored()).sort()).toEqual(records.map(textOf).sort())
    })

    test('a record that follows a failed one of its key is not sent, and listed alike', async () => {
      const refused = [0, 1, 2].map((index) => recordOf('refused', index))
      const taken = [0, 1, 2].map((index) => recordOf('taken', index))
      await subject.refuse('refused')
      const both = [0, 1, 2].flatMap((index) => [refused[index] as RecordPayload, taken[index] as RecordPayload])
      const failures = await subject.destination.write(both, never)
      expect(failures.map(({ payload }) => payload)).toEqual(refused)
      expect(new Set(failures.map(({ class: failureClass, code }) => `${failureClass} ${code}`)).size).toBe(1)
      expect(await stored()).toEqual(taken.map(textOf))

      await subject.accept('refused')
      expect(await subject.destination.write(refused, never)).toEqual([])
      expect((await stored()).filter((text) => text.includes('#refused;'))).toEqual(refused.map(textOf))
    })

    test('no failure holds what the record holds', async () => {
      const record = recordOf('canary-key', 0)
      await subject.refuse('canary-key')
      const [failure] = await subject.destination.write([record], never)
      expect(JSON.stringify({ ...failure, payload: undefined })).not.toContain('canary-key')
    })
  })
}

/** The records in as few calls as the limits allow, in their order. */
export function callsOf(records: readonly RecordPayload[], most: CallLimits): RecordPayload[][] {
  const calls: RecordPayload[][] = []
  let call: RecordPayload[] = []
  for (const record of records) {
    const bytes = [...call, record].reduce((sum, each) => sum + sizeOf(each), 0)
    const ofKey = call.filter(({ partitionKey }) => partitionKey !== null && partitionKey === record.partitionKey)
    const isFull = call.length === most.records || bytes > most.bytes || ofKey.length === most.perKey
    if (isFull) call = []
    if (call.length === 0) calls.push(call)
    call.push(record)
  }
  return calls
}

const sizeOf = ({ bytes, partitionKey }: RecordPayload) => bytes.length + Buffer.byteLength(partitionKey ?? '')

let offset = 0

/** The nth record of a key: bytes that say so, over and over up to the size. Every record has a place in Kafka of its own. */
export function recordOf(partitionKey: string | null, nth: number, size = 200): RecordPayload {
  const key = `events/0/${offset++}`
  const properties = { kafka_topic: 'events', kafka_partition: 0, kafka_offset: offset - 1 }
  return {
    ...{ key, partitionKey, bytes: Buffer.alloc(size, `${nth}#${partitionKey ?? 'none'};`) },
    contentType: 'avro/binary',
    properties: { event_type: 'users.messages.email.Open', schema_id: 1, event_id: `id-${offset}`, ...properties },
  }
}

/** What tells one small record from the other. */
function textOf({ bytes }: Pick<RecordPayload, 'bytes'>): string {
  return bytes.toString('utf8')
}

const textsOf = (shards: readonly StoredRecord[][]) => shards.flat().map(textOf)

const outlineOf = ({ payload, class: failureClass, code }: Failure) => [payload.key, failureClass, code]
