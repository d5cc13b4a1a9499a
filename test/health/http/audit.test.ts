import { describe, expect, it } from 'vitest'
import { MUTATING, served } from './served.js'

describe('the audit log', () => {
  it('has a line for every mutation, refused ones too: who, what, outcome', async () => {
    const { ask, lines } = await served()
    const path = '/api/v1/connectors/connector-0/pause'
    await ask({ path: '/api/v1/connectors' })
    await ask({ method: 'POST', path, headers: MUTATING })
    await ask({ method: 'POST', path })
    await ask({ method: 'PUT', path: `/${'a'.repeat(1_000)}`, headers: { host: 'evil.example' } })
    expect(lines).toMatchObject([
      { level: 30, method: 'POST', path, client: '127.0.0.1', status: 202, msg: `HTTP: done: POST ${path}` },
      { level: 30, method: 'POST', path, client: '127.0.0.1', status: 403, msg: `HTTP: not done: POST ${path}` },
      { level: 30, method: 'PUT', path: `/${'a'.repeat(199)}`, status: 421 },
    ])
    expect(lines).toHaveLength(3)
  })
})
