import { describe, expect, it } from 'vitest'
import { ConnectorHealth } from '../../src/health/connector-health.js'
import type { Trouble } from '../../src/health/recorder.js'
import { createLogger } from '../../src/runtime/logger.js'
import { MillraceError } from '../../src/runtime/errors.js'
import { Secret } from '../../src/runtime/secret.js'
import { CheckedPipeline } from '../../src/service/checked-pipeline.js'
import { secretsView } from '../../src/service/account-secrets.js'
import { SecretWatch } from '../../src/service/secret-watch.js'
import { FakeClock } from '../support/fake-clock.js'

const refused: Trouble = { state: 'blocked', code: 'InvalidAccessKeyId', message: 'the key is refused' }
const busy: Trouble = { state: 'retrying', code: 'SlowDown', message: 'the server is busy' }

/** A pipeline that is not started while there is `trouble`; everything that happens, with the seconds since the beginning. */
function starting(first: Trouble | undefined, refusal?: Error) {
  const clock = new FakeClock()
  const startedMs = clock.nowMs()
  const effects: string[] = []
  const note = (what: string) => effects.push(`${(clock.nowMs() - startedMs) / 1000} ${what}`)
  const world = { trouble: first, secret: 'old', random: 0.999999 }
  const health = new ConnectorHealth('acme', createLogger({ level: 'silent', format: 'json' }))
  const secret = new Secret({ kind: 'file', path: '/key' }, () => world.secret)
  const pipeline = new CheckedPipeline({
    look: () => {
      note('look')
      return Promise.resolve(world.trouble)
    },
    start: () => {
      if (refusal) throw refusal
      note('start')
      return {
        ...{ partitions: [], buffered: { events: 0, bytes: 0 } },
        pause: () => note('pause'),
        resume: () => note('resume'),
        probe: () => note('probe'),
        flush: () => note('flush'),
        drainTo: (ends) => void note(`drain ${[...ends.keys()].join()}`),
        stop: () => Promise.resolve(void note('stop')),
      }
    },
    health,
    secrets: new SecretWatch(secretsView([secret]), clock),
    random: () => world.random,
  })
  return { clock, effects, world, health, pipeline }
}

const never = new AbortController().signal

describe('a pipeline that is checked first', () => {
  it('starts at once when nothing speaks against it', async () => {
    const { effects, pipeline, health } = starting(undefined)
    await pipeline.looked
    expect([effects, pipeline.isStarted, health.state]).toEqual([['0 look', '0 start'], true, 'starting'])
    await pipeline.stop(never)
    expect(effects).toEqual(['0 look', '0 start', '0 stop'])
  })

  it('is shown and tried again, more and more slowly, and starts by itself', async () => {
    const { clock, effects, world, pipeline, health } = starting(refused)
    await pipeline.looked
    expect([pipeline.isStarted, health.trouble]).toEqual([false, refused])
    await clock.advance(220_000)
    world.trouble = undefined
    await clock.advance(300_000)
    expect(effects.map((effect) => effect.replace(/(\d+)(\.\d+)?/, (seconds) => String(Math.round(+seconds))))).toEqual(
      ['0 look', '30 look', '90 look', '210 look', '450 look', '450 start'],
    )
    expect([health.state, health.trouble, clock.pendingTimers]).toEqual(['starting', undefined, 0])
  })

  it('never waits for longer than a quarter of an hour', async () => {
    const { clock, effects } = starting(refused)
    await clock.advance(24 * 3_600_000)
    const times = effects.map((effect) => Number(effect.split(' ')[0]))
    const pauses = times.slice(1).map((time, n) => time - (times[n] ?? 0))
    expect(Math.max(...pauses)).toBeLessThanOrEqual(900)
    expect(Math.min(...pauses.slice(5))).toBeGreaterThan(890)
  })

  it('is tried again sooner when the trouble passes by itself', async () => {
    const { clock, effects, health } = starting(busy)
    await clock.advance(3_000)
    expect(health.state).toBe('retrying')
    expect(effects.length).toBe(5)
  })

  it('is tried again within two seconds when a secret has changed, and then from the shortest pause', async () => {
    const { clock, effects, world } = starting(refused)
    await clock.advance(3_600_000)
    const before = effects.length
    world.secret = 'still wrong'
    await clock.advance(1_000)
    expect(effects.length).toBe(before + 1)
    await clock.advance(30_000)
    expect(effects.length).toBe(before + 2)
    world.trouble = undefined
    world.secret = 'right'
    await clock.advance(1_000)
    expect(effects.at(-1)).toMatch(/start$/)
  })

  it('drains to where it was told before it was started', async () => {
    const { clock, effects, world, pipeline } = starting(refused)
    pipeline.drainTo(new Map([['events/0', 7]]))
    world.trouble = undefined
    await clock.advance(60_000)
    expect(effects.slice(-2).map((effect) => effect.split(' ').slice(1).join(' '))).toEqual(['start', 'drain events/0'])
  })

  it('is not started any more once it is stopped', async () => {
    const { clock, effects, world, pipeline } = starting(refused)
    await pipeline.looked
    await pipeline.stop(never)
    world.trouble = undefined
    await clock.advance(3_600_000)
    expect([effects, clock.pendingTimers]).toEqual([['0 look'], 0])
    const other = starting(undefined)
    await other.pipeline.stop(never)
    await other.clock.advance(1_000)
    expect(other.effects).toEqual(['0 look'])
  })

  it('stays as it is when the configuration can never work', async () => {
    const refusal = new MillraceError('CONFIGURATION', 'the account does not fit')
    const { clock, effects, pipeline, health } = starting(undefined, refusal)
    await pipeline.looked
    await clock.advance(3_600_000)
    expect([effects, pipeline.isStarted, health.trouble]).toEqual([
      ['0 look'],
      false,
      { state: 'blocked', code: 'CONFIGURATION', message: 'the account does not fit' },
    ])
  })
})
