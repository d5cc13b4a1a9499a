import { describe, expect, it } from 'vitest'
import { readAvroType, type AvroRecord } from '../../src/events/avro-type.js'
import { compareSchemas } from '../../src/events/schema-compatibility.js'

const record = (fields: unknown[], name = 'Thing') =>
  readAvroType({ type: 'record', name, fields: [{ name: 'id', type: 'string' }, ...fields] }) as AvroRecord

const inner = (...fields: unknown[]) => ({ name: 'in', type: { type: 'record', name: 'In', fields } })
const x = { name: 'x', type: 'int' }
const y = { name: 'y', type: ['null', 'int'], default: null }

describe('compareSchemas', () => {
  it.each([
    ['the same', [x], [x]],
    ['a nullable field with default null was added', [x], [x, y]],
    ['a required field became nullable', [x], [{ name: 'x', type: ['null', 'int'], default: null }]],
    ['a required field became nullable, null last', [x], [{ name: 'x', type: ['int', 'null'] }]],
    ['fields changed places, documentation changed', [x, y], [{ ...y, doc: 'why' }, x]],
    ['a union gained null', [{ name: 'u', type: ['int', 'string'] }], [{ name: 'u', type: ['null', 'int', 'string'] }]],
    ['a nested record gained a nullable field', [inner(x)], [inner(x, y)]],
  ])('compatible: %s', (_name, older, newer) => {
    expect(compareSchemas(record(older), record(newer))).toEqual({ compatible: true, reasons: [] })
  })

  it.each([
    ['field "x" was removed', [x, y], [y]],
    ['field "x" was int and is long', [x], [{ name: 'x', type: 'long' }]],
    ['field "y" was nullable int and is int', [y], [{ name: 'y', type: 'int' }]],
    ['field "x" was added without being nullable with default null', [], [x]],
    ['field "y" was added without being nullable with default null', [], [{ name: 'y', type: ['null', 'int'] }]],
    ['field "x" was int and is int', [x], [{ name: 'x', type: { type: 'int', logicalType: 'date' } }]],
    ['field "in.x" was removed', [inner(x, y)], [inner(y)]],
    [
      'field "e" was enum E and is enum E',
      [{ name: 'e', type: { type: 'enum', name: 'E', symbols: ['A'] } }],
      [{ name: 'e', type: { type: 'enum', name: 'E', symbols: ['A', 'B'] } }],
    ],
    [
      'field "a[]" was string and is int',
      [{ name: 'a', type: { type: 'array', items: 'string' } }],
      [{ name: 'a', type: { type: 'array', items: 'int' } }],
    ],
    [
      'field "u": the types of its union have changed',
      [{ name: 'u', type: ['null', 'int'] }],
      [{ name: 'u', type: ['null', 'int', 'string'] }],
    ],
  ])('breaking: %s', (reason, older, newer) => {
    expect(compareSchemas(record(older), record(newer))).toEqual({ compatible: false, reasons: [reason] })
  })

  it('gives every reason', () => {
    const { reasons } = compareSchemas(record([x]), record([{ name: 'z', type: 'int' }], 'Other'))
    expect(reasons).toEqual([
      'record Thing is called Other now',
      'field "x" was removed',
      'field "z" was added without being nullable with default null',
    ])
  })

  it('ends for a record that contains itself', () => {
    const next = { name: 'next', type: ['null', 'Thing'], default: null }
    expect(compareSchemas(record([next]), record([next, y])).compatible).toBe(true)
  })
})
