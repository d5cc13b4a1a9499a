import { describe, expect, it } from 'vitest'
import { MillraceError } from '../../../src/runtime/errors.js'
import { MUTATING, served, simulated } from '../http/served.js'
import { described, document, expectDescribed, mistakesOf } from './api-schema.js'

/** Paths that others describe: the status page, Kafka Connect's API. */
const isOurs = (path: string) => /^\/(api\/|livez$|readyz$|metrics$)/.test(path)

describe('the OpenAPI document', () => {
  it('has every route, and no other', async () => {
    const { app } = await served()
    const routes = app.routes
      .filter(({ method, path }) => method !== 'ALL' && isOurs(path))
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`)
    expect([...new Set(routes)].sort()).toEqual([...described].sort())
  })

  it('is served as it is, with the version', async () => {
    const { ask } = await served()
    const { status, text } = await ask({ path: '/api/v1/openapi.json' })
    expect([status, JSON.parse(text)]).toEqual([200, JSON.parse(JSON.stringify(document))])
    expect(JSON.parse(text)).toMatchObject({ openapi: '3.1.0', info: { title: 'Millrace', version: '0.1.0' } })
  })

  it('names every operation once', () => {
    const ids = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map((operation) => (operation as unknown as { operationId: string }).operationId),
    )
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('has no reference that leads nowhere, and nothing that nobody refers to', () => {
    const text = JSON.stringify(document)
    const used = new Set([...text.matchAll(/"\$ref":"#\/components\/([^"]+)"/g)].map(([, name]) => name))
    const { schemas, parameters, responses } = document.components
    const defined = Object.entries({ schemas, parameters, responses }).flatMap(([kind, all]) =>
      Object.keys(all ?? {}).map((name) => `${kind}/${name}`),
    )
    expect([...used].sort()).toEqual(defined.sort())
  })

  it('has examples that are right, of everything that is answered', () => {
    const plain = ['State', 'Destination', 'Problem', 'FailingCredentials', 'Totals', 'History', 'Sample']
    const schemas = Object.entries(document.components['schemas']!) as [string, { examples?: unknown[] }][]
    expect(schemas.filter(([, { examples }]) => !examples).map(([name]) => name)).toEqual(plain)
    for (const [name, { examples = [] }] of schemas)
      for (const example of examples) expect([name, mistakesOf(name, example)]).toEqual([name, []])
  })

  // One connector of each state, and one more that runs.
  it.each(Array.from({ length: 9 }, (_, n) => `connector-${n}`))('describes every answer about %s', async (name) => {
    const { ask } = await served()
    for (const operation of described) {
      const [method = '', path = ''] = operation.split(' ')
      const asked = { method, path: path.replace('{name}', name), ...(method === 'POST' && { headers: MUTATING }) }
      const { status, text } = await ask(asked)
      expect([operation, status >= 200 && status < 300]).toEqual([operation, true])
      expectDescribed(operation, status, text)
    }
  })

  it('describes what goes wrong', async () => {
    const health = simulated()
    const { ask } = await served({ health })
    const asked = async (operation: string, path: string, headers?: Record<string, string>) => {
      const { status, text } = await ask({ method: operation.split(' ')[0]!, path, ...(headers && { headers }) })
      expectDescribed(operation, status, text)
      return status
    }
    const pause = 'POST /api/v1/connectors/{name}/pause'
    const unknown = '/api/v1/connectors/nobody/pause'
    expect(await asked(pause, unknown, MUTATING)).toBe(404)
    expect(await asked(pause, unknown)).toBe(403)
    expect(await asked(pause, unknown, { 'x-requested-with': 'test' })).toBe(415)
    expect(await asked(pause, unknown, { ...MUTATING, host: 'evil.example' })).toBe(421)
    expect(await asked('GET /api/v1/connectors', '/api/v1/connectors?limit=0')).toBe(400)
    expect(await asked('GET /api/v1/connectors', '/api/v1/connectors', { host: 'evil.example' })).toBe(421)
    health.isReady = false
    expect(await asked('GET /readyz', '/readyz')).toBe(503)
    health.drops = () => Promise.reject(new MillraceError('KAFKA_UNREACHABLE', 'no broker answers'))
    expect(await asked('GET /api/v1/drops', '/api/v1/drops')).toBe(503)
    health.resume = () => Promise.reject(new MillraceError('USAGE', 'not launched'))
    const resume = 'POST /api/v1/connectors/{name}/resume'
    expect(await asked(resume, '/api/v1/connectors/connector-1/resume', MUTATING)).toBe(409)
    health.history = () => {
      throw new Error('a bug')
    }
    expect(await asked('GET /api/v1/connectors/{name}/history', '/api/v1/connectors/connector-1/history')).toBe(500)
  })
})
