import { describe, expect, it } from 'vitest'
import { served } from './served.js'

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
