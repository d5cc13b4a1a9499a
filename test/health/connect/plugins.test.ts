import { describe, expect, it } from 'vitest'
import { connectApp, SECRETS } from './connect-app.js'

const { app } = connectApp()

async function get(path: string) {
  const answer = await app.request(path)
  return [answer.status, await answer.json()] as [number, Record<string, unknown>[]]
}

interface Infos {
  name: string
  error_count: number
  groups: string[]
  configs: { definition: { name: string } | null; value: { name: string; errors: string[] } }[]
}

async function put(plugin: string, body: string, type = 'application/json') {
  const init = { method: 'PUT', body, headers: { 'content-type': type } }
  const answer = await app.request(`/connector-plugins/${plugin}/config/validate`, init)
  return [answer.status, await answer.json()] as [number, Infos]
}

async function validate(plugin: string, config: object): Promise<Infos> {
  const [status, infos] = await put(plugin, JSON.stringify(config))
  expect(status).toBe(200)
  return infos
}

const valueOf = ({ configs }: Infos, name: string) => configs.find(({ value }) => value.name === name)
const errorsOf = ({ configs }: Infos) =>
  configs.filter(({ value }) => value.errors.length > 0).map(({ value }) => [value.name, ...value.errors])

describe('plugins', () => {
  it('are one for every kind of destination', async () => {
    const plugin = (name: string) => ({ class: `millrace.${name}SinkConnector`, type: 'sink', version: '0.1.0' })
    const all = ['S3', 'Kinesis', 'EventHubs', 'Folder'].map(plugin)
    expect(await get('/connector-plugins')).toEqual([200, all])
    expect(await get('/connector-plugins?connectorsOnly=false')).toEqual([200, all])
  })

  it('say what can be configured, by any of their names', async () => {
    const [status, keys] = await get('/connector-plugins/millrace.KinesisSinkConnector/config')
    expect(status).toBe(200)
    expect(keys.slice(0, 3).map(({ name, type, required }) => [name, type, required])).toEqual([
      ['name', 'STRING', true],
      ['connector.class', 'STRING', true],
      ['tasks.max', 'INT', false],
    ])
    expect(keys.find(({ name }) => name === 'destination.maxRequestBytes')).toEqual({
      ...{ name: 'destination.maxRequestBytes', type: 'STRING', required: false, default_value: '5MiB' },
      ...{ importance: 'MEDIUM', documentation: 'bytes of one PutRecords request, keys included' },
      ...{ group: 'destination', order_in_group: 22, width: 'MEDIUM' },
      ...{ display_name: 'destination.maxRequestBytes', dependents: [] },
    })
    expect(keys.map((key) => key['order_in_group'])).toEqual(keys.map((_, index) => index + 1))
    expect(await get('/connector-plugins/KinesisSinkConnector/config')).toEqual([200, keys])
    expect(await get('/connector-plugins/KinesisSink/config')).toEqual([200, keys])
    expect(await get('/connector-plugins/Nope/config')).toEqual([
      404,
      { error_code: 404, message: 'Unknown plugin Nope.' },
    ])
  })
})

