import type { HttpBindings } from '@hono/node-server'
import { beforeEach, describe, expect, it } from 'vitest'
import { MillraceError } from '../../../src/runtime/errors.js'
import { connectApp, SECRETS, type ConnectApp } from './connect-app.js'

/** What the adapter for Node brings along; only the address of the client is looked at. */
const BINDINGS = { incoming: { socket: { remoteAddress: '192.0.2.7' } } } as unknown as HttpBindings

let served: ConnectApp
beforeEach(() => {
  served = connectApp()
})

/** Status and body: of JSON what it says, else the text. */
async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const json = body === undefined ? {} : { body: JSON.stringify(body) }
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  const init = { method, ...json, headers: { ...type, ...headers } }
  const answer = await served.app.request(path, init, BINDINGS)
  const text = await answer.text()
  const isJson = answer.headers.get('content-type')?.startsWith('application/json')
  return [answer.status, isJson ? (JSON.parse(text) as unknown) : text]
}

const get = (path: string) => ask('GET', path)
const error = (code: number, message: string) => [code, { error_code: code, message }]

const worker = { worker_id: 'host-a/1', version: '0.1.0' }

describe('the worker', () => {
  it('says whose API it is, and which Kafka it belongs to', async () => {
    const answer = { version: '4.3.1-millrace-0.1.0', commit: 'unknown', kafka_cluster_id: 'cluster-1' }
    expect(await get('/')).toEqual([200, answer])
  })

  it('is healthy, starting or unhealthy', async () => {
    expect(await get('/health')).toEqual([200, { status: 'healthy', message: 'ready' }])
    served.health.isReady = false
    expect(await get('/health')).toEqual([503, { status: 'starting', message: 'no connector has joined its group' }])
    served.health.isLive = false
    expect(await get('/health')).toEqual([500, { status: 'unhealthy', message: 'nothing has turned for 61 s' }])
  })

  it('has one logger, whose level only the configuration file changes', async () => {
    const level = { level: 'INFO', last_modified: null }
    expect(await get('/admin/loggers')).toEqual([200, { root: level }])
    expect(await get('/admin/loggers/root')).toEqual([200, level])
    expect(await get('/admin/loggers/org.apache')).toEqual(error(404, 'Logger org.apache not found.'))
    expect(await ask('PUT', '/admin/loggers/root', { level: 'DEBUG' })).toEqual(
      error(403, 'The level of the log is service.log.level of the configuration file.'),
    )
  })
})

