import { describe, expect, it } from 'vitest'
import { schemaFingerprint } from '../../src/events/schema-fingerprint.js'

describe('the fingerprint of a schema', () => {
  it.each([
    // Apache Avro, share/test/data/schema-tests.txt: CRC-64-AVRO as a signed number.
    ['"null"', 7195948357588979594n],
    ['"boolean"', -6970731678124411036n],
    ['"int"', 8247732601305521295n],
    ['"long"', -3434872931120570953n],
    ['"string"', -8142146995180207161n],
    ['{"fields":[], "type":"record", "name":"foo"}', -4824392279771201922n],
    ['{"fields":[{"type":"boolean", "name":"f1"}], "type":"record", "name":"foo"}', 7843277075252814651n],
  ])('of %s is that of the specification', (schema, expected) => {
    expect(schemaFingerprint(JSON.parse(schema)).readBigInt64LE()).toBe(expected)
  })

  it('does not depend on what a reader need not know', () => {
    const plain = { type: 'record', name: 'foo', fields: [{ name: 'f1', type: 'boolean' }] }
    const rich = {
      doc: 'x',
      ...plain,
      fields: [{ name: 'f1', type: { type: 'boolean' }, default: true, order: 'ignore' }],
    }
    expect(schemaFingerprint(rich)).toEqual(schemaFingerprint(plain))
  })
})
