import { describe, expect, it } from 'vitest'
import { checkAgainstCatalogue } from '../../src/config/catalogue-rules.js'
import type { Draft } from '../../src/config/draft.js'
import { formatProblems } from '../../src/config/problem.js'
import { soundBut, reading } from './configuration-files.js'
import { catalogueOf } from './in-memory-catalogue.js'

const STREAM = { type: 'kinesis', account: 'keys', stream: 's', region: 'eu-west-1' }
const TEXT = ['null', 'string']
const CATALOGUE = catalogueOf({
  'users.behaviors.Location': [{ id: 'string', user_id: 'string', latitude: 'float', altitude: ['null', 'float'] }],
  'users.messages.email.Open': [
    {
      id: 'string',
      user_id: 'string',
      time: 'int',
      email_address: TEXT,
      tags: ['null', { type: 'array', items: 'string' }],
    },
  ],
  'users.messages.sms.Send': [
    { id: 'string', code: 'string' },
    { id: 'string', code: 'int', to_phone_number: TEXT },
  ],
})

async function problemsWith(members: Record<string, unknown>): Promise<string[]> {
  const changes = Object.entries(members).map(([key, value]) => [`connectors.a.${key}`, value])
  const result = await reading(soundBut(Object.fromEntries(changes) as Record<string, unknown>))
  expect(result).not.toHaveProperty('problems')
  return formatProblems(checkAgainstCatalogue((result as { configuration: Draft }).configuration, CATALOGUE))
}

describe('checkAgainstCatalogue', () => {
  it.each<[string, Record<string, unknown>, string]>([
    [
      'a pattern that matches nothing',
      { events: { include: ['users.messages.*', 'users.canvas.*'] } },
      'connectors.a.events.include[1]: no event type matches "users.canvas.*": see the event types with: millrace schemas list',
    ],
    [
      'a type with a typo',
      { events: { include: ['users.messages.email.Opened'] } },
      'connectors.a.events.include[0]: no event type matches "users.messages.email.Opened": did you mean users.messages.email.Open?',
    ],
    [
      'an exclusion that matches nothing',
      { events: { exclude: ['users.mesages.*'] } },
      'connectors.a.events.exclude[0]: no event type matches "users.mesages.*": did you mean users.messages.*?',
    ],
    [
      'nothing left',
      { events: { include: ['users.messages.*'], exclude: ['users.*'] } },
      'connectors.a.events: no event type is left: exclude fewer, or set enabled: false',
    ],
    [
      'a field with a typo',
      { fields: { remove: ['email_adress'] } },
      'connectors.a.fields.remove[0]: no selected event type has a field "email_adress": did you mean "email_address"?',
    ],
    [
      'a field of other event types',
      { events: { include: ['users.behaviors.*'] }, fields: { hash: ['to_phone_number'] } },
      'connectors.a.fields.hash[0]: no selected event type has a field "to_phone_number": see the fields with: millrace schemas show TYPE',
    ],
    [
      'removing a required number',
      { fields: { remove: ['latitude'] } },
      'connectors.a.fields.remove[0]: latitude cannot be removed, it is a required float in users.behaviors.Location: only strings and nullable fields can be; exclude this event type or keep the field',
    ],
    [
      'hashing a number',
      { fields: { hash: ['altitude'] } },
      'connectors.a.fields.hash[0]: altitude cannot be hashed, it is a nullable float in users.behaviors.Location: only strings can be; exclude this event type, or remove the field instead',
    ],
    [
      'hashing a list',
      { fields: { hash: ['tags'] } },
      'connectors.a.fields.hash[0]: tags cannot be hashed, it is a nullable array of string in users.messages.email.Open: only strings can be; exclude this event type, or remove the field instead',
    ],
    [
      'hashing what is a string in one version only',
      { fields: { hash: ['code'] } },
      'connectors.a.fields.hash[0]: code cannot be hashed, it is a required int in users.messages.sms.Send: only strings can be; exclude this event type, or remove the field instead',
    ],
    [
      'a partition key that no event has',
      { destination: { ...STREAM, partitionKey: 'userid' } },
      'connectors.a.destination.partitionKey: no selected event type has a field "userid": did you mean "user_id"?',
    ],
  ])('%s', async (_, members, line) => expect(await problemsWith(members)).toEqual([line]))

  it.each<[string, Record<string, unknown>]>([
    ['everything', {}],
    ['patterns', { events: { include: ['users.*.email.*', '*.Location'], exclude: ['*.Open'] } }],
    [
      'required and nullable strings, other nullable fields',
      { fields: { remove: ['user_id', 'altitude', 'tags'], hash: ['id', 'email_address'] } },
    ],
    ['a field that only a later version has', { fields: { hash: ['to_phone_number'] } }],
    ['the Kafka key as partition key', { destination: { ...STREAM, partitionKey: 'kafka-key' } }],
    ['no partition key', { destination: { ...STREAM, partitionKey: 'random' } }],
    [
      'a required number of a type that is not selected',
      { events: { exclude: ['*.Location'] }, fields: { remove: ['email_address'] } },
    ],
  ])('%s: fine', async (_, members) => expect(await problemsWith(members)).toEqual([]))

  it('a connector whose events could not be read has its problem already', () => {
    expect(checkAgainstCatalogue({ connectors: [{ name: 'a' }] }, CATALOGUE)).toEqual([])
  })
})
