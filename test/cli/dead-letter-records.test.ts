import { describe, expect, it } from 'vitest'
import {
  idOf,
  readDeadLetterRecord,
  replayedRecord,
  replayIntentRecord,
  type Letter,
} from '../../src/cli/dead-letter-records.js'
import { deadLetter, type OutgoingRecord } from '../../src/delivery/kafka-records.js'
import type { Intent } from '../../src/range/intent.js'
import type { Range, RejectedEvent } from '../../src/range/range.js'
import { FakeClock } from '../support/fake-clock.js'

const origin = { connector: 'local', topic: 'events', partition: 3, offset: 17 }
const header = (name: string, value: string) => ({ name, value: Buffer.from(value) })
const place = { topic: 'dead', partition: 0, offset: 5, timestampMs: 1_795_000_000_000 }
const read = (record: OutgoingRecord) => readDeadLetterRecord({ ...place, ...record })

/** As delivery writes it. */
function letterOf(headers: RejectedEvent['record']['headers']): OutgoingRecord {
  const record = { key: Buffer.from('k'), value: Buffer.from('v'), headers }
  const rejection = { reason: 'NOT_JSON', message: 'the value is no JSON object' } as const
  const event = { offset: 17, timestampMs: 1_790_000_000_123, record, rejection }
  return deadLetter(event, { topic: 'events', partition: 3 } as Range, {
    connector: 'local',
    instance: 'test/1',
    clock: new FakeClock(),
  })
}

describe('what is read from the dead-letter topic', () => {
  it('is the event as it was, where it came from, and why it is here', () => {
    const own = [header('event_type', 'a.B'), header('trace', '1')]
    expect(read(letterOf(own))).toEqual({
      kind: 'letter',
      origin,
      reason: 'NOT_JSON',
      message: 'the value is no JSON object',
      failedAt: new Date(new FakeClock().nowMs()).toISOString(),
      timestampMs: 1_790_000_000_123,
      event: { key: Buffer.from('k'), value: Buffer.from('v'), headers: own },
    })
    expect(idOf(origin)).toBe('local/events/3/17')
  })

  it('is not fooled by headers an event brought along', () => {
    const planted = [
      header('millrace.connector', 'another'),
      header('millrace.offset', '1'),
      header('millrace.replayed', '2026-11-01T00:00:00.000Z'),
      header('millrace.replay', '{}'),
    ]
    const letter = read(letterOf(planted)) as Letter
    expect(letter).toMatchObject({ kind: 'letter', origin, reason: 'NOT_JSON' })
    expect(letter.event.headers).toEqual(planted)
  })

  it('takes the time of the letter where the letter does not name that of its event', () => {
    const letter = letterOf([])
    const headers = letter.headers.filter(({ name }) => name !== 'millrace.timestamp')
    expect(read({ ...letter, headers })).toMatchObject({ timestampMs: place.timestampMs })
  })

  it('is what was decided and done about a letter, under one key', () => {
    const plan = { folder: 'currents', cluster: 'c', zone: 'z', topicInKey: true, codec: 'deflate' } as const
    const intent: Intent = { end: 17, plan, schemas: new Map([['a.B', 2]]) }
    const decided = replayIntentRecord(origin, intent)
    const done = replayedRecord(origin, Date.UTC(2026, 10, 1), 'a/b.avro')
    expect(read(decided)).toEqual({ kind: 'intent', origin, intent })
    expect(read(done)).toEqual({ kind: 'replayed', origin, replayedAt: '2026-11-01T00:00:00.000Z', object: 'a/b.avro' })
    expect([decided.key, done.key].map(String)).toEqual(['local/events/3/17', 'local/events/3/17'])
    expect([decided.value, done.value]).toEqual([null, null])
  })

  it('is nothing where somebody else wrote', () => {
    expect(read({ key: null, value: Buffer.from('x'), headers: [] })).toBeUndefined()
    const broken = [header('millrace.connector', 'c'), header('millrace.topic', 't'), header('millrace.offset', 'x')]
    expect(read({ key: null, value: null, headers: broken })).toBeUndefined()
  })
})