describe('validation', () => {
  it('finds what our own connectors are configured with to be right', async () => {
    const [, infos] = (await get('/connectors?expand=info')) as unknown as [
      number,
      Record<string, { info: { config: Record<string, string> } }>,
    ]
    expect(Object.keys(infos)).toHaveLength(8)
    for (const { info } of Object.values(infos)) {
      const { error_count, configs } = await validate(info.config['connector.class'] ?? '', info.config)
      expect([error_count, configs.filter(({ definition }) => definition === null)]).toEqual([0, []])
    }
  })

  it('tells every mistake at its option, as the configuration file would be told', async () => {
    const config = {
      name: 'new',
      'connector.class': 'S3Sink',
      'tasks.max': 'x',
      topics: 'a',
      'destination.bucket': 'A',
    }
    const infos = await validate('S3Sink', { ...config, 'destination.account': 'kays', bogus: '1' })
    expect([infos.name, infos.error_count]).toEqual(['millrace.S3SinkConnector', 4])
    expect(infos.groups).toEqual([
      ...['Common', 'connector', 'events', 'fields', 'destination', 'files', 'credentialFailure'],
    ])
    expect(errorsOf(infos)).toEqual([
      ['tasks.max', 'is no number of tasks: write 1'],
      ['destination.bucket', '"A" is no bucket name: write 3-63 of a-z 0-9 . -, with a letter or digit at both ends'],
      ['destination.region', 'is missing: write it like eu-west-1'],
      ['bogus', 'unknown key: remove it'],
    ])
  })

  it('tells the value of every option, and which there are to choose from', async () => {
    const config = { name: 'new', 'connector.class': 'S3Sink', topics: 'a', 'destination.account': 'kays' }
    const rest = { 'destination.bucket': 'acme', 'destination.region': 'eu-west-1', 'fields.hashKey': 'env:HASH' }
    const infos = await validate('S3Sink', { ...config, ...rest, enabled: false, 'files.maxEvents': 7, contact: null })
    expect(errorsOf(infos)).toEqual([['destination.account', 'there is no account "kays": did you mean "keys"?']])
    const value = (name: string) => valueOf(infos, name)?.value
    const ok = { recommended_values: [], errors: [], visible: true }
    expect(value('topics')).toEqual({ ...ok, name: 'topics', value: 'a' })
    expect(value('enabled')).toEqual({ ...ok, name: 'enabled', value: 'false' })
    expect(value('contact')).toEqual({ ...ok, name: 'contact', value: null })
    expect(value('files.maxEvents')).toEqual({ ...ok, name: 'files.maxEvents', value: '7' })
    expect(value('files.maxAge')).toEqual({ ...ok, name: 'files.maxAge', value: 'PT5M' })
    expect(value('fields.hashKey')).toEqual({ ...ok, name: 'fields.hashKey', value: '[hidden]' })
    expect(value('destination.account')).toMatchObject({ recommended_values: ['keys'] })
    expect(value('destination.encryption')).toMatchObject({ recommended_values: ['none', 'AES256'] })
  })

  it('misses the name and the class', async () => {
    const infos = await validate('FolderSink', { topics: 'a', 'destination.path': '/elsewhere' })
    expect(errorsOf(infos)).toEqual([
      ['name', 'is missing: add it'],
      ['connector.class', 'is missing: add it'],
    ])
  })

  it('reads no secret and no file, and repeats neither', async () => {
    const config = { name: 'new', 'connector.class': 'FolderSink', topics: 'a', 'destination.path': '/elsewhere' }
    for (const reference of ['env:HOME', 'env:NO_SUCH', 'file:/etc/passwd', 'file:/no/such']) {
      const infos = await validate('FolderSink', { ...config, 'fields.hashKey': reference })
      expect(infos.error_count).toBe(0)
      expect(JSON.stringify(infos)).not.toContain(reference)
    }
    const infos = await validate('FolderSink', { ...config, 'fields.hashKey': SECRETS.HASH })
    expect(errorsOf(infos)).toEqual([['fields.hashKey', 'is no secret reference: write env:NAME or file:path']])
    expect(JSON.stringify(infos)).not.toContain(SECRETS.HASH)
  })

  it('refuses what is no configuration for this plugin', async () => {
    const refused = (code: number, message: string) => [code, { error_code: code, message }]
    expect(await put('S3Sink', '{"connector.class":"FolderSink"}')).toEqual(
      refused(400, 'Included connector type FolderSink does not match request type S3Sink'),
    )
    expect(await put('Nope', '{}')).toEqual(refused(404, 'Unknown plugin Nope.'))
    for (const body of ['{nope', '[1]', 'null', '"text"', '{"name":{"a":1}}', '{"topics":["a"]}', '']) {
      expect(await put('S3Sink', body)).toEqual(
        refused(400, 'The body is no configuration: send one JSON object of texts.'),
      )
    }
    expect(await put('S3Sink', '{}', 'text/plain')).toEqual(refused(415, 'HTTP 415 Unsupported Media Type'))
    expect(await put('S3Sink', '{"__proto__":"x"}')).toMatchObject([200, { name: 'millrace.S3SinkConnector' }])
  })
})
