import { createHash, createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { TranscoderParts } from '../../src/events/json-transcoder.js'
import { MillraceError } from '../../src/runtime/errors.js'
import { Secret } from '../../src/runtime/secret.js'
import { recordView, type RecordParts } from '../support/record-view.js'
import { bodyOf, builtInCatalogue, catalogueOfFields, decoded, THING, transcoderOf } from '../support/transcoding.js'

const catalogue = await builtInCatalogue()
const transcoder = transcoderOf(catalogue)

const OPEN = 'users.messages.email.Open'
const open = { event_type: OPEN, id: 'e1', user_id: 'u1', time: 1_794_000_000, email_address: 'ada@example.com' }

const transcode = (event: unknown, parts?: RecordParts) =>
  transcoder.transcode(recordView(typeof event === 'string' ? event : JSON.stringify(event), parts), null)

/** The verdict, or the reason of a rejection; the message must not repeat any value of the event. */
function reasonOf(event: unknown): string {
  const result = transcode(event)
  if (result.verdict !== 'rejected') return result.verdict
  expect(result.rejection.message).not.toMatch(/ada@example|e1|u1/)
  return result.rejection.reason
}

const messageOf = (event: unknown) => {
  const result = transcode(event)
  return result.verdict === 'rejected' ? result.rejection.message : undefined
}

describe('JSON shapes', () => {
  it('takes a flat event', () => {
    expect(decoded(transcode({ ...open, device_model: 'Pixel 9' }))).toMatchObject({
      id: 'e1',
      user_id: 'u1',
      time: 1_794_000_000,
      email_address: 'ada@example.com',
      device_model: 'Pixel 9',
      campaign_id: null,
    })
  })

  it('opens an envelope: members of user and properties are fields', () => {
    const { event_type, id, time } = open
    const user = { user_id: 'u2', external_user_id: 'x2', timezone: 'UTC' }
    const event = { event_type, id, time, user, properties: { email_address: 'a@b.c', browser: 'Firefox' } }
    expect(decoded(transcode(event))).toMatchObject({ ...user, id, time, email_address: 'a@b.c', browser: 'Firefox' })
  })

  it('takes the first that is not null of members with one name', () => {
    const user = { user_id: 'u2', timezone: null, external_user_id: 'of user' }
    const properties = { email_address: 'a@b.c', timezone: 'UTC', external_user_id: 'of properties', id: 'inner' }
    const event = { event_type: OPEN, id: 'e1', time: 1, user, properties }
    expect(decoded(transcode(event))).toMatchObject({ timezone: 'UTC', external_user_id: 'of user', id: 'e1' })
  })

  it.each([
    ['users.behaviors.CustomEvent', 'custom_properties', { name: 'n' }],
    ['users.behaviors.Purchase', 'purchase_properties', { product_id: 'p', price: 2.5, currency: 'EUR' }],
  ])('finds the field properties of %s in an envelope as %s', (event_type, name, others) => {
    const properties = { ...others, app_id: 'a', [name]: { size: 'L' } }
    const event = { event_type, id: 'e1', time: 1, user: { user_id: 'u' }, properties }
    expect(decoded(transcode(event))).toMatchObject({ properties: '{"size":"L"}' })
  })

  it('takes an object in properties of a flat event for the value of the field', () => {
    const event = { event_type: 'users.behaviors.CustomEvent', id: 'e1', user_id: 'u', time: 1, name: 'n' }
    expect(decoded(transcode({ ...event, properties: { a: [1, 'ü'] } }))).toMatchObject({ properties: '{"a":[1,"ü"]}' })
  })

  it.each([['text'], [7], [null], [[{ user_id: 'u9' }]]])('is flat when user is no object but %j', (user) => {
    expect(decoded(transcode({ ...open, user }))).toMatchObject({ user_id: 'u1' })
  })

  it('lets a header name the event type over the body', () => {
    const record = recordView(JSON.stringify({ ...open, event_type: 'users.messages.sms.Send' }), {
      headers: { event_type: OPEN },
    })
    expect(transcoder.transcode(record, null)).toMatchObject({ verdict: 'encoded', schema: { eventType: OPEN } })
  })

  it('asks the body when the header is empty', () => {
    expect(transcode(open, { headers: { event_type: '' } })).toMatchObject({ schema: { eventType: OPEN } })
  })

  it.each(['flat', 'enveloped'])('leaves out what the schema lacks and counts it by type: %s', (shape) => {
    const counted: string[] = []
    const counting = transcoderOf(catalogue, { onUnknownField: (eventType) => counted.push(eventType) })
    const { event_type, id, time, ...fields } = { ...open, new_field: 1 }
    const { user_id, ...properties } = fields
    const event =
      shape === 'flat'
        ? { ...open, new_field: 1, other: {} }
        : { event_type, id, time, other: 1, user: { user_id }, properties }
    const body = bodyOf(counting.transcode(recordView(JSON.stringify(event)), null))
    expect(counted).toEqual([OPEN, OPEN])
    expect(body).toEqual(bodyOf(transcode(open)))
  })
})

describe('selection', () => {
  const selecting = (events: Partial<TranscoderParts['events']>, event: object) =>
    transcoderOf(catalogue, {
      events: { include: ['*'], exclude: [], anonymousUsers: 'include', ...events },
    }).transcode(recordView(JSON.stringify(event)), null).verdict

  it('filters what is not included, and what is excluded', () => {
    expect(selecting({ include: ['users.messages.*'] }, open)).toBe('encoded')
    expect(selecting({ include: ['users.behaviors.*'] }, open)).toBe('filtered')
    expect(selecting({ exclude: ['*.Open'] }, open)).toBe('filtered')
  })

  it('filters an unknown type that is not selected, and rejects one that is', () => {
    const unknown = { ...open, event_type: 'users.messages.fax.Send' }
    expect(selecting({ include: ['users.behaviors.*'] }, unknown)).toBe('filtered')
    expect(selecting({}, unknown)).toBe('rejected')
  })

  it.each([
    [{}, 'filtered'],
    [{ external_user_id: null }, 'filtered'],
    [{ external_user_id: '' }, 'filtered'],
    [{ external_user_id: 'x' }, 'encoded'],
    [{ user: { user_id: 'u' }, properties: { email_address: 'a@b.c' } }, 'filtered'],
    [{ user: { user_id: 'u', external_user_id: 'x' }, properties: { email_address: 'a@b.c' } }, 'encoded'],
  ])('excludes anonymous users when asked to: %j', (fields, verdict) => {
    expect(selecting({ anonymousUsers: 'exclude' }, { ...open, ...fields })).toBe(verdict)
    expect(selecting({}, { ...open, ...fields })).toBe('encoded')
  })

  it.each([[null], ['']])('passes over a record without a value: %j', (value) => {
    expect(transcoder.transcode(recordView(value), null).verdict).toBe('tombstone')
  })
})

describe('field transforms', () => {
  const transformed = (fields: TranscoderParts['fields'], event: object) =>
    decoded(transcoderOf(catalogue, { fields }).transcode(recordView(JSON.stringify(event)), null))
  const sha256 = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex')

  it('removes: strings become [REDACTED] whatever the event holds', () => {
    const remove = ['email_address', 'campaign_name', 'timezone']
    const event = { ...open, campaign_name: 'Secret sale', email_address: 7 }
    expect(transformed({ remove, hash: [] }, event)).toMatchObject({
      email_address: '[REDACTED]',
      campaign_name: '[REDACTED]',
      timezone: '[REDACTED]',
    })
  })

  it('removes: any other nullable becomes null', () => {
    const event_type = 'users.messages.email.Click'
    const event = { ...open, event_type, is_amp: true, suspected_bot_click_reason: ['why'] }
    const remove = ['is_amp', 'suspected_bot_click_reason']
    expect(transformed({ remove, hash: [] }, event)).toMatchObject({ is_amp: null, suspected_bot_click_reason: null })
  })

  it('hashes strings to lower-case hexadecimal SHA-256 of their UTF-8 bytes; null stays null', () => {
    const fields = { remove: [], hash: ['email_address', 'campaign_name', 'timezone'] }
    expect(transformed(fields, { ...open, campaign_name: 'größe 😀' })).toMatchObject({
      email_address: sha256('ada@example.com'),
      campaign_name: sha256('größe 😀'),
      timezone: null,
    })
  })

  it('hashes with a key to HMAC-SHA-256', () => {
    const hashKey = new Secret({ kind: 'inline' }, () => 'pepper')
    const expected = createHmac('sha256', 'pepper').update('ada@example.com').digest('hex')
    expect(transformed({ remove: [], hash: ['email_address'], hashKey }, open)).toMatchObject({
      email_address: expected,
    })
  })

  it('hashes the JSON text of an object', () => {
    const event = { event_type: 'users.behaviors.CustomEvent', id: 'e', user_id: 'u', time: 1, name: 'n' }
    const properties = { a: 1 }
    expect(transformed({ remove: [], hash: ['properties'] }, { ...event, properties })).toMatchObject({
      properties: sha256('{"a":1}'),
    })
  })

  it('rejects what it cannot hash', () => {
    const hashing = transcoderOf(catalogue, { fields: { remove: [], hash: ['email_address'] } })
    const reason = (email_address: unknown) =>
      hashing.transcode(recordView(JSON.stringify({ ...open, email_address })), null)
    expect(reason(7)).toMatchObject({ rejection: { reason: 'WRONG_TYPE' } })
    expect(reason('\ud800')).toMatchObject({ rejection: { reason: 'INVALID_STRING' } })
    expect(reason(null)).toMatchObject({ rejection: { reason: 'MISSING_FIELD' } })
  })

  it.each([
    [
      { remove: ['latitude'], hash: [] },
      '"latitude" cannot be removed: a selected event type has it as required float',
    ],
    [{ remove: [], hash: ['duration'] }, '"duration" cannot be hashed: a selected event type has it as required int'],
  ])('refuses to start with a transform that a type cannot take', (fields, message) => {
    expect(() => transcoderOf(catalogue, { fields })).toThrow(MillraceError)
    expect(() => transcoderOf(catalogue, { fields })).toThrow(message)
    const events = { include: [OPEN], exclude: [], anonymousUsers: 'include' } as const
    expect(() => transcoderOf(catalogue, { fields, events })).not.toThrow()
  })
})

describe('schema versions', () => {
  const versions = catalogueOfFields([], [{ name: 'added', type: ['null', 'string'], default: null }])
  const thing = { event_type: THING, id: 'e1', time: 1, added: 'x' }
  const versionOf = (pins: ReadonlyMap<string, number> | null) => {
    const result = transcoderOf(versions).transcode(recordView(JSON.stringify(thing)), pins)
    return result.verdict === 'encoded' ? [result.schema.schemaId, decoded(result)['added']] : result
  }

  it('uses the newest without pins', () => {
    expect(versionOf(null)).toEqual([2, 'x'])
  })

  it('uses the pinned one, and the first of a type that is not pinned', () => {
    expect(versionOf(new Map([[THING, 2]]))).toEqual([2, 'x'])
    expect(versionOf(new Map([['users.other.Type', 2]]))).toEqual([1, undefined])
    expect(versionOf(new Map())).toEqual([1, undefined])
  })
})

describe('bad input', () => {
  const limit = 900 * 1024
  const ofSize = (bytes: number) => {
    const empty = JSON.stringify({ ...open, user_agent: '' })
    return JSON.stringify({ ...open, user_agent: 'x'.repeat(bytes - Buffer.byteLength(empty)) })
  }

  it('takes 900 KiB and rejects a byte more', () => {
    expect(Buffer.byteLength(ofSize(limit))).toBe(limit)
    expect(decoded(transcode(ofSize(limit)))['user_agent']).toMatch(/^x{900000,}$/)
    expect(reasonOf(ofSize(limit + 1))).toBe('OVERSIZED')
  })

  it.each(['ff', 'c3', 'eda080', 'f8808080'])('rejects invalid UTF-8: %s', (hex) => {
    const [before = '', after = ''] = JSON.stringify({ ...open, user_agent: '#' }).split('#')
    const value = Buffer.concat([Buffer.from(before), Buffer.from(hex, 'hex'), Buffer.from(after)])
    expect(transcoder.transcode(recordView(value), null)).toMatchObject({ rejection: { reason: 'INVALID_UTF8' } })
  })

  it('takes U+FFFD itself', () => {
    expect(decoded(transcode({ ...open, user_agent: 'a\ufffdb' }))).toMatchObject({ user_agent: 'a\ufffdb' })
  })

  it.each(['{', 'null', '[]', '"text"', '7', '{"a": NaN}', '{"a": 1} x', '\ufeff{}', "{'a': 1}", ' '])(
    'rejects what is no JSON object: %s',
    (text) => {
      expect(reasonOf(text)).toBe('NOT_JSON')
    },
  )

  it('says what is missing for the Confluent wire format', () => {
    expect(reasonOf('\u0000\u0000\u0000\u0000\u0007abc')).toBe('NOT_JSON')
    expect(messageOf('\u0000\u0000\u0000\u0000\u0007abc')).toContain('schema registry is not supported yet')
  })

  it.each([[undefined], [null], [7], [''], [{ a: 1 }]])('rejects an event_type that is no text: %j', (event_type) => {
    expect(reasonOf({ ...open, event_type })).toBe('MISSING_EVENT_TYPE')
  })

  it.each([
    'users/messages',
    '../../etc',
    'users.messages\u0000',
    'users..Open',
    'toString',
    '__proto__',
    'x'.repeat(999),
  ])('rejects an unknown event type, and repeats only what looks like one: %s', (event_type) => {
    expect(reasonOf({ ...open, event_type })).toBe('UNKNOWN_EVENT_TYPE')
    expect(messageOf({ ...open, event_type })).not.toMatch(/\/|\.\.|\p{Cc}|x{300}/u)
  })

  it('names an unknown event type that looks like one', () => {
    expect(messageOf({ ...open, event_type: 'users.messages.fax.Send' })).toContain('users.messages.fax.Send')
  })

  it.each([
    [{ email_address: undefined }, 'MISSING_FIELD', 'field "email_address" (string) is required'],
    [{ email_address: null }, 'MISSING_FIELD', 'field "email_address" (string) is required'],
    [{ time: undefined }, 'MISSING_FIELD', 'field "time" (int) is required'],
    [{ email_address: 7 }, 'WRONG_TYPE', 'field "email_address" must be string, not number'],
    [{ email_address: true }, 'WRONG_TYPE', 'field "email_address" must be string, not boolean'],
    [{ time: '1794000000' }, 'WRONG_TYPE', 'field "time" must be int, not string'],
    [{ time: 1.5 }, 'WRONG_TYPE', 'field "time" must be int, not a fraction'],
    [{ time: [1] }, 'WRONG_TYPE', 'field "time" must be int, not array'],
    [{ campaign_name: 7 }, 'WRONG_TYPE', 'field "campaign_name" must be string, not number'],
    [{ time: 2 ** 31 }, 'OUT_OF_RANGE', 'field "time": the number does not fit into int'],
    [{ time: 1_794_000_000_000 }, 'OUT_OF_RANGE', 'field "time" must be Unix seconds, not milliseconds'],
    [{ user_agent: '\ud83d' }, 'INVALID_STRING', 'field "user_agent" holds half of a surrogate pair'],
  ])('rejects %j: %s', (fields, reason, message) => {
    expect(reasonOf({ ...open, ...fields })).toBe(reason)
    expect(messageOf({ ...open, ...fields })).toContain(message)
  })

  it('rejects a time in milliseconds also where a long could hold it', () => {
    const event_type = 'agentconsole.ToolInvocation'
    const invocation = { event_type, id: 'i', tool_call_id: 't', duration: 1, agent_id: 'a', agent_name: 'n' }
    const event = { ...invocation, is_error: false, tool_name: 'n', tool_arguments: '{}' }
    expect(reasonOf({ ...event, time: 1_794_000_000 })).toBe('encoded')
    expect(reasonOf({ ...event, time: 253_402_300_799 })).toBe('encoded')
    expect(messageOf({ ...event, time: 253_402_300_800 })).toContain('seconds')
    expect(messageOf({ ...event, time: 1_794_000_000_000 })).toContain('seconds')
  })

  it.each(['1e39', '-1e39', '1e400'])('rejects a float of %s', (text) => {
    const event = { event_type: 'users.behaviors.Purchase', id: 'p', user_id: 'u', app_id: 'a', time: 1 }
    const json = JSON.stringify({ ...event, product_id: 'x', currency: 'EUR', properties: {}, price: 0 })
    expect(reasonOf(json)).toBe('encoded')
    expect(reasonOf(json.replace('"price":0', `"price":${text}`))).toBe('OUT_OF_RANGE')
  })

  it('takes __proto__, constructor and the like for members, not for fields', () => {
    const json = `{"__proto__":{"email_address":"x","user":{}},"constructor":1,"toString":"t",${JSON.stringify(open).slice(1)}`
    expect(bodyOf(transcode(json))).toEqual(bodyOf(transcode(open)))
    const inherited = `{"__proto__":{"email_address":"x"},"event_type":"${OPEN}","id":"e1","user_id":"u1","time":1}`
    expect(reasonOf(inherited)).toBe('MISSING_FIELD')
  })

  it('finds a field called constructor only where the event has one', () => {
    const things = transcoderOf(catalogueOfFields([{ name: 'constructor', type: ['null', 'string'], default: null }]))
    const thing = { event_type: THING, id: 'e1', time: 1 }
    const valueOf = (event: object) => decoded(things.transcode(recordView(JSON.stringify(event)), null))['constructor']
    expect(valueOf(thing)).toBeNull()
    expect(valueOf({ ...thing, constructor: 'mine' })).toBe('mine')
  })

  it('takes the last of duplicate keys', () => {
    const json = JSON.stringify(open).replace('"u1"', '"first","user_id":"last"')
    expect(decoded(transcode(json))).toMatchObject({ user_id: 'last' })
  })

  it('takes 64 levels of JSON in a string field and rejects one more', () => {
    const nested = (levels: number) => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels)
    const event = {
      event_type: 'users.behaviors.CustomEvent',
      id: 'e',
      user_id: 'u',
      time: 1,
      name: 'n',
      properties: 0,
    }
    const json = JSON.stringify(event)
    const withLevels = (levels: number) => json.replace('"properties":0', `"properties":${nested(levels)}`)
    expect(decoded(transcode(withLevels(64)))).toMatchObject({ properties: nested(64) })
    expect(reasonOf(withLevels(65))).toBe('TOO_DEEP')
    expect(reasonOf(withLevels(100_000))).toBe('TOO_DEEP')
  })

  it.each([
    [
      'in a field the schema lacks',
      (deep: string) => JSON.stringify(open).replace('{', `{"other":${deep},`),
      'encoded',
    ],
    ['and nothing else', (deep: string) => deep, 'NOT_JSON'],
  ])('survives nesting of 200,000 levels %s', (_where, eventWith, expected) => {
    expect(reasonOf(eventWith('['.repeat(200_000) + ']'.repeat(200_000)))).toBe(expected)
  })
})

