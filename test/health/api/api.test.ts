import { request } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { ConnectorDocument } from '../../../src/health/api/documents.js'
import { eventually } from '../../support/eventually.js'
import { errorOf, MUTATING, NOW_MS, served, simulated } from '../http/served.js'

const HOUR_MS = 3_600_000
const at = (ms: number) => new Date(ms).toISOString()

/** The JSON of an answer that has to be good. */
async function jsonOf(path: string, { ask }: Awaited<ReturnType<typeof served>>): Promise<unknown> {
  const { status, text } = await ask({ path: `/api/v1${path}` })
  expect([path, status]).toEqual([path, 200])
  return JSON.parse(text)
}

async function namesOf(path: string, server: Awaited<ReturnType<typeof served>>): Promise<string[]> {
  return ((await jsonOf(path, server)) as ConnectorDocument[]).map(({ name }) => name)
}

describe('the API shows', () => {
  it('the processes that live', async () => {
    const times = { version: '0.1.0', startedAt: at(NOW_MS - 26 * HOUR_MS), seenAt: at(NOW_MS) }
    expect(await jsonOf('/instances', await served())).toEqual([
      { name: 'host-a/1', ...times },
      { name: 'host-b/1', ...times },
    ])
  })

  it('connectors, with instants that people can read', async () => {
    const connectors = (await jsonOf('/connectors', await served())) as ConnectorDocument[]
    expect(connectors).toHaveLength(9)
    expect(connectors[2]).toEqual({
      ...{ name: 'connector-2', description: 'Everything of customer 2', contact: 'data@customer-2.example' },
      ...{ enabled: true, destination: { type: 'event-hubs', place: 'event hub customer-2' }, topics: ['events.2'] },
      ...{ state: 'credentials-failing', since: at(NOW_MS - 3 * HOUR_MS), needsAttention: true },
      problem: {
        code: 'InvalidAccessKeyId',
        message: 'InvalidAccessKeyId: AWS does not know the access key (PUT s3://customer/currents/…)',
        whatToDo: 'Enter a key that is active, or make this one active again.',
      },
      failing: {
        ...{ since: at(NOW_MS - 24 * HOUR_MS), dropAt: at(NOW_MS + 24 * HOUR_MS), kept: null },
        ...{ eventsAtStake: 3_006, bytesAtStake: 2_194_380 },
      },
      ...{ lagEvents: 3_006, oldestUndeliveredAt: at(NOW_MS - 24 * HOUR_MS), inPerSecond: 0, outPerSecond: 0 },
      lastSuccessAt: at(NOW_MS - 24 * HOUR_MS),
      totals: {
        ...{ consumed: 10_102, returned: 0, delivered: 10_002, filtered: 60, deadLettered: 20, objects: 40 },
        ...{ dropped: { credentials: 0, retention: 0 }, bytes: 4_350_870, buffered: { events: 20, bytes: 8_700 } },
      },
      ...{ retentionHeadroomMs: 100 * HOUR_MS, partitionCount: 3, instances: ['host-a/1'] },
    })
    expect(connectors[0]).toMatchObject({ state: 'running', problem: null, failing: null, oldestUndeliveredAt: null })
  })

  it('null for what a connector does not have', async () => {
    const server = await served()
    server.health.set('connector-0', { lagEvents: null, lastSuccessAtMs: null, retentionHeadroomMs: null })
    const [first] = (await jsonOf('/connectors?limit=1', server)) as ConnectorDocument[]
    expect(first).toMatchObject({ lagEvents: null, lastSuccessAt: null, retentionHeadroomMs: null })
  })

  it('one connector with its partitions', async () => {
    const server = await served()
    const partitions = [0, 1, 2].map((partition) => ({
      ...{ topic: 'events.2', partition, owner: 'host-a/1', committed: 5_000, end: 6_002, lagEvents: 1_002 },
      oldestUndeliveredAt: at(NOW_MS - 24 * HOUR_MS),
    }))
    expect(await jsonOf('/connectors/connector-2/partitions', server)).toEqual(partitions)
    const details = await jsonOf('/connectors/connector-2', server)
    expect(details).toMatchObject({ name: 'connector-2', partitionCount: 3, partitions })
  })

  it('errors, timeline, history', async () => {
    const server = await served()
    const [error] = (await jsonOf('/connectors/connector-4/errors', server)) as unknown[]
    expect(error).toEqual({
      ...{ code: 'NoSuchBucket', message: 'NoSuchBucket: the bucket customer-4 does not exist' },
      whatToDo: 'Create the bucket, or correct its name.',
      ...{ firstAt: at(NOW_MS - 3 * HOUR_MS), lastAt: at(NOW_MS), count: 812 },
    })
    const [entry] = (await jsonOf('/connectors/connector-4/timeline', server)) as unknown[]
    expect(entry).toEqual({
      ...{ at: at(NOW_MS - 3 * HOUR_MS), kind: 'state', what: 'blocked', code: 'NoSuchBucket', instance: 'host-a/1' },
      message: 'NoSuchBucket: the bucket customer-4 does not exist',
    })
    const history = (await jsonOf('/connectors/connector-4/history', server)) as Record<string, unknown[]>
    expect([history['fineMs'], history['coarseMs']]).toEqual([15_000, 300_000])
    expect([history['fine']?.length, history['coarse']?.length]).toEqual([240, 288])
    expect(history['fine']?.at(-1)).toMatchObject({ at: at(NOW_MS), attempts: { ok: 12, credentials: 0 } })
  })

  it('drops, of all connectors and of one, and dead letters without payloads', async () => {
    const server = await served()
    const drops = (await jsonOf('/drops', server)) as unknown[]
    expect(drops).toEqual([
      expect.objectContaining({ connector: 'connector-3', events: 100, droppedAt: at(NOW_MS - 60_000) }),
    ])
    expect(await jsonOf('/drops?connector=connector-3', server)).toEqual(drops)
    expect(await jsonOf('/connectors/connector-3/drops', server)).toEqual(drops)
    expect(await jsonOf('/drops?connector=connector-0', server)).toEqual([])
    expect(await jsonOf('/connectors/connector-3/dead-letters?limit=1', server)).toEqual([
      { topic: 'events.3', partition: 0, offset: 0, at: at(NOW_MS), reason: 'NOT_JSON', eventType: null },
    ])
  })
})

