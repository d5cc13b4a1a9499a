import { describe, expect, it } from 'vitest'
import { jsonRecord } from '../../src/encoding/json-record.js'
import { readAvroType, type AvroRecord } from '../../src/events/avro-type.js'
import type { Catalogue } from '../../src/events/catalogue.js'
import { eventsOf } from '../support/any-event.js'
import fc from '../support/properties.js'
import { recordView } from '../support/record-view.js'
import { bodyOf, builtInCatalogue, catalogueOfFields, THING, transcoderOf } from '../support/transcoding.js'

/** The body of an event, given as JSON, and what the body becomes. */
function throughAvro(catalogue: Catalogue, eventType: string) {
  const transcoder = transcoderOf(catalogue)
  const toJson = jsonRecord(catalogue.get(eventType)!.current)
  return (json: string) => {
    const body = bodyOf(transcoder.transcode(recordView(json), null))
    return { body, json: toJson(body, body.length).toString() }
  }
}

/** The members that such a field has in the JSON of an event that was sent with `value`, given as JSON. */
function memberOf(type: unknown, value: string): string {
  const throughThing = throughAvro(catalogueOfFields([{ name: 'f', type }]), THING)
  const sent = `{"event_type":"${THING}","id":"e","time":1,"f":${value}}`
  const { body, json } = throughThing(sent)
  expect(throughThing(json).body).toEqual(body)
  const [, member] = /^\{"event_type":"users\.custom\.Thing","id":"e","time":1(.*)\}$/s.exec(json) ?? []
  if (member === undefined) throw new Error(`not as expected: ${json}`)
  return member
}

const POINT = {
  type: 'record',
  name: 'geo.Point',
  fields: [
    { name: 'x', type: 'double' },
    { name: 'label', type: ['null', 'string'], default: null },
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
const LARGEST_FLOAT = '3.4028235e+38'
const SMALLEST_FLOAT = '1.4013e-45'

describe('jsonRecord', () => {
  it.each<[unknown, string]>([
    ['boolean', 'true'],
    ['boolean', 'false'],
    ['int', '-2147483648'],
    ['long', '9007199254740991'],
    ['long', '-9007199254740991'],
    ['long', '281474976710656'],
    ['long', '-281474976710657'],
    ['long', '9223372036854775807'],
    ['long', '-9223372036854775808'],
    ['float', '1.1'],
    ['float', '12.34'],
    ['float', '0.3333333'],
    ['float', '16777216'],
    ['float', '-0'],
    ['float', LARGEST_FLOAT],
    ['float', SMALLEST_FLOAT],
    ['double', '0.30000000000000004'],
    ['double', '1e+300'],
    ['double', '-0'],
    ['string', '"größe \\" \\n ✓ 😀 \\u0000"'],
    ['string', '"null"'],
    ['bytes', '"a\u00ff\\u0000"'],
    [{ type: 'fixed', name: 'Hash', size: 2 }, '"\\u0001\u00c3"'],
    [COLOR, '"GREEN"'],
    [{ type: 'array', items: 'long' }, '[1,-2]'],
    [{ type: 'array', items: 'long' }, '[]'],
    [{ type: 'array', items: ['null', 'string'] }, '["a",null]'],
    [{ type: 'map', values: 'int' }, '{"a":1,"größe":2,"__proto__":3}'],
    [{ type: 'map', values: ['null', 'int'] }, '{"a":null}'],
    [{ type: 'long', logicalType: 'timestamp-millis' }, '1794000000000'],
    [POINT, '{"x":1,"label":"p"}'],
    [POINT, '{"x":1}'],
    [TREE, '{"value":1,"children":[{"value":2,"children":[]}]}'],
    [['null', 'string'], '"a"'],
    [['string', 'null'], '"a"'],
    [['null', 'int', 'string'], '5'],
    [['null', 'int', 'string'], '"five"'],
    [['int', 'double'], '2.5'],
    [['string', COLOR], '"GREEN"'],
    [['string', POINT], '{"x":1}'],
  ])('gives a value of type %j back as it was sent: %s', (type, value) => {
    expect(memberOf(type, value)).toBe(`,"f":${value}`)
  })

  it.each([['null'], [['null', 'string']], [['null', POINT]]])('leaves out a null of type %j', (type) => {
    expect(memberOf(type, 'null')).toBe('')
  })

  it('names the event type once, also where the schema has a field of that name', () => {
    const catalogue = catalogueOfFields([{ name: 'event_type', type: 'string' }])
    const { json } = throughAvro(catalogue, THING)(`{"event_type":"${THING}","id":"e","time":1}`)
    expect(json).toBe(`{"event_type":"${THING}","id":"e","time":1}`)
  })

  it('reads arrays and maps in blocks with a size, as other writers make them', () => {
    const { current } = catalogueOfFields([{ name: 'f', type: { type: 'array', items: 'int' } }]).get(THING)!
    // id "e", time 1; two blocks: -1 item in 1 byte, then 1 item.
    const body = Buffer.from([2, 0x65, 2, 1, 2, 14, 2, 16, 0])
    expect(jsonRecord(current)(body, body.length).toString()).toMatch(/"f":\[7,8\]\}$/)
  })

  it('takes no more of the bytes than the body, and all of it', () => {
    const { current } = catalogueOfFields([]).get(THING)!
    const bytes = Buffer.from([2, 0x65, 2, 0xff])
    expect(jsonRecord(current)(bytes, 3).toString()).toBe(`{"event_type":"${THING}","id":"e","time":1}`)
    expect(() => jsonRecord(current)(bytes, 4)).toThrow('the body is no users.custom.Thing: 3 of 4 bytes')
  })

  it('gives floats the fewest digits that tell them apart', () => {
    const floats = fc.float({ noNaN: true, noDefaultInfinity: true })
    fc.assert(
      fc.property(floats, (value) => {
        const text = memberOf('float', JSON.stringify(value)).slice(',"f":'.length)
        expect(Math.fround(Number(text))).toBe(Object.is(value, -0) ? 0 : value)
        expect(text.replace(/e.*|\D/g, '').length).toBeLessThanOrEqual(String(value).replace(/e.*|\D/g, '').length)
      }),
    )
  })
})

describe('the 94 built-in types', async () => {
  const catalogue = await builtInCatalogue()

  it.each(catalogue.names())('%s: the JSON of any event becomes the same bytes again', (eventType) => {
    const again = throughAvro(catalogue, eventType)
    const type = readAvroType(JSON.parse(catalogue.get(eventType)!.current.json)) as AvroRecord
    fc.assert(
      fc.property(eventsOf(type), (event) => {
        const { body, json } = again(JSON.stringify({ event_type: eventType, ...event }))
        expect(again(json).body).toEqual(body)
        expect(Object.values(JSON.parse(json) as object)).not.toContain(null)
      }),
      { numRuns: 20 },
    )
  })
})
