import avsc from 'avsc'
import { describe, expect, it } from 'vitest'
import { AvroWriter } from '../../src/events/avro-writer.js'
import { readAvroType } from '../../src/events/avro-type.js'
import { fieldWriter } from '../../src/events/field-writer.js'

/** What users' schemas may hold beyond the built-in types: any Avro type. */

const POINT = {
  type: 'record',
  name: 'geo.Point',
  fields: [
    { name: 'x', type: 'double' },
    { name: 'label', type: ['null', 'string'], default: null },
    { name: 'unit', type: 'string', default: 'm' },
  ],
}
const TREE = {
  type: 'record',
  name: 'Tree',
  fields: [
    { name: 'value', type: 'int' },
    { name: 'children', type: { type: 'array', items: 'Tree' } },
  ],
}
const COLOR = { type: 'enum', name: 'Color', symbols: ['RED', 'GREEN'] }
const HASH = { type: 'fixed', name: 'Hash', size: 2 }

function written(schema: unknown, value: unknown) {
  const out = new AvroWriter()
  return { rejection: fieldWriter(readAvroType(schema), 'f')(value, out), bytes: out.bytes.subarray(0, out.length) }
}

describe('fieldWriter', () => {
  it.each([
    ['null', null, null],
    ['double', 1.5, 1.5],
    ['bytes', 'a\u00ff', Buffer.from([0x61, 0xff])],
    [HASH, '\u0001\u0002', Buffer.from([1, 2])],
    [COLOR, 'GREEN', 'GREEN'],
    [{ type: 'array', items: 'long' }, [1, -2], [1, -2]],
    [{ type: 'array', items: 'long' }, [], []],
    [{ type: 'array', items: ['null', 'string'] }, ['a', null], ['a', null]],
    [
      { type: 'map', values: 'int' },
      { a: 1, größe: 2 },
      { a: 1, größe: 2 },
    ],
    [{ type: 'map', values: 'int' }, {}, {}],
    [{ type: 'long', logicalType: 'timestamp-millis' }, 1_794_000_000_000, 1_794_000_000_000],
    [POINT, { x: 1, label: 'p', unit: 'km' }, { x: 1, label: 'p', unit: 'km' }],
    [POINT, { x: 1, more: 'is left out' }, { x: 1, label: null, unit: 'm' }],
    [TREE, { value: 1, children: [{ value: 2, children: [] }] }, { value: 1, children: [{ value: 2, children: [] }] }],
    [['string', 'null'], null, null],
    [['string', 'null'], 'a', 'a'],
    [['null', 'int', 'string'], null, null],
    [['null', 'int', 'string'], 5, 5],
    [['null', 'int', 'string'], 'five', 'five'],
    [['int', 'double'], 2.5, { double: 2.5 }],
    [['string', COLOR], 'GREEN', { string: 'GREEN' }],
  ])('writes %j as avsc does: %j', (schema, value, asAvsc) => {
    const type = avsc.Type.forSchema(schema as avsc.Schema)
    expect(written(schema, value)).toEqual({ rejection: null, bytes: type.toBuffer(asAvsc) })
  })

  it('writes an object into the branch that is made for it, as text where none is', () => {
    expect(written(['string', POINT], { x: 1 }).bytes[0]).toBe(2)
    expect(written(['string', 'int'], { x: 1 }).bytes.toString('latin1')).toBe('\u0000\u000e{"x":1}')
  })

  it.each([
    ['null', 1, 'field "f" must be null, not number'],
    ['boolean', 'true', 'field "f" must be boolean, not string'],
    ['double', '1.5', 'field "f" must be double, not string'],
    ['bytes', '\u0100', 'field "f" must be bytes, a string of characters up to U+00FF, not string'],
    [HASH, 'abc', 'field "f" must be fixed, a string of 2 characters up to U+00FF, not string'],
    [COLOR, 'BLUE', 'field "f" must be one of the symbols of its enum, not string'],
    [{ type: 'array', items: 'int' }, { a: 1 }, 'field "f" must be array, not object'],
    [{ type: 'array', items: 'int' }, [1, 'x'], 'field "f[]" must be int, not string'],
    [{ type: 'map', values: 'int' }, [1], 'field "f" must be map, not array'],
    [{ type: 'map', values: 'int' }, { a: 'x' }, 'field "f{}" must be int, not string'],
    [POINT, 'p', 'field "f" must be record, not string'],
    [POINT, { label: 'p' }, 'field "f.x" (double) is required'],
    [['null', 'int', 'boolean'], 'x', 'field "f" must be one of the types of its union, not string'],
    [['int', 'boolean'], null, 'field "f" (one of the types of its union) is required'],
  ])('refuses, for %j, %j', (schema, value, message) => {
    expect(written(schema, value).rejection?.message).toBe(message)
  })

  it('does not take what every object inherits for a member', () => {
    const record = { type: 'record', name: 'R', fields: [{ name: 'constructor', type: ['null', 'string'] }] }
    expect(written(record, {})).toEqual({ rejection: null, bytes: Buffer.from([0]) })
    expect(written(record, { constructor: 'c' }).bytes.toString('latin1')).toBe('\u0002\u0002c')
  })

  it('refuses lone surrogates in keys of maps', () => {
    const { rejection } = written({ type: 'map', values: 'int' }, { '\ud800': 1 })
    expect(rejection).toMatchObject({ reason: 'INVALID_STRING' })
  })

  it('takes 64 levels of a record within itself and rejects one more, and forgets how deep it was', () => {
    const nested = (levels: number): unknown => ({ value: 1, children: levels > 1 ? [nested(levels - 1)] : [] })
    const write = fieldWriter(readAvroType(TREE), 'f')
    const reasonAt = (levels: number) => write(nested(levels), new AvroWriter())?.reason
    expect([64, 65, 5_000, 64].map(reasonAt)).toEqual([undefined, 'TOO_DEEP', 'TOO_DEEP', undefined])
  })
})
