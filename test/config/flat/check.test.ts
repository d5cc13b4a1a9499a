import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Configuration } from '../../../src/config/configuration.js'
import { checkFlat } from '../../../src/config/flat/check.js'
import { flatOptions } from '../../../src/config/flat/options.js'
import { flatTexts } from '../../../src/config/flat/texts.js'
import { readConfiguration } from '../../../src/config/read.js'
import { DESTINATION_TYPES } from '../../../src/destinations/registry.js'

const YAML = `
kafka: { brokers: [localhost:9092] }
accounts:
  keys: { type: aws, accessKeyId: env:ID, secretAccessKey: env:KEY }
  hub: { type: event-hubs, connectionString: env:HUB }
connectors:
  archive:
    description: Everything
    contact: data@acme.example
    topics: [events.a, events.b]
    from: 2026-11-01T00:00:00Z
    events: { include: ['users.*'], exclude: [users.x] }
    fields: { remove: [email_address], hash: [user_id], hashKey: env:HASH }
    destination: { type: s3, account: keys, bucket: acme, region: eu-west-1, endpoint: 'http://store:9000', allowHttp: true }
    files: { maxAge: 90s, maxBytes: 8MiB }
    credentialFailure: { period: 2d, onExpiry: hold }
  stream:
    topics: [events.a]
    destination: { type: kinesis, account: keys, stream: acme, region: eu-west-1 }
  hub:
    topics: [events.a]
    destination: { type: event-hubs, account: hub, eventHub: acme }
  local:
    topics: [events.a]
    destination: { type: folder, path: out }
`

let configuration: Configuration
const folder = mkdtempSync(join(tmpdir(), 'millrace-flat-'))

beforeAll(() => {
  const path = join(folder, 'millrace.yaml')
  writeFileSync(path, YAML)
  const reading = readConfiguration(path, { ID: 'i', KEY: 'k', HUB: 'h', HASH: 's3cret' })
  if ('problems' in reading) throw new Error(JSON.stringify(reading.problems))
  configuration = reading.configuration
})

afterAll(() => rmSync(folder, { recursive: true }))

const named = (name: string) => configuration.connectors.find((connector) => connector.name === name)!

/** A connector to the same place as `local`, but for what is given. */
const local = (texts: Record<string, string>) =>
  checkFlat(
    { name: 'new', type: 'folder', texts: { topics: 'events.a', 'destination.path': '/elsewhere', ...texts } },
    configuration,
  )

describe('a connector as names and texts', () => {
  it('has all that is set, durations and sizes with their units, and no secret', () => {
    expect(flatTexts(named('archive'))).toEqual({
      description: 'Everything',
      contact: 'data@acme.example',
      enabled: 'true',
      topics: 'events.a,events.b',
      from: '2026-11-01T00:00:00.000Z',
      'events.include': 'users.*',
      'events.exclude': 'users.x',
      'events.anonymousUsers': 'include',
      'fields.remove': 'email_address',
      'fields.hash': 'user_id',
      'fields.hashKey': '[REDACTED]',
      'destination.account': 'keys',
      'destination.bucket': 'acme',
      'destination.region': 'eu-west-1',
      'destination.folder': 'currents',
      'destination.encryption': 'none',
      'destination.endpoint': 'http://store:9000',
      'destination.allowHttp': 'true',
      'destination.pathStyle': 'true',
      'files.format': 'avro',
      'files.codec': 'deflate',
      'files.maxAge': 'PT1M30S',
      'files.maxEvents': '15000',
      'files.maxEventsUnderLoad': '100000',
      'files.maxBytes': '8MiB',
      'credentialFailure.period': 'PT48H',
      'credentialFailure.onExpiry': 'hold',
      'credentialFailure.allowShortRetention': 'false',
    })
  })

  it('has files where objects are written, records where records are', () => {
    expect(flatTexts(named('stream'))).toMatchObject({ 'records.format': 'avro', 'records.maxAge': 'PT1S' })
    expect(Object.keys(flatTexts(named('stream'))).filter((name) => name.startsWith('files.'))).toEqual([])
  })

  it('is found to be right when it is checked', () => {
    for (const connector of configuration.connectors) {
      const { name, destination } = connector
      expect(checkFlat({ name, type: destination.type, texts: flatTexts(connector) }, configuration)).toEqual([])
    }
  })
})