describe('reading connectors', () => {
  const names = Array.from({ length: 8 }, (_, n) => `connector-${n}`)
  const running = { state: 'RUNNING', ...worker }
  const status0 = { name: 'connector-0', connector: running, tasks: [{ id: 0, ...running }], type: 'sink' }
  const config1 = {
    'connector.class': 'millrace.KinesisSinkConnector',
    'tasks.max': '2',
    enabled: 'true',
    topics: 'events.1',
    from: 'beginning',
    'events.include': '*',
    'events.exclude': '',
    'events.anonymousUsers': 'include',
    'fields.remove': '',
    'fields.hash': '',
    'destination.account': 'keys',
    'destination.stream': 'customer-1',
    'destination.region': 'eu-west-1',
    'destination.partitionKey': 'user_id',
    'destination.maxRecordsPerRequest': '500',
    'destination.maxRequestBytes': '5MiB',
    'destination.maxRecordBytes': '1MiB',
    'destination.aggregation': 'none',
    'records.format': 'avro',
    'records.maxAge': 'PT1S',
    'credentialFailure.period': 'PT48H',
    'credentialFailure.onExpiry': 'drop',
    'credentialFailure.allowShortRetention': 'false',
    name: 'connector-1',
  }
  const tasks1 = [{ connector: 'connector-1', task: 0 }]
  const info1 = { name: 'connector-1', config: config1, tasks: tasks1, type: 'sink' }

  it('lists their names, with a slash at the end too', async () => {
    expect(await get('/connectors')).toEqual([200, names])
    expect(await get('/connectors/')).toEqual([200, names])
  })

  it('expands them by status, info, both, or nothing that it knows', async () => {
    const [, byStatus] = (await get('/connectors?expand=status')) as [number, Record<string, object>]
    expect(Object.keys(byStatus)).toEqual(names)
    expect(byStatus['connector-0']).toEqual({ status: status0 })
    const [, byInfo] = (await get('/connectors?expand=info')) as [number, Record<string, object>]
    expect(byInfo['connector-1']).toEqual({ info: info1 })
    const [, byBoth] = (await get('/connectors?expand=info&expand=status')) as [number, Record<string, object>]
    expect(Object.keys(byBoth['connector-0'] ?? {})).toEqual(['info', 'status'])
    const [, byNothing] = (await get('/connectors?expand=bogus')) as [number, Record<string, object>]
    expect(byNothing).toEqual(Object.fromEntries(names.map((name) => [name, {}])))
  })

  it('tells one, its configuration, its tasks and their states, which fit together', async () => {
    expect(await get('/connectors/connector-1')).toEqual([200, info1])
    expect(await get('/connectors/connector-1/config')).toEqual([200, config1])
    expect(await get('/connectors/connector-1/tasks')).toEqual([200, [{ id: tasks1[0], config: config1 }]])
    expect(await get('/connectors/connector-0/status')).toEqual([200, status0])
    expect(await get('/connectors/connector-0/tasks/0/status')).toEqual([200, { id: 0, ...running }])
  })

  it('writes the members in the order in which a worker does', async () => {
    const text = await (await served.app.request('/connectors/connector-0/status', {}, BINDINGS)).text()
    const state = '"state":"RUNNING","worker_id":"host-a/1","version":"0.1.0"'
    const tasks = `[{"id":0,${state}}]`
    expect(text).toBe(`{"name":"connector-0","connector":{${state}},"tasks":${tasks},"type":"sink"}`)
  })

  it('has a task for every process that runs it, in the order of their names', async () => {
    served.health.set('connector-0', { instances: ['host-b/1', 'host-a/9', 'host-c/1'] })
    const [, status] = (await get('/connectors/connector-0/status')) as [number, { tasks: object[] }]
    expect(status.tasks).toEqual(
      ['host-a/9', 'host-b/1', 'host-c/1'].map((worker_id, id) => ({ id, ...running, worker_id })),
    )
    const [, info] = (await get('/connectors/connector-0')) as [number, { tasks: object[]; config: object }]
    expect(info.tasks).toEqual([0, 1, 2].map((task) => ({ connector: 'connector-0', task })))
    expect(info.config).toMatchObject({ 'tasks.max': '3', topics: 'events.0,events.more', description: 'Everything' })
    const [, tasks] = (await get('/connectors/connector-0/tasks')) as [number, { id: object }[]]
    expect(tasks.map(({ id }) => id)).toEqual(info.tasks)
  })

  it('tells topics and committed offsets', async () => {
    const topics = { topics: ['events.0', 'events.more'] }
    expect(await get('/connectors/connector-0/topics')).toEqual([200, { 'connector-0': topics }])
    const { partitions } = served.health.connector('connector-0')!
    const [first, second] = partitions
    served.health.set('connector-0', { partitions: [first!, { ...second!, committed: null }] })
    const offset = { kafka_offset: 5_000 }
    const offsets = [{ partition: { kafka_partition: 0, kafka_topic: 'events.0' }, offset }]
    expect(await get('/connectors/connector-0/offsets')).toEqual([200, { offsets }])
  })

  it('shows no secret and no reference to one', async () => {
    const paths = ['/connectors?expand=info&expand=status', '/connectors/connector-0/config']
    for (const path of paths) {
      const text = JSON.stringify(await get(path))
      expect(text).toContain('"fields.hashKey":"[REDACTED]"')
      for (const secret of [...Object.values(SECRETS), 'env:']) expect(text).not.toContain(secret)
    }
  })
})

