import { describe, expect, it } from 'vitest'
import type { ConnectorSettings } from '../../src/config/configuration.js'
import { drain } from '../../src/cli/drain.js'
import { ConnectorHealth } from '../../src/health/connector-health.js'
import type { Trouble } from '../../src/health/recorder.js'
import { createLogger } from '../../src/runtime/logger.js'
import { FakeClock } from '../support/fake-clock.js'
import { recordingTerminal } from '../support/recording-terminal.js'

const silent = createLogger({ level: 'silent', format: 'json' })
const trouble = (state: Trouble['state']): Trouble => ({ state, code: 'X', message: 'the key is not known' })

/** `run --once` of connectors with ten events each, one partition, nothing committed. */
function draining(...names: string[]) {
  return drainingTo('s3', ...names)
}

function drainingTo(type: string, ...names: string[]) {
  const clock = new FakeClock()
  const terminal = recordingTerminal()
  const healths = names.map((name) => new ConnectorHealth(name, silent))
  const committed = new Map(names.map((name) => [`millrace.${name}`, 0]))
  let result: boolean | undefined
  const done = drain({
    service: { health: healths, looked: Promise.resolve(), unstarted: [], drainTo: () => undefined },
    connectors: names.map(
      (name) => ({ name, topics: ['events'], destination: { type } }) as unknown as ConnectorSettings,
    ),
    ends: [{ topic: 'events', partition: 0, low: 0, high: 10 }],
    offsets: {
      committed: (group) =>
        Promise.resolve([{ topic: 'events', partition: 0, offset: committed.get(group) ?? null, metadata: '' }]),
    },
    ...{ groupPrefix: 'millrace.', clock, terminal },
  }).then((isDrained) => (result = isDrained))
  const commit = (name: string, offset: number) => committed.set(`millrace.${name}`, offset)
  const advance = (seconds: number) => clock.advance(seconds * 1000)
  return { healths, commit, advance, done, said: terminal.said.err, result: () => result }
}

describe('run --once', () => {
  it('is done when everything is committed', async () => {
    const { commit, advance, result, said } = draining('acme')
    await advance(600)
    expect(result()).toBeUndefined()
    commit('acme', 10)
    await advance(1)
    expect(result()).toBe(true)
    expect(said.at(-1)).toBe('acme: 0 events delivered in 0 objects, done')
  })

  it('has no objects to tell of in a stream', async () => {
    const { commit, advance, said } = drainingTo('kinesis', 'acme')
    commit('acme', 10)
    await advance(1)
    expect(said.at(-1)).toBe('acme: 0 events delivered, done')
  })

  it.each(['blocked', 'credentials-failing', 'dropping'] as const)(
    'gives up after a minute of %s, and says which connector and why',
    async (state) => {
      const { healths, commit, advance, result, said } = draining('acme', 'other')
      healths[0]?.troubled('events/0', trouble(state))
      await advance(59)
      commit('other', 10)
      expect(result()).toBeUndefined()
      await advance(2)
      expect(result()).toBe(false)
      expect(said.filter((line) => line.startsWith('millrace:'))).toEqual([
        'millrace: acme needs a person and has not moved for a minute, 10 to go: --once ends here: ' +
          `${state}: the key is not known`,
      ])
    },
  )

  it('waits on while a connector that is not there yet may get on by itself', async () => {
    const { healths, commit, advance, result } = draining('acme', 'other')
    healths[0]?.troubled('events/0', trouble('blocked'))
    healths[1]?.troubled('events/0', trouble('retrying'))
    await advance(600)
    expect(result()).toBeUndefined()
    commit('other', 10)
    await advance(1)
    expect(result()).toBe(false)
  })

  it('counts the minute anew after a break, and while other partitions get on', async () => {
    const { healths, commit, advance, result } = draining('acme')
    healths[0]?.troubled('events/0', trouble('blocked'))
    await advance(50)
    healths[0]?.recovered('events/0')
    await advance(1)
    healths[0]?.troubled('events/0', trouble('blocked'))
    await advance(50)
    commit('acme', 5)
    await advance(59)
    expect(result()).toBeUndefined()
    await advance(2)
    expect(result()).toBe(false)
  })
})
