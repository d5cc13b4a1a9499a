import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeMetadata, encodeMetadata, MAX_METADATA_CHARS, type Intent } from '../../src/range/intent.js'

const plan = { folder: 'currents', cluster: 'local', zone: 'default', topicInKey: false, codec: 'deflate' } as const

describe('the write intent', () => {
  it('reads as a person would expect in kafka-consumer-groups', () => {
    expect(encodeMetadata({ end: 41, plan, schemas: new Map([['x.Y', 2]]) })).toBe(
      '{"v":1,"range":{"end":41,"folder":"currents","cluster":"local","zone":"default","topicInKey":false,"codec":"deflate","schemas":{"x.Y":2}}}',
    )
  })

  it('is the empty string when there is none', () => {
    expect(encodeMetadata(null)).toBe('')
    expect(decodeMetadata('')).toEqual({ kind: 'none' })
  })

  it('survives the round trip', () => {
    const intents = fc.record({
      end: fc.nat(),
      plan: fc.record({
        folder: fc.string(),
        cluster: fc.string(),
        zone: fc.string(),
        topicInKey: fc.boolean(),
        codec: fc.constantFrom('null' as const, 'deflate' as const),
      }),
      schemas: fc
        .array(fc.tuple(fc.stringMatching(/^[a-z.]{1,20}$/), fc.integer({ min: 2 })))
        .map((list) => new Map(list)),
    })
    fc.assert(
      fc.property(intents, (intent: Intent) => {
        expect(decodeMetadata(encodeMetadata(intent))).toEqual({ kind: 'intent', intent })
      }),
    )
  })

  it.each([
    ['bob was here', { kind: 'foreign' }],
    ['[]', { kind: 'foreign' }],
    ['{"v":"1"}', { kind: 'foreign' }],
    ['{"v":2,"range":{}}', { kind: 'newer', version: 2 }],
    ['{"v":1}', { kind: 'none' }],
  ])('takes %s for what it is', (text, expected) => {
    expect(decodeMetadata(text)).toEqual(expected)
  })

  it('fits into what a broker takes, with the longest folder and as many schema ids as a range collects', () => {
    const schemas = new Map(
      Array.from({ length: 35 }, (_, n) => [`users.messages.pushnotification.IosForeground${n}`, 100 + n]),
    )
    const longest = { ...plan, folder: 'f'.repeat(1024) }
    expect(encodeMetadata({ end: Number.MAX_SAFE_INTEGER, plan: longest, schemas }).length).toBeLessThan(
      MAX_METADATA_CHARS,
    )
  })
})