describe('states', () => {
  const refused = (state: string) => [
    `${state}: InvalidAccessKeyId: AWS does not know the access key (PUT s3://customer/currents/…).`,
    'What to do: Enter a key that is active, or make this one active again.',
  ]
  const cases: [name: string, state: string, trace?: string[]][] = [
    ['connector-0', 'RUNNING'],
    ['connector-1', 'RUNNING'],
    [
      ...(['connector-2', 'FAILED'] as const),
      [
        ...refused('credentials-failing'),
        'Since: 2026-11-20T12:00:00.000Z',
        'Events may be dropped after: 2026-11-22T12:00:00.000Z',
      ],
    ],
    [
      ...(['connector-3', 'FAILED'] as const),
      [
        ...refused('dropping'),
        'Since: 2026-11-19T11:00:00.000Z',
        'Events may be dropped after: 2026-11-21T11:00:00.000Z',
      ],
    ],
    [
      ...(['connector-4', 'FAILED'] as const),
      [
        ...[
          'blocked: NoSuchBucket: the bucket customer-4 does not exist.',
          'What to do: Create the bucket, or correct its name.',
        ],
        'Since: 2026-11-21T09:00:00.000Z',
      ],
    ],
    ['connector-5', 'PAUSED'],
    ['connector-6', 'UNASSIGNED'],
  ]

  it.each(cases)('%s is %s, and so is its task', async (name, state, lines) => {
    const expected = { state, ...worker, ...(lines && { trace: lines.join('\n') }) }
    expect(await get(`/connectors/${name}/status`)).toEqual([
      200,
      { name, connector: expected, tasks: [{ id: 0, ...expected }], type: 'sink' },
    ])
  })

  it('is UNASSIGNED where no process runs it, STOPPED where it was never launched', async () => {
    served.health.set('connector-7', { instances: [] })
    const nowhere = { state: 'UNASSIGNED', worker_id: '', version: '0.1.0' }
    const status = { name: 'connector-7', connector: nowhere, tasks: [], type: 'sink' }
    expect(await get('/connectors/connector-7/status')).toEqual([200, status])
    served.health.set('connector-7', { enabled: false })
    expect(await get('/connectors/connector-7/status')).toEqual([
      200,
      { ...status, connector: { ...nowhere, state: 'STOPPED' } },
    ])
    expect(await get('/connectors/connector-7/tasks')).toEqual([200, []])
  })

  it('names the code where the message does not', async () => {
    const problem = { code: 'TOPIC_MISSING', message: 'there is no topic events.4', whatToDo: 'Make it.' }
    served.health.set('connector-4', { problem })
    const [, status] = (await get('/connectors/connector-4/status')) as [number, { connector: { trace: string } }]
    expect(status.connector.trace.split('\n')[0]).toBe('blocked: TOPIC_MISSING: there is no topic events.4.')
  })
})

describe('operating connectors', () => {
  it('pauses and resumes', async () => {
    expect(await ask('PUT', '/connectors/connector-0/pause')).toEqual([202, ''])
    expect(await get('/connectors/connector-0/tasks/0/status')).toEqual([200, { id: 0, state: 'PAUSED', ...worker }])
    expect(await ask('PUT', '/connectors/connector-0/resume/')).toEqual([202, ''])
    expect(served.health.asked).toEqual([
      ['pause', 'connector-0', 'kafka-connect'],
      ['resume', 'connector-0', 'kafka-connect'],
    ])
  })

  it('restarts by trying again now', async () => {
    expect(await ask('POST', '/connectors/connector-4/restart')).toEqual([204, ''])
    expect(await ask('POST', '/connectors/connector-4/tasks/0/restart')).toEqual([204, ''])
    expect(served.health.asked).toEqual([
      ['probe', 'connector-4', 'kafka-connect'],
      ['probe', 'connector-4', 'kafka-connect'],
    ])
  })

  it('answers a restart with tasks with what is going to be restarted', async () => {
    const again = { state: 'RESTARTING', ...worker }
    expect(await ask('POST', '/connectors/connector-0/restart?includeTasks=true&onlyFailed=false')).toEqual([
      202,
      { name: 'connector-0', connector: again, tasks: [{ id: 0, ...again }], type: 'sink' },
    ])
    const [status, failed] = await ask('POST', '/connectors/connector-4/restart?onlyFailed=true')
    expect([status, failed]).toMatchObject([202, { connector: { state: 'RESTARTING' }, tasks: [{ state: 'FAILED' }] }])
    expect(served.health.asked).toHaveLength(2)
  })

  it('restarts nothing where only failed ones are meant and none is', async () => {
    const [status, body] = await ask('POST', '/connectors/connector-0/restart?includeTasks=true&onlyFailed=true')
    expect([status, body]).toMatchObject([202, { connector: { state: 'RUNNING' }, tasks: [{ state: 'RUNNING' }] }])
    expect(served.health.asked).toEqual([])
  })

  it('tells what a connector or Kafka does not allow', async () => {
    served.health.pause = () => Promise.reject(new MillraceError('USAGE', 'connector-7 is not launched'))
    expect(await ask('PUT', '/connectors/connector-7/pause')).toEqual(error(409, 'connector-7 is not launched'))
    served.health.pause = () => Promise.reject(new MillraceError('KAFKA_WRITE', 'Kafka does not take it'))
    expect(await ask('PUT', '/connectors/connector-7/pause')).toEqual(error(500, 'Kafka does not take it'))
  })

  it.each([
    ['POST', '/connectors'],
    ['PUT', '/connectors/connector-0/config'],
    ['PUT', '/connectors/new-one/config'],
    ['PATCH', '/connectors/connector-0/config'],
    ['DELETE', '/connectors/connector-0'],
  ])('leaves to the configuration file: %s %s', async (method, path) => {
    const [status, body] = await ask(method, path, {})
    expect([status, body]).toMatchObject([
      403,
      { error_code: 403, message: expect.stringContaining('The configuration file alone says') as string },
    ])
  })

  it.each([
    ['PUT', '/connectors/connector-0/stop', 'PUT …/pause'],
    ['PATCH', '/connectors/connector-0/offsets', 'millrace replay'],
    ['DELETE', '/connectors/connector-0/offsets', 'millrace replay'],
    ['PUT', '/connectors/connector-0/topics/reset', 'Topic tracking reset is disabled.'],
  ])('says what to do instead of %s %s', async (method, path, instead) => {
    const message = expect.stringContaining(instead) as string
    expect(await ask(method, path)).toMatchObject([403, { error_code: 403, message }])
    expect(served.health.asked).toEqual([])
  })
})

