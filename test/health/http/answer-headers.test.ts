import { describe, expect, it } from 'vitest'
import { served } from './served.js'

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
]

describe('every answer', () => {
  it.each(['/livez', '/api/v1/connectors', '/api/v1/connectors/nobody', '/nowhere'])(
    'tells browsers to be strict: %s',
    async (path) => {
      const { ask } = await served()
      const { headers } = await ask({ path })
      expect(String(headers['content-security-policy']).split('; ')).toEqual(POLICY)
      expect(headers).toMatchObject({
        ...{ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'x-frame-options': 'DENY' },
        ...{ 'cross-origin-resource-policy': 'same-origin', 'cache-control': 'no-store' },
      })
      expect(headers).not.toHaveProperty('x-powered-by')
      expect(headers).not.toHaveProperty('strict-transport-security')
    },
  )

  it('does so when it is refused, too', async () => {
    const { ask } = await served()
    const { status, headers } = await ask({ path: '/', headers: { host: 'evil.example' } })
    expect(status).toBe(421)
    expect(String(headers['content-security-policy']).split('; ')).toEqual(POLICY)
  })
})
