import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ObjectDestination, ObjectPayload } from '../../src/destinations/destination.js'

/** A destination under test, and another way to what it has written. */
export interface Subject {
  destination: ObjectDestination
  /** The whole content under the key, read without the destination. */
  readBack(key: string): Promise<Buffer>
  /** Every key that is visible to readers, sorted. */
  listKeys(): Promise<string[]>
  /** From now on a write of this key fails, and of no other, until `accept`. */
  refuse(key: string): Promise<void>
  accept(key: string): Promise<void>
  /** Ends what `start` has started, beside the destination. */
  stop(): Promise<void>
}

const never = new AbortController().signal

/** What every destination of objects must do; `start` gives an empty one for each test. */
export function describeDestination(name: string, start: () => Promise<Subject>): void {
  describe(`${name}: what every destination does`, () => {
    let subject: Subject

    beforeEach(async () => {
      subject = await start()
    })

    afterEach(async () => {
      await subject.destination.close()
      await subject.stop()
    })

    async function expectStored(payloads: readonly ObjectPayload[]): Promise<void> {
      for (const payload of payloads) {
        const [stored, sent] = [await subject.readBack(payload.key), await payload.body()]
        expect(stored.equals(sent), `${payload.key}: ${stored.length} of ${sent.length} bytes`).toBe(true)
      }
    }

    test('writes every payload, whole, under its key', async () => {
      const payloads = [1, 1000, 300_000].map((size, index) => payloadOf(`a/type=${index}/x+0+${index}.avro`, size))
      expect(await subject.destination.write(payloads, never)).toEqual([])
      await expectStored(payloads)
      expect(await subject.listKeys()).toEqual(payloads.map(({ key }) => key).sort())
    })

    test('has nothing to do for an empty list', async () => {
      expect(await subject.destination.write([], never)).toEqual([])
      expect(await subject.listKeys()).toEqual([])
    })

    test('replaces what is there: the same bytes by the same, others by others', async () => {
      const [first, again, shorter] = [payloadOf('k', 5000), payloadOf('k', 5000), payloadOf('k', 12)]
      for (const payload of [first, again, shorter]) {
        expect(await subject.destination.write([payload], never)).toEqual([])
        await expectStored([payload])
      }
      expect(await subject.listKeys()).toEqual(['k'])
    })

    test('lists what failed, and only that; the rest is there, and a retry heals it', async () => {
      const payloads = Array.from({ length: 12 }, (_, index) => payloadOf(`f/${index}.avro`, 2000 + index))
      const bad = payloads[5] as ObjectPayload
      await subject.refuse(bad.key)
      const failures = await subject.destination.write(payloads, never)
      expect(failures.map(({ payload }) => payload)).toEqual([bad])
      expect(failures[0]?.message).toContain(bad.key)
      expect(failures[0]?.message).toContain(failures[0]?.code)
      await expectStored(payloads.filter((payload) => payload !== bad))

      await subject.accept(bad.key)
      expect(await subject.destination.write([bad], never)).toEqual([])
      await expectStored(payloads)
    })

    test('writes nothing when the signal has aborted before', async () => {
      const payloads = [payloadOf('a', 10), payloadOf('b', 10)]
      const failures = await subject.destination.write(payloads, AbortSignal.abort())
      expect(failures.map(({ payload, class: failureClass, code }) => [payload.key, failureClass, code])).toEqual([
        ['a', 'transient', 'ABORTED'],
        ['b', 'transient', 'ABORTED'],
      ])
      expect(await subject.listKeys()).toEqual([])
    })

    test('an abort cuts short: what it does not list is whole, the rest is ABORTED', async () => {
      const abort = new AbortController()
      const payloads = Array.from({ length: 60 }, (_, index) => payloadOf(`cut/${index}`, 100_000))
      const last = payloads[20] as ObjectPayload
      payloads[20] = { key: last.key, body: () => (abort.abort(), last.body()) }
      const failures = await subject.destination.write(payloads, abort.signal)
      expect(failures.length).toBeGreaterThanOrEqual(39)
      expect(new Set(failures.map(({ class: failureClass, code }) => `${failureClass} ${code}`))).toEqual(
        new Set(['transient ABORTED']),
      )
      const failed = new Set(failures.map(({ payload }) => payload))
      await expectStored(payloads.filter((payload) => !failed.has(payload)))
    })

    test('takes several writes at once', async () => {
      const ranges = Array.from({ length: 5 }, (_, range) =>
        Array.from({ length: 10 }, (_, index) => payloadOf(`r${range}/${index}`, 20_000 + range)),
      )
      const failures = await Promise.all(ranges.map((range) => subject.destination.write(range, never)))
      expect(failures.flat()).toEqual([])
      await expectStored(ranges.flat())
      expect(await subject.listKeys()).toHaveLength(50)
    })

    test('keeps odd characters of keys', async () => {
      const names = ['a+b=c', 'with space', '100%', '%2F%2e', 'ü–日本', "!'()*~", 'q?x#y&z;w', '@:,$', '<tag>', 'a..b']
      const payloads = names.map((name, index) => payloadOf(`odd/${name}/${name}.avro`, 100 + index))
      expect(await subject.destination.write(payloads, never)).toEqual([])
      await expectStored(payloads)
      expect(await subject.listKeys()).toEqual(payloads.map(({ key }) => key).sort())
    })

    test('takes an object of 64 MiB', { timeout: 60_000 }, async () => {
      const payload = payloadOf('large.avro', 64 * 1024 * 1024)
      expect(await subject.destination.write([payload], never)).toEqual([])
      await expectStored([payload])
    })

    test('close may be called twice, and nothing is written after it', async () => {
      await subject.destination.write([payloadOf('before', 10)], never)
      await subject.destination.close()
      await subject.destination.close()
      const failures = await subject.destination.write([payloadOf('after', 10)], never)
      expect(failures.map(({ code }) => code)).toEqual(['ABORTED'])
      expect(await subject.listKeys()).toEqual(['before'])
    })

    test('close cuts short what is underway', async () => {
      const payloads = Array.from({ length: 40 }, (_, index) => payloadOf(`close/${index}`, 200_000))
      const writing = subject.destination.write(payloads, never)
      await subject.destination.close()
      const failures = await writing
      expect(failures.length).toBeGreaterThan(0)
      expect(new Set(failures.map(({ code }) => code))).toEqual(new Set(['ABORTED']))
      const failed = new Set(failures.map(({ payload }) => payload))
      await expectStored(payloads.filter((payload) => !failed.has(payload)))
    })
  })
}

/** A payload of `size` bytes that differ from place to place and from key to key. */
export function payloadOf(key: string, size: number): ObjectPayload {
  const seed = Buffer.from(`${key}:${size};`)
  return { key, body: () => Promise.resolve(Buffer.alloc(size, seed)) }
}
