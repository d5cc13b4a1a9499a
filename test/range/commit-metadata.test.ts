import { describe, expect, it } from 'vitest'
import { decodeMetadata, encodeMetadata, type CommitMetadata } from '../../src/range/commit-metadata.js'
import fc from '../support/properties.js'

const plan = { folder: 'currents', cluster: 'local', zone: 'default', topicInKey: false, codec: 'deflate' } as const
const NOTHING: CommitMetadata = { intent: null, marks: {} }

describe('the commit metadata', () => {
  it('reads as a person would expect in kafka-consumer-groups', () => {
    const failing = { sinceMs: Date.UTC(2026, 10, 1), place: 'a1b2', code: 'ExpiredToken', told: 3 }
    expect(
      encodeMetadata({
        intent: { end: 41, plan, schemas: new Map([['x.Y', 2]]) },
        marks: { deliveredAtMs: Date.UTC(2026, 9, 31), failing },
      }),
    ).toBe(
      '{"v":1,"range":{"end":41,"folder":"currents","cluster":"local","zone":"default","topicInKey":false,"codec":"deflate","schemas":{"x.Y":2}},' +
        '"deliveredAt":"2026-10-31T00:00:00.000Z","failingSince":"2026-11-01T00:00:00.000Z","place":"a1b2","code":"ExpiredToken","told":3}',
    )
  })

  it('is the empty string when there is nothing to say', () => {
    expect(encodeMetadata(NOTHING)).toBe('')
    expect(decodeMetadata('')).toEqual({ kind: 'ours', ...NOTHING })
  })

  it('survives the round trip', () => {
    const instants = fc.integer({ min: 0, max: 4e12 })
    const drops = fc.record({
      sinceMs: instants,
      atMs: instants,
      code: fc.string(),
      instance: fc.string(),
      isPartly: fc.boolean(),
    })
    const ranges = fc.record({
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
    const intents = fc.oneof(
      fc.constant(null),
      ranges,
      fc.tuple(ranges, drops).map(([range, drop]) => ({ ...range, drop })),
    )
    const failing = fc.record({ sinceMs: instants, place: fc.string(), code: fc.string(), told: fc.nat(20) })
    const marks = fc.record({ deliveredAtMs: instants, failing }, { requiredKeys: [] })
    fc.assert(
      fc.property(fc.record({ intent: intents, marks }), (metadata: CommitMetadata) => {
        expect(decodeMetadata(encodeMetadata(metadata))).toEqual({ kind: 'ours', ...metadata })
      }),
    )
  })

  it.each([
    ['bob was here', { kind: 'foreign' }],
    ['[]', { kind: 'foreign' }],
    ['{"v":"1"}', { kind: 'foreign' }],
    ['{"v":2,"range":{}}', { kind: 'newer', version: 2 }],
    ['{"v":1}', { kind: 'ours', ...NOTHING }],
  ])('takes %s for what it is', (text, expected) => {
    expect(decodeMetadata(text)).toEqual(expected)
  })
})
