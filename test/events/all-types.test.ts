import avsc from 'avsc'
import { describe, expect, it } from 'vitest'
import { readAvroType, type AvroRecord } from '../../src/events/avro-type.js'
import { eventsOf } from '../support/any-event.js'
import fc from '../support/properties.js'
import { recordView } from '../support/record-view.js'
import { sampleEvent } from '../support/sample-events.js'
import { seededRandom } from '../support/seeded-random.js'
import { bodyOf, builtInCatalogue, transcoderOf } from '../support/transcoding.js'

const catalogue = await builtInCatalogue()
const transcoder = transcoderOf(catalogue, {
  onUnknownField: (eventType) => {
    throw new Error(`a field of ${eventType} was not found`)
  },
})

const USER_FIELDS = ['user_id', 'external_user_id', 'device_id', 'timezone']

function enveloped({ id, time, ...fields }: Record<string, unknown>) {
  const { properties, ...others } = fields
  const entries = Object.entries(others)
  const user = Object.fromEntries(entries.filter(([name]) => USER_FIELDS.includes(name)))
  const rest = Object.fromEntries(entries.filter(([name]) => !USER_FIELDS.includes(name)))
  return { id, time, user, properties: properties === undefined ? rest : { ...rest, custom_properties: properties } }
}

function encode(eventType: string, event: object): Buffer {
  return bodyOf(transcoder.transcode(recordView(JSON.stringify({ event_type: eventType, ...event })), null))
}

describe('the 94 built-in types', () => {
  it('are 94', () => {
    expect(catalogue.names()).toHaveLength(94)
  })

  it.each(catalogue.names())('%s: any event, in both shapes, becomes the bytes avsc makes', (eventType) => {
    const schema: unknown = JSON.parse(catalogue.get(eventType)?.current.json ?? '')
    const type = avsc.Type.forSchema(schema as avsc.Schema)
    fc.assert(
      fc.property(eventsOf(readAvroType(schema) as AvroRecord), (event) => {
        // As JSON carries it: -0 is 0.
        const expected = type.toBuffer(JSON.parse(JSON.stringify(event)))
        expect(encode(eventType, event)).toEqual(expected)
        expect(encode(eventType, enveloped(event))).toEqual(expected)
      }),
      { numRuns: 20 },
    )
  })

  it.each(['flat', 'enveloped'] as const)('sample events, %s, are read back as they were made', (shape) => {
    const random = seededRandom(1)
    for (const eventType of catalogue.names()) {
      const type = avsc.Type.forSchema(JSON.parse(catalogue.get(eventType)?.current.json ?? '') as avsc.Schema)
      const { value, expected } = sampleEvent(eventType, random, { shape })
      const body = bodyOf(transcoder.transcode(recordView(value), null))
      expect({ ...(type.fromBuffer(body) as object) }).toEqual(expected)
    }
  })
})
