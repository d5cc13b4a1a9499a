import { describe, expect, it } from 'vitest'
import { keyLayoutProblem, objectKey, type KeyLayout } from '../../src/encoding/object-key.js'
import type { ObjectIdentity } from '../../src/range/object-encoder.js'
import { MillraceError } from '../../src/runtime/errors.js'
import fc from '../support/properties.js'

const layout: KeyLayout = {
  folder: 'currents',
  cluster: 'prod-05',
  zone: 'default',
  connector: 'acme',
  topicInKey: false,
}
const schema = { eventType: 'users.messages.email.Open', schemaId: 4, isFirst: false, json: '' }
/** 2026-11-21T09:xx UTC. */
const hour = Date.UTC(2026, 10, 21, 9) / 3_600_000
const identity: ObjectIdentity = { connector: 'acme', topic: 'events', partition: 7, schema, hour, firstOffset: 1234 }

const NAME = 'dataexport.prod-05.S3.integration.acme'
const PATH = `${NAME}/event_type=users.messages.email.Open/date=2026-11-21-09/4/default/${NAME}`

describe('objectKey', () => {
  it('is as the vendor has it', () => {
    expect(objectKey(layout, identity)).toBe(`currents/${PATH}+7+1234.avro`)
  })

  it('has the topic before the partition when a connector reads several', () => {
    expect(objectKey({ ...layout, topicInKey: true }, identity)).toBe(`currents/${PATH}+events+7+1234.avro`)
  })

  it('begins with the name when there is no folder', () => {
    expect(objectKey({ ...layout, folder: '' }, identity)).toBe(`${PATH}+7+1234.avro`)
  })

  it('has macros in its folder filled in, and the rest as always', () => {
    const folder = '%CONNECTOR%/%EVENT_FAMILY%/%EVENT_TYPE%-v%SCHEMA_ID%/y=%YYYY%/%MM%/%DD%/%HH%/%OTHER%'
    expect(objectKey({ ...layout, folder }, identity)).toBe(
      `acme/message-engagement/users.messages.email.Open-v4/y=2026/11/21/09/%OTHER%/${PATH}+7+1234.avro`,
    )
  })

  it.each([
    ['users.messages.email.Open', 'message-engagement'],
    ['users.campaigns.Conversion', 'message-engagement'],
    ['users.canvasstep.Progression', 'message-engagement'],
    ['users.behaviors.CustomEvent', 'customer-behavior'],
    ['users.messagesent.Thing', 'customer-behavior'],
    ['acme.shop.Sold', 'customer-behavior'],
  ])('the family of %s is %s', (eventType, family) => {
    const key = objectKey({ ...layout, folder: '%EVENT_FAMILY%' }, { ...identity, schema: { ...schema, eventType } })
    expect(key.split('/')[0]).toBe(family)
  })

  it.each([
    [-5, '1970-01-01-00'],
    [0, '1970-01-01-00'],
    [Date.UTC(9999, 11, 31, 23) / 3_600_000, '9999-12-31-23'],
    [Number.MAX_SAFE_INTEGER, '9999-12-31-23'],
  ])('hour %d is in the folder %s', (hour, date) => {
    expect(objectKey(layout, { ...identity, hour })).toContain(`/date=${date}/`)
  })

  it.each([
    [{ folder: '../other' }],
    [{ folder: 'a/../b' }],
    [{ folder: 'a//b' }],
    [{ folder: '/a' }],
    [{ folder: 'a\u0000' }],
    [{ folder: 'a\\b' }],
    [{ folder: '\ud800' }],
    [{ zone: '..' }],
    [{ zone: '' }],
    [{ zone: 'a/b' }],
    [{ cluster: 'a/../../b' }],
    [{ connector: 'a\nb' }],
    [{ folder: 'x'.repeat(900) }],
  ])('refuses what cannot be a part of a path: %j', (parts) => {
    expect(() => objectKey({ ...layout, ...parts }, identity)).toThrow(MillraceError)
  })

  it('refuses a topic or event type that would leave the folder', () => {
    expect(() => objectKey({ ...layout, topicInKey: true }, { ...identity, topic: 'a/b' })).toThrow(MillraceError)
    expect(() => objectKey(layout, { ...identity, schema: { ...schema, eventType: 'a/../../b' } })).toThrow(
      MillraceError,
    )
  })
})