describe('what there is not', () => {
  // Words and codes as a worker of Kafka Connect 4.3.1 answered them.
  it.each([
    ['GET', '', 'Connector nope not found'],
    ['GET', '/config', 'Connector nope not found'],
    ['GET', '/status', 'No status found for connector nope'],
    ['GET', '/tasks', 'Connector nope not found'],
    ['GET', '/tasks-config', 'HTTP 404 Not Found'],
    ['GET', '/tasks/0/status', 'No status found for task nope-0'],
    ['GET', '/tasks/x/status', 'HTTP 404 Not Found'],
    ['GET', '/offsets', 'Connector nope not found'],
    ['GET', '/bogus', 'HTTP 404 Not Found'],
    ['PUT', '/pause', 'Unknown connector nope'],
    ['PUT', '/resume', 'Unknown connector nope'],
    ['POST', '/restart', 'Unknown connector: nope'],
    ['POST', '/restart?includeTasks=true', 'Unknown connector: nope'],
    ['POST', '/tasks/0/restart', 'Unknown connector: nope'],
    ['DELETE', '', 'Connector nope not found'],
    ['DELETE', '/offsets', 'Connector nope not found'],
  ])('%s /connectors/nope%s', async (method, path, message) => {
    expect(await ask(method, `/connectors/nope${path}`)).toEqual(error(404, message))
  })

  it('has no topics, and that is no error', async () => {
    expect(await get('/connectors/nope/topics')).toEqual([200, { nope: { topics: [] } }])
  })

  it('tells a task that there is not from a connector that there is not', async () => {
    expect(await get('/connectors/connector-0/tasks/7/status')).toEqual(
      error(404, 'No status found for task connector-0-7'),
    )
    expect(await ask('POST', '/connectors/connector-0/tasks/7/restart')).toEqual(
      error(404, 'Unknown task: connector-0-7'),
    )
  })

  it('takes any name for what it is', async () => {
    for (const name of ['my sink', 'a/b', 'é', '..', '__proto__', '%', 'x?y#z', '<b>']) {
      const path = `/connectors/${encodeURIComponent(name).replaceAll('.', '%2E')}/config`
      const [status, body] = await get(path)
      expect(status).toBe(404)
      // `..` never arrives: whoever asks resolves it before.
      if (name !== '..') expect(body).toEqual({ error_code: 404, message: `Connector ${name} not found` })
    }
  })

  it('says which methods there are', async () => {
    const answer = await served.app.request('/connectors/connector-0/pause', { method: 'POST' }, BINDINGS)
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'PUT'])
    expect(await answer.json()).toEqual({ error_code: 405, message: 'HTTP 405 Method Not Allowed' })
    expect(await ask('PUT', '/connectors')).toEqual(error(405, 'HTTP 405 Method Not Allowed'))
    expect(await ask('POST', '/connectors/connector-0/status')).toEqual(error(405, 'HTTP 405 Method Not Allowed'))
    expect((await served.app.request('/connectors', { method: 'HEAD' }, BINDINGS)).status).toBe(200)
  })
})
