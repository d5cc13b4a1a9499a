import { describe, expect, it } from 'vitest'
import type { Failure, RecordPayload, StreamDestination } from '../../../src/destinations/destination.js'
import type { MakeRecord } from '../../../src/range/range-record.js'
import { PipelineHarness } from '../../support/pipeline-harness.js'

type Verdict = Pick<Failure, 'class' | 'code'> & Partial<Failure>

const denied: Verdict = { class: 'credentials', code: 'AccessDenied', hitsAll: true }
const tooLarge: Verdict = { class: 'rejected', code: 'TooLarge' }

const makeRecord: MakeRecord = ({ schema, bytes, length }, { offset }) => ({
  ...{ offset, schema, eventId: String(offset), partitionKey: `k${offset}`, contentType: 'text/plain' },
  bytes: Buffer.from(bytes.subarray(0, length)),
})

/** A stream that takes what it is given, unless told otherwise. */
class Stream implements StreamDestination {
  readonly most = { records: 500, bytes: 1_000_000, perKey: 1 }
  /** Offsets of each call. */
  readonly calls: number[][] = []
  readonly stored: number[] = []
  verdictOf: (offset: number) => Verdict | null = () => null
  isHanging = false

  write(payloads: readonly RecordPayload[]): Promise<Failure[]> {
    const offsets = payloads.map(({ properties }) => properties.kafka_offset)
    this.calls.push(offsets)
    if (this.isHanging) return new Promise(() => undefined)
    this.stored.push(...offsets.filter((offset) => !this.verdictOf(offset)))
    const failures = payloads.flatMap((payload, n): Failure[] => {
      const verdict = this.verdictOf(offsets[n]!)
      return verdict ? [{ message: verdict.code, ...verdict, payload }] : []
    })
    return Promise.resolve(failures)
  }

  check() {
    return Promise.resolve([])
  }

  close() {
    return Promise.resolve()
  }
}

function pipelineInto(stream: Stream, usableBytes?: number): PipelineHarness {
  const range = {
    connector: 'test',
    plan: { folder: '', cluster: 'c', zone: 'z', topicInKey: false, codec: 'null' },
    transcoder: transcoder(),
    formats: { null: noObjects, deflate: noObjects },
    makeRecord,
  } as const
  const harness = new PipelineHarness({ destination: stream, range, maxAgeMs: 1_000 }, usableBytes)
  harness.onSeek = (partition, offset) => {
    if (offset < END) harness.events(partition, offset, END - offset)
  }
  return harness
}

/** Offsets there are. */
const END = 3_000

const schema = { eventType: 'a', schemaId: 1, isFirst: true, json: '{}' }

function transcoder() {
  return {
    transcode: ({ bytes }: { bytes: Buffer }) =>
      String(bytes).startsWith('skip')
        ? ({ verdict: 'filtered' } as const)
        : ({ verdict: 'encoded', schema, bytes, length: bytes.length } as const),
  }
}

const noObjects = () => {
  throw new Error('a stream has no objects')
}

describe('a partition of a stream', () => {
  it('commits what holds nothing for the stream', async () => {
    const stream = new Stream()
    const harness = pipelineInto(stream)
    await harness.assign(0)
    harness.records(0, [{ offset: 0, text: 'skip' }])
    await harness.clock.advance(1_000)
    expect(harness.offsets.get('events/0')).toBe(1)
    expect(stream.calls).toEqual([])
  })

  it('delivers first what an intent names that was left by objects, and forgets the intent', async () => {
    const stream = new Stream()
    const harness = pipelineInto(stream)
    const range = { end: 1_199, folder: 'f', cluster: 'c', zone: 'z', topicInKey: false, codec: 'null' }
    await harness.assign(0, { committed: 0, metadata: JSON.stringify({ v: 1, range }) })
    harness.events(0, 0, 1_200)
    await harness.rest()
    expect(new Set(stream.stored).size).toBe(1_200)
    expect(harness.offsets.get('events/0')).toBe(1_200)
    expect(JSON.parse(harness.metadata.get('events/0')!)).not.toHaveProperty('range')
  })

  it('makes dead letters of what the stream never takes, before their commit; what follows is sent again once at most', async () => {
    const stream = new Stream()
    stream.verdictOf = (offset) => (offset === 700 || offset === 702 ? tooLarge : null)
    const harness = pipelineInto(stream)
    await harness.assign(0)
    harness.events(0, 0, END)
    await harness.rest()
    await harness.clock.advance(1_000)
    await harness.rest()
    expect(harness.offsets.get('events/0')).toBe(END)
    expect(
      harness.deadLetters.map(({ headers }) => String(headers.find(({ name }) => name === 'millrace.offset')?.value)),
    ).toEqual(['700', '702'])
    const before = harness.effects.slice(
      0,
      harness.effects.findIndex((line) => line.startsWith('append dead')),
    )
    expect(before.filter((line) => line.startsWith('commit 0')).at(-1)).toContain('commit 0 500')
    expect(new Set(stream.stored).size).toBe(END - 2)
    expect(stream.stored.filter((offset) => offset === 1_500)).toHaveLength(2)
  })

  it('asks with one range whether refused credentials work again', async () => {
    const stream = new Stream()
    stream.verdictOf = () => denied
    const harness = pipelineInto(stream)
    await harness.assign(0)
    harness.events(0, 0, END)
    await harness.rest()
    await harness.clock.advance(60_000)
    const calls = stream.calls.length
    await harness.clock.advance(60_000)
    const probes = stream.calls.slice(calls)
    expect(probes.length).toBeGreaterThan(0)
    expect(probes.every((call) => Math.max(...call) < 500)).toBe(true)
    expect(harness.heldBytes).toBe(0)
    stream.verdictOf = () => null
    await harness.clock.advance(900_000)
    await harness.rest()
    expect([new Set(stream.stored).size, harness.offsets.get('events/0')]).toEqual([END, END])
  })

  it('reads no more than memory has room for while the stream hangs', async () => {
    const stream = new Stream()
    stream.isHanging = true
    const harness = pipelineInto(stream, 300_000)
    await harness.assign(0)
    harness.events(0, 0, 400)
    await harness.rest()
    expect(harness.effects).not.toContain('pause 0')
    harness.events(0, 400, 200)
    await harness.rest()
    expect(harness.effects).toContain('pause 0')
    expect(harness.heldBytes).toBeLessThan(450_000)
    harness.revoke(0)
    expect(harness.heldBytes).toBe(0)
  })
})
