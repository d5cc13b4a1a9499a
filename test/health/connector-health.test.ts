import { describe, expect, it } from 'vitest'
import { ConnectorHealth } from '../../src/health/connector-health.js'
import { createLogger } from '../../src/runtime/logger.js'

function observed() {
  const lines: Record<string, unknown>[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) }
  const health = new ConnectorHealth('acme', createLogger({ level: 'info', format: 'json' }, stream))
  return { health, lines: () => lines.map(({ level, state, code, msg }) => ({ level, state, code, msg })) }
}

const slow = { state: 'retrying', code: 'SlowDown', message: 'the bucket throttles' } as const
const gone = { state: 'blocked', code: 'NoSuchBucket', message: 'the bucket does not exist' } as const

describe('the health of a connector', () => {
  it('is that of its worst trouble', () => {
    const { health } = observed()
    expect(health.state).toBe('starting')
    health.ready()
    expect(health.state).toBe('running')
    health.troubled('events/0', slow)
    expect(health.state).toBe('retrying')
    health.troubled('events/1', gone)
    expect(health.trouble).toEqual(gone)
    health.recovered('events/1')
    expect(health.trouble).toEqual(slow)
    health.recovered('events/0')
    expect(health.state).toBe('running')
    health.stopped()
    expect(health.state).toBe('stopped')
  })

  it('logs a line per change, none for the thousandth failure of the same kind', () => {
    const { health, lines } = observed()
    health.ready()
    for (let n = 0; n < 1000; n++) health.troubled(`events/${n % 24}`, slow)
    health.troubled('events/3', gone)
    for (let n = 0; n < 24; n++) health.recovered(`events/${n}`)
    expect(lines()).toEqual([
      { level: 30, state: 'running', code: undefined, msg: 'connector is running' },
      { level: 40, state: 'retrying', code: 'SlowDown', msg: 'the bucket throttles' },
      { level: 50, state: 'blocked', code: 'NoSuchBucket', msg: 'the bucket does not exist' },
      { level: 40, state: 'retrying', code: 'SlowDown', msg: 'the bucket throttles' },
      { level: 30, state: 'running', code: undefined, msg: 'connector is running' },
    ])
  })
})