describe('the API finds connectors', () => {
  it.each([
    ['state=blocked', ['connector-4']],
    ['state=blocked&state=paused', ['connector-4', 'connector-5']],
    ['attention=true', ['connector-2', 'connector-3', 'connector-4']],
    ['attention=true&state=dropping', ['connector-3']],
    ['q=Customer%207', ['connector-7']],
    ['q=eu-west-1', ['connector-1', 'connector-5']],
    ['q=events.8', ['connector-8']],
    ['q=DATA%40customer-0', ['connector-0']],
    ['q=nothing-like-it', []],
    ['attention=false&limit=2', ['connector-0', 'connector-1']],
  ])('by %s', async (query, names) => {
    expect(await namesOf(`/connectors?${query}`, await served())).toEqual(names)
  })

  it('and says how many there are beyond the limit', async () => {
    const { ask } = await served()
    const { headers, text } = await ask({ path: '/api/v1/connectors?limit=2' })
    expect([headers['x-total-count'], (JSON.parse(text) as unknown[]).length]).toEqual(['9', 2])
  })
})

describe('the API refuses', () => {
  it.each([
    ['/connectors?limit=0', 'limit is "0": write a whole number from 1 to 1000'],
    ['/connectors?limit=1001', 'limit is "1001": write a whole number from 1 to 1000'],
    ['/connectors?limit=1e3', 'limit is "1e3": write a whole number from 1 to 1000'],
    ['/connectors?limit=99999999999999', 'limit is "99999999999999": write a whole number from 1 to 1000'],
    ['/connectors?atention=true', 'there is no parameter "atention": did you mean attention?'],
    ['/connectors/connector-0?x=1', 'there is no parameter "x": there is none here'],
    ['/connectors?attention=yes', 'attention is "yes": write one of true, false'],
    [
      '/connectors?state=failed',
      'state is "failed": write one of starting, running, retrying, credentials-failing, dropping, blocked, paused, stopped',
    ],
  ])('%s', async (path, message) => {
    const { ask } = await served()
    const answer = await ask({ path: `/api/v1${path}` })
    expect([answer.status, errorOf(answer)]).toEqual([400, { code: 'BAD_REQUEST', message }])
  })

  it.each([
    ['conector-3', 'did you mean connector-3?'],
    ['somebody-else', 'GET /api/v1/connectors names those there are'],
    ['%3Cscript%3E', 'GET /api/v1/connectors names those there are'],
    ['__proto__', 'GET /api/v1/connectors names those there are'],
    ['%E0%A4%A', 'GET /api/v1/connectors names those there are'],
  ])('a connector that there is not: %s', async (name, instead) => {
    const { ask } = await served()
    const paths = ['', '/partitions', '/errors', '/timeline', '/history', '/drops', '/dead-letters']
    const asked = paths.map((path) => ask({ path: `/api/v1/connectors/${name}${path}` }))
    const posted = ['pause', 'resume', 'probe', 'flush', 'test'].map((operation) =>
      ask({ method: 'POST', path: `/api/v1/connectors/${name}/${operation}`, headers: MUTATING }),
    )
    for (const answer of [
      ...(await Promise.all([...asked, ...posted])),
      await ask({ path: `/api/v1/drops?connector=${name}` }),
    ]) {
      expect([answer.status, errorOf(answer).code]).toEqual([404, 'UNKNOWN_CONNECTOR'])
      expect(errorOf(answer).message).toContain(instead)
    }
  })
})

