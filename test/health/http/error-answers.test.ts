import { describe, expect, it } from 'vitest'
import { MillraceError } from '../../../src/runtime/errors.js'
import { errorOf, MUTATING, served, simulated } from './served.js'

describe('an error', () => {
  it('is JSON with a code and a message where there is nothing', async () => {
    const { ask } = await served()
    const answer = await ask({ path: '/nowhere' })
    expect([answer.status, answer.headers['content-type']]).toEqual([404, 'application/json'])
    expect(errorOf(answer)).toEqual({
      code: 'NOT_FOUND',
      message: 'there is nothing at this path: see /api/v1/openapi.json',
    })
  })

  it('says which methods are possible', async () => {
    const { ask } = await served()
    const put = await ask({ method: 'PUT', path: '/api/v1/connectors/connector-0/pause', headers: MUTATING })
    expect([put.status, put.headers.allow, errorOf(put).code]).toEqual([405, 'POST', 'METHOD_NOT_ALLOWED'])
    const remove = await ask({ method: 'DELETE', path: '/api/v1/connectors', headers: MUTATING })
    expect([remove.status, remove.headers.allow]).toEqual([405, 'GET, HEAD'])
  })

  it('of what the connector does not allow is 409, of Kafka 503', async () => {
    const health = simulated()
    const { ask } = await served({ health })
    const pause = { method: 'POST', path: '/api/v1/connectors/connector-0/pause', headers: MUTATING }
    health.pause = () => Promise.reject(new MillraceError('USAGE', 'connector-0 is not launched'))
    const usage = await ask(pause)
    expect([usage.status, errorOf(usage)]).toEqual([409, { code: 'USAGE', message: 'connector-0 is not launched' }])
    health.pause = () => Promise.reject(new MillraceError('KAFKA_WRITE', 'Kafka did not take it'))
    const kafka = await ask(pause)
    expect([kafka.status, errorOf(kafka)]).toEqual([503, { code: 'KAFKA_WRITE', message: 'Kafka did not take it' }])
  })

  it('that is a bug leaks nothing but an id, under which the log has more', async () => {
    const health = simulated()
    const { ask, lines } = await served({ health })
    health.errors = () => {
      throw Object.assign(new Error('planted-message'), { canonicalRequest: 'planted-field' })
    }
    const answer = await ask({ path: '/api/v1/connectors/connector-0/errors' })
    expect([answer.status, errorOf(answer).code]).toEqual([500, 'INTERNAL'])
    expect(answer.text).not.toContain('planted')
    const [line] = lines
    expect(errorOf(answer).message).toContain(String(line?.['id']))
    expect(line).toMatchObject({ method: 'GET', path: '/api/v1/connectors/connector-0/errors' })
    expect(line?.['stack']).toContain('planted-message')
    expect(JSON.stringify(lines)).not.toContain('planted-field')
  })
})