const name = fc.stringMatching(/^[A-Za-z0-9_]{1,8}([.-][A-Za-z0-9_]{1,8}){0,3}$/)
const anyIdentity = fc.record({
  connector: fc.constant('acme'),
  topic: fc.oneof(name, fc.constantFrom('a', 'a+1', 'a.1')),
  partition: fc.oneof(fc.nat({ max: 3 }), fc.nat()),
  schema: fc.record({
    eventType: name,
    schemaId: fc.integer({ min: 1, max: 3 }),
    isFirst: fc.constant(false),
    json: fc.constant(''),
  }),
  hour: fc.oneof(fc.integer({ min: hour, max: hour + 2 }), fc.nat()),
  firstOffset: fc.oneof(fc.nat({ max: 3 }), fc.maxSafeNat()),
})

describe('keys of one connector', () => {
  it('differ whenever topic, partition or first offset differ', () => {
    fc.assert(
      fc.property(anyIdentity, anyIdentity, (a, b) => {
        fc.pre(a.topic !== b.topic || a.partition !== b.partition || a.firstOffset !== b.firstOffset)
        const withTopic = { ...layout, topicInKey: true }
        expect(objectKey(withTopic, a)).not.toBe(objectKey(withTopic, b))
      }),
    )
  })

  it('differ in type, schema and hour', () => {
    fc.assert(
      fc.property(anyIdentity, anyIdentity, (a, b) => {
        fc.pre(
          a.schema.eventType !== b.schema.eventType || a.schema.schemaId !== b.schema.schemaId || a.hour !== b.hour,
        )
        expect(objectKey(layout, a)).not.toBe(
          objectKey(layout, { ...b, partition: a.partition, firstOffset: a.firstOffset }),
        )
      }),
    )
  })

  it('never leave their folder', () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('..', '../..', 'a/../..', './x', '%2e%2e/', '\\..\\'),
    )
    fc.assert(
      fc.property(anyIdentity, anyText, anyText, anyText, (of, zone, topic, eventType) => {
        const parts = { ...of, topic, schema: { ...of.schema, eventType } }
        const key = keyOrRefusal({ ...layout, zone, topicInKey: true }, parts)
        if (key === null) return
        const segments = key.split('/')
        expect(segments).toHaveLength(7)
        expect(segments.slice(0, 2)).toEqual(['currents', NAME])
        expect(segments).not.toContain('..')
        expect(segments).not.toContain('.')
        expect(segments).not.toContain('')
        expect(key).not.toMatch(/\p{Cc}/u)
        expect(Buffer.byteLength(key)).toBeLessThanOrEqual(1024)
      }),
      { numRuns: 500 },
    )
  })
})

function keyOrRefusal(of: KeyLayout, identity: ObjectIdentity): string | null {
  try {
    return objectKey(of, identity)
  } catch (error) {
    expect(error).toBeInstanceOf(MillraceError)
    return null
  }
}

describe('keyLayoutProblem', () => {
  it('is silent where every key is good', () => {
    expect(keyLayoutProblem(layout, ['events'], ['users.messages.email.Open'])).toBeUndefined()
  })

  it('tells that the longest key is too long, before there is one', () => {
    const long = { ...layout, folder: 'x'.repeat(500), topicInKey: true }
    const types = ['a.B', `a.${'b'.repeat(198)}`]
    expect(keyLayoutProblem(long, ['t', 't'.repeat(249)], types)).toMatch(/up to \d+ bytes, 1024 are allowed/)
    expect(keyLayoutProblem(long, ['t'], ['a.B'])).toBeUndefined()
  })

  it('tells what cannot be part of a key', () => {
    expect(keyLayoutProblem({ ...layout, zone: '..' }, ['t'], ['a.B'])).toContain('".." cannot be part')
  })
})
