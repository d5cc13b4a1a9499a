import { describe, expect, it } from 'vitest'
import { dropNamed, dropOf, replayedRecord } from '../../../src/cli/drops/ledger.js'
import { sampleDrop } from './sample-drop.js'

const recordOf = (entry: object, key: string) => ({
  key: Buffer.from(key),
  value: Buffer.from(JSON.stringify(entry)),
  headers: [],
})

describe('an entry of the ledger', () => {
  const drop = sampleDrop(3, 9)

  it('is what delivery wrote, and only that', () => {
    expect(dropOf(recordOf(drop, drop.id))).toEqual(drop)
    expect(dropOf(recordOf(drop, 'another'))).toBeUndefined()
    expect(dropOf({ key: Buffer.from(drop.id), value: null, headers: [] })).toBeUndefined()
    expect(dropOf(recordOf({ ...drop, v: 2 }, drop.id))).toBeUndefined()
    // An id that does not belong to these offsets.
    expect(dropOf(recordOf({ ...drop, lastOffset: 8 }, drop.id))).toBeUndefined()
  })

  it.each([
    ['a count that is none', { events: '7' }],
    ['a negative count', { tombstones: -1 }],
    ['no event types', { eventTypes: null }],
    ['a codec nobody knows', { plan: { ...drop.plan, codec: 'zip' } }],
    ['a plan without a folder', { plan: { ...drop.plan, folder: undefined } }],
    ['a plan without schemas', { plan: { ...drop.plan, schemas: null } }],
    ['no time', { droppedAt: null }],
  ])('is left out when it has %s', (_what, damage) => {
    expect(dropOf(recordOf({ ...drop, ...damage }, drop.id))).toBeUndefined()
  })

  it('is marked under its own key, with where the replay began when that was later', () => {
    const atMs = Date.UTC(2026, 10, 4)
    const marked = replayedRecord(drop, atMs, 3)
    expect(dropOf(marked)).toEqual({ ...drop, replayed: true, replayedAt: '2026-11-04T00:00:00.000Z' })
    expect(dropOf(replayedRecord(drop, atMs, 5))).toMatchObject({ replayed: true, replayedFrom: 5, firstOffset: 3 })
  })

  it('is found by its id or by an unambiguous beginning of six characters', () => {
    const drops = [sampleDrop(0, 1, { id: 'abcdef01' }), sampleDrop(2, 3, { id: 'abcdef02' })]
    expect(dropNamed(drops, 'abcdef02').firstOffset).toBe(2)
    expect(dropNamed([drop], drop.id.slice(0, 6))).toBe(drop)
    expect(() => dropNamed(drops, 'abcdef')).toThrow('2 drops begin so')
    expect(() => dropNamed([drop], drop.id.slice(0, 5))).toThrow('write at least 6 characters of the id')
    expect(() => dropNamed([], '')).toThrow('write at least 6 characters of the id')
    expect(() => dropNamed([drop], 'zzzzzz')).toThrow('there is no such drop')
  })
})