describe('the options of a connector', () => {
  it('are the same that a connector has, for every kind of destination', () => {
    expect(configuration.connectors.map(({ destination }) => destination.type).sort()).toEqual(
      [...DESTINATION_TYPES].sort(),
    )
    for (const connector of configuration.connectors) {
      const names = flatOptions(connector.destination.type).map(({ name }) => name)
      expect(names).toEqual(expect.arrayContaining(Object.keys(flatTexts(connector))))
    }
  })

  it('have kind, meaning and default as a file has them', () => {
    const options = new Map(flatOptions('kinesis').map((option) => [option.name, option]))
    expect(options.get('topics')).toEqual({
      ...{ name: 'topics', kind: 'list', isRequired: true, meaning: 'Kafka topics to read' },
    })
    expect(options.get('enabled')).toMatchObject({ kind: 'boolean', isRequired: false, default: 'true' })
    expect(options.get('destination.maxRecordsPerRequest')).toMatchObject({ kind: 'integer', default: '500' })
    expect(options.get('destination.maxRequestBytes')).toMatchObject({ kind: 'text', default: '5MiB' })
    expect(options.get('records.maxAge')).toMatchObject({ kind: 'text', default: 'PT1S' })
    expect(options.get('records.format')).toMatchObject({ default: 'avro', choices: ['avro', 'json'] })
    expect(options.get('fields.hashKey')).toMatchObject({ kind: 'secret', isRequired: false })
    expect(options.get('credentialFailure.period')).toMatchObject({ default: 'PT48H' })
    expect([...options.values()].filter(({ isRequired }) => isRequired).map(({ name }) => name)).toEqual([
      ...['topics', 'destination.account', 'destination.stream'],
    ])
  })
})

describe('checking names and texts', () => {
  it('tells all mistakes at once, by the name of the option', () => {
    expect(local({ 'files.maxAge': '5', enabled: 'yes', topics: '', 'files.maxEvents': '1.5' })).toMatchObject([
      { path: 'enabled', hint: 'write true or false' },
      { path: 'topics', message: 'is an empty list' },
      { path: 'files.maxAge', message: '"5" has no unit', hint: 'write for example 5s, 5m or 5h' },
      { path: 'files.maxEvents', message: '1.5 is of the wrong kind', hint: 'write a whole number' },
    ])
  })

  it('says what is missing and what it would mean', () => {
    expect(checkFlat({ name: 'new', type: 's3', texts: {} }, configuration)).toMatchObject([
      { path: 'topics', message: 'is missing', hint: 'add it (Kafka topics to read)' },
      { path: 'destination.account', message: 'is missing' },
      { path: 'destination.bucket', message: 'is missing' },
    ])
  })

  it('knows no other names, those of objects of JavaScript included', () => {
    expect(local({ 'files.maxage': 'PT1M' })).toMatchObject([
      { path: 'files.maxage', message: 'unknown key', hint: 'did you mean "files.maxAge"?' },
    ])
    const texts = JSON.parse('{"__proto__":"x","constructor":"x"}') as Record<string, string>
    expect(checkFlat({ name: 'new', type: 'folder', texts }, configuration).map(({ path }) => path)).toEqual([
      ...['__proto__', 'constructor', 'topics', 'destination.path'],
    ])
  })

  it('looks at the other connectors and accounts', () => {
    const { path } = named('local').destination as { path: string }
    expect(local({ 'destination.path': path })).toMatchObject([
      { path: 'destination.folder', message: 'connector local writes to "currents" as well' },
    ])
    const texts = { topics: 'events.a', 'destination.account': 'hub', 'destination.stream': 'x' }
    const stream = { name: 'new', type: 'kinesis' as const, texts: { ...texts, 'destination.region': 'eu-west-1' } }
    expect(checkFlat(stream, configuration)).toMatchObject([{ path: 'destination.account' }])
    expect(local({ topics: 'events.a,millrace.drops' })).toMatchObject([{ path: 'topics' }])
    expect(checkFlat({ ...stream, name: 'Not A Name' }, configuration)).toMatchObject([
      { path: 'name', hint: 'write 1-63 of a-z 0-9 -' },
      { path: 'destination.account' },
    ])
  })

  it('reads no secret, and does not repeat what stands in its place', () => {
    expect(local({ 'fields.hash': 'user_id', 'fields.hashKey': 'file:/no/such/file' })).toEqual([])
    const problems = local({ 'fields.hash': 'user_id', 'fields.hashKey': 'hunter2' })
    expect(problems).toEqual([
      { path: 'fields.hashKey', message: 'is no secret reference', hint: 'write env:NAME or file:path' },
    ])
  })
})