describe('numbers beyond 2^53', () => {
  const things = transcoderOf(
    catalogueOfFields([
      { name: 'big', type: 'long' },
      { name: 'text', type: 'string' },
    ]),
  )
  const transcodeThing = (big: string, text = '"t"') =>
    things.transcode(recordView(`{"event_type":"${THING}","id":"e1", "time":1, "big" : ${big} ,"text":${text}}`), null)
  const longBytes = (value: bigint) => {
    const tail = bodyOf(transcodeThing('0'))
    const zigzag = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
    const bytes: number[] = []
    for (let rest = zigzag; ; rest >>= 7n) {
      bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0))
      if (rest <= 0x7fn) break
    }
    return Buffer.concat([tail.subarray(0, 4), Buffer.from(bytes), tail.subarray(5)])
  }

  it.each(['9007199254740993', '-9007199254740993', '9223372036854775807', '-9223372036854775808', '9007199254740991'])(
    'keeps every digit of %s',
    (big) => {
      expect(bodyOf(transcodeThing(big))).toEqual(longBytes(BigInt(big)))
    },
  )

  it.each(['9223372036854775808', '-9223372036854775809', '1e400', '1e19', '9007199254740993.0'])(
    'rejects %s',
    (big) => {
      expect(transcodeThing(big)).toMatchObject({ rejection: { reason: 'OUT_OF_RANGE' } })
    },
  )

  it('keeps them in the text of an object', () => {
    const text = '{"n":[12345678901234567890,1e400],"s":"9007199254740993"}'
    expect(decoded(transcodeThing('1', text))).toMatchObject({ text })
  })

  it('keeps them beside each other, in an envelope too', () => {
    const value = `{"event_type":"${THING}","id":"e","time":1,"user":{},"properties":{"big":9007199254740993,"text":{"a":9007199254740995}}}`
    const body = bodyOf(things.transcode(recordView(value), null))
    expect(body.includes('{"a":9007199254740995}')).toBe(true)
    expect(body.includes(Buffer.from('8280808080808020', 'hex'))).toBe(true)
  })

  it('does not mind one in a field the schema lacks', () => {
    const text = JSON.stringify(open).replace('{', '{"other":9007199254740993,')
    expect(bodyOf(transcode(text))).toEqual(bodyOf(transcode(open)))
  })

  it('survives one beside nesting that exact parsing cannot follow', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000)
    expect(transcodeThing(`9007199254740993, "other": ${deep}`)).toMatchObject({ rejection: { reason: 'TOO_DEEP' } })
  })
})
