import { describe, expect, it } from 'vitest'
import { callsOf } from '../../src/cli/calls.js'
import type { RecordPayload } from '../../src/destinations/destination.js'
import { idOf, recordingStream, recordOf } from './recording-stream.js'
import fc from '../support/properties.js'

/** Ids call by call. Records are written `<id><key>`, `-` for none. */
function calls(words: string, most: { records: number; bytes: number; perKey: number }): string {
  const records = words.split(' ').map((word) => recordOf(word, word.at(-1) === '-' ? null : word.at(-1)!))
  const found = callsOf(records, recordingStream(undefined, most))
  return found.map((call) => call.map(idOf).join(' ')).join(' | ')
}

describe('what a stream is given call by call', () => {
  it.each([
    ['so many records', { records: 3, bytes: 1000, perKey: 9 }, '1a 2b 3a | 4b 5a 6- | 7b'],
    [
      'so many of a key: others go ahead of the rest',
      { records: 9, bytes: 1000, perKey: 1 },
      '1a 2b 6- | 3a 4b | 5a 7b',
    ],
    ['so many bytes, keys included', { records: 9, bytes: 22, perKey: 9 }, '1a 2b | 3a 4b | 5a 6- | 7b'],
  ])('%s', (_, most, expected) => {
    expect(calls('1a 2b 3a 4b 5a 6- 7b', most)).toBe(expected)
  })

  it('a record that is larger than a call is alone in one: the stream itself refuses it', () => {
    const records = [recordOf('large', 'a', 100), recordOf('next', 'a')]
    const most = { records: 9, bytes: 50, perKey: 9 }
    expect(callsOf(records, recordingStream(undefined, most)).map((call) => call.map(idOf))).toEqual([
      ['large'],
      ['next'],
    ])
  })

  it('objects all at once', () => {
    const objects = ['a', 'b'].map((key) => ({ key }))
    expect(callsOf(objects, { write: () => Promise.resolve([]) })).toEqual([objects])
  })

  it('each record once, within the limits, never behind a later one of its key', () => {
    const record = fc.record({ key: fc.constantFrom('a', 'b', 'c', null), size: fc.integer({ min: 0, max: 30 }) })
    const limits = fc.record({
      records: fc.integer({ min: 1, max: 6 }),
      bytes: fc.integer({ min: 31, max: 90 }),
      perKey: fc.integer({ min: 1, max: 4 }),
    })
    fc.assert(
      fc.property(fc.array(record, { maxLength: 60 }), limits, (wanted, most) => {
        const records = wanted.map(({ key, size }, n) => recordOf(String(n), key, size))
        const found = callsOf(records, recordingStream(undefined, most))
        const byKey = (list: readonly RecordPayload[], key: string | null) =>
          list.filter(({ partitionKey }) => partitionKey === key)
        for (const key of ['a', 'b', 'c']) expect(byKey(found.flat(), key)).toEqual(byKey(records, key))
        expect(new Set(found.flat())).toEqual(new Set(records))
        for (const call of found) {
          const bytes = call.reduce((sum, each) => sum + each.bytes.length + (each.partitionKey?.length ?? 0), 0)
          expect([call.length <= most.records, bytes <= most.bytes]).toEqual([true, true])
          for (const key of ['a', 'b', 'c']) expect(byKey(call, key).length).toBeLessThanOrEqual(most.perKey)
        }
      }),
    )
  })
})