describe('the API does', () => {
  it.each(['pause', 'resume', 'probe', 'flush'])('%s, and says so in words', async (operation) => {
    const { ask, health } = await served()
    const path = `/api/v1/connectors/connector-1/${operation}`
    const { status, text } = await ask({ method: 'POST', path, headers: MUTATING })
    const done = JSON.parse(text) as Record<string, string>
    expect([status, done['connector'], done['operation']]).toEqual([202, 'connector-1', operation])
    expect(done['message']).toMatch(new RegExp(`^connector-1: ${operation}\\. [A-Z].*\\.$`))
    expect(health.asked).toEqual([[operation, 'connector-1', 'api']])
  })

  it.each(['probe', 'flush'])('%s of one that is paused, and says that nothing comes of it', async (operation) => {
    const { ask, health } = await served()
    health.set('connector-1', { state: 'paused' })
    const path = `/api/v1/connectors/connector-1/${operation}`
    const { status, text } = await ask({ method: 'POST', path, headers: MUTATING })
    expect([status, text]).toEqual([202, expect.stringContaining('nothing is tried or delivered before it is resumed')])
  })

  it.each([
    ['millrace', 'command line'],
    ['millrace-page', 'page'],
    ['XMLHttpRequest', 'api'],
    ['__proto__', 'api'],
  ])('what %s asks for, as %s', async (program, via) => {
    const { ask, health } = await served()
    const headers = { ...MUTATING, 'x-requested-with': program }
    await ask({ method: 'POST', path: '/api/v1/connectors/connector-1/flush', headers })
    expect(health.asked).toEqual([['flush', 'connector-1', via]])
  })

  it('the checks, whatever they find', async () => {
    const { ask } = await served()
    const { status, text } = await ask({
      method: 'POST',
      path: '/api/v1/connectors/connector-1/test',
      headers: MUTATING,
    })
    expect(status).toBe(200)
    expect(JSON.parse(text)).toEqual({
      ...{ name: 'connector-1', enabled: true, destination: 'kinesis', ok: false },
      checks: [
        {
          ...{ name: 'credentials', resource: 'connector-1', status: 'ok', message: 'accepted', durationMs: 12 },
          ...{ hint: null, code: null },
        },
        {
          ...{ name: 's3:PutObject', resource: 'arn:aws:s3:::customer/currents/*', status: 'failed', durationMs: 30 },
          ...{ message: 'denied', hint: 'Grant s3:PutObject.', code: 'AccessDenied' },
        },
      ],
    })
  })

  it('stops the checks when nobody waits for them any more', async () => {
    const health = simulated()
    const stopped: boolean[] = []
    health.test = (_connector: string, signal?: AbortSignal) => {
      stopped.push(false)
      return new Promise((_resolve, reject) => {
        signal!.addEventListener('abort', () => {
          stopped[0] = true
          reject(new Error('cut off'))
        })
      })
    }
    const { server, lines } = await served({ health })
    const path = '/api/v1/connectors/connector-1/test'
    const asking = request({ host: '127.0.0.1', port: server.port, method: 'POST', path, headers: MUTATING })
    asking.on('error', () => undefined)
    asking.end()
    await eventually(() => stopped.length === 1)
    asking.destroy()
    await eventually(() => stopped[0])
    // A client that goes is no bug.
    await eventually(() => lines.length === 1)
    expect(lines[0]).toMatchObject({ level: 30, path })
  })

  it('answers HEAD as GET, without the body', async () => {
    const { ask } = await served()
    const { status, headers, text } = await ask({ method: 'HEAD', path: '/api/v1/connectors' })
    expect([status, headers['content-type'], text]).toEqual([200, 'application/json', ''])
  })
})
