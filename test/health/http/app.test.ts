import { describe, expect, it } from 'vitest'
import { errorOf, served } from './served.js'

describe('the HTTP app', () => {
  it.each(['text/html', '*/*', 'text/html,application/xhtml+xml,*/*;q=0.8', 'application/json, text/html'])(
    'shows the status page to whoever accepts %s',
    async (accept) => {
      const { ask } = await served()
      const { status, headers, text } = await ask({ path: '/', headers: { accept } })
      expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=UTF-8'])
      expect(text).toContain('connector-3')
    },
  )

  it.each(['application/json', 'application/json, */*;q=0.5'])(
    'answers as Kafka Connect does to whoever accepts %s',
    async (accept) => {
      const { ask } = await served()
      const { status, text } = await ask({ path: '/', headers: { accept } })
      expect([status, Object.keys(JSON.parse(text) as object)]).toEqual([
        200,
        ['version', 'commit', 'kafka_cluster_id'],
      ])
    },
  )

  it('has errors of Kafka Connect below its paths, of ours everywhere else', async () => {
    const { ask } = await served()
    const theirs = await ask({ path: '/connectors/nobody/status' })
    expect([theirs.status, JSON.parse(theirs.text)]).toMatchObject([404, { error_code: 404 }])
    expect(errorOf(await ask({ path: '/nowhere' })).code).toBe('NOT_FOUND')
  })

  it('serves metrics', async () => {
    const { ask } = await served()
    const { status, headers, text } = await ask({ path: '/metrics' })
    expect([status, headers['content-type']]).toEqual([
      200,
      'application/openmetrics-text; version=1.0.0; charset=utf-8',
    ])
    expect(text).toMatch(/# EOF\n$/)
  })

  it('may be asked by one name only for all of it: the rules are before everything', async () => {
    const { ask, app } = await served()
    const paths = new Set(app.routes.filter(({ method }) => method === 'GET').map(({ path }) => path))
    expect(paths.size).toBeGreaterThan(15)
    for (const path of paths) {
      const { status } = await ask({ path: path.replace(/:\w+(\{.*\})?|\*/g, 'x'), headers: { host: 'evil.example' } })
      expect([path, status]).toEqual([path, 421])
    }
  })
})
