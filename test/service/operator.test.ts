import { describe, expect, it } from 'vitest'
import { MillraceError } from '../../src/runtime/errors.js'
import { createLogger } from '../../src/runtime/logger.js'
import { Control } from '../../src/service/control.js'
import { Operator, type Operated } from '../../src/service/operator.js'
import { FakeClock } from '../support/fake-clock.js'
import { StubTopic } from '../support/stub-topic.js'

const actor = { via: 'api', address: '127.0.0.1' }

/** A process that runs `acme`, of a configuration with `beta` (run elsewhere) and `saved` (not launched). */
function operator() {
  const topic = new StubTopic()
  const effects: string[] = []
  const control = new Control({
    ...{ topic: topic.topic, offsets: topic.offsets, reader: topic.reader, writer: topic.writer },
    ...{ clock: new FakeClock(), logger: createLogger({ level: 'silent', format: 'json' }) },
    ...{ instance: 'host-a/1', groupPrefix: 'millrace-', onAction: () => undefined },
  })
  const acme: Operated = {
    do: (action) => void effects.push(action),
    note: (action, message) => void effects.push(`${action}: ${message}`),
  }
  const lookups = {
    test: (connector: string) => Promise.resolve([{ connector }] as never),
    drops: (connector: string | undefined, most: number) => Promise.resolve([{ connector, most }] as never),
    deadLetters: (connector: string, most: number) => Promise.resolve([{ connector, most }] as never),
  }
  const operations = new Operator({
    connectors: ['acme', 'beta', 'saved'].map((name) => ({ name, enabled: name !== 'saved' })),
    ...{ operated: new Map([['acme', acme]]), control, lookups, onDone: () => void effects.push('look') },
  })
  const told = () => topic.records.map(({ value }) => JSON.parse(String(value)) as object)
  return { operations, topic, effects, told }
}

describe('an operator', () => {
  it.each(['pause', 'resume', 'probe', 'flush'] as const)(
    'has %s done here at once, and told to all',
    async (action) => {
      const { operations, effects, told } = operator()
      const asked = operations[action]('acme', actor)
      const noted = `${action}: asked for from 127.0.0.1 (api)`
      expect(effects).toEqual([action, noted, 'look'])
      await asked
      expect(told()).toMatchObject([{ v: 1, connector: 'acme', action, instance: 'host-a/1' }])
    },
  )

  it('has it told also of a connector that runs elsewhere', async () => {
    const { operations, effects, told } = operator()
    await operations.pause('beta', actor)
    expect([effects, told()]).toMatchObject([['look'], [{ connector: 'beta', action: 'pause' }]])
  })

  it('hears how far it was done where Kafka does not take it', async () => {
    const { operations, topic, effects } = operator()
    topic.unwritable = new MillraceError('KAFKA_WRITE_REFUSED', 'own refuses')
    const here = 'pause acme: done in this process only, until it ends: own refuses'
    await expect(operations.pause('acme', actor)).rejects.toMatchObject({ code: 'KAFKA_WRITE_REFUSED', message: here })
    expect(effects[0]).toBe('pause')
    const not = 'pause beta: not done: own refuses'
    await expect(operations.pause('beta', actor)).rejects.toMatchObject({ code: 'KAFKA_WRITE_REFUSED', message: not })
  })

  it('cannot ask anything of a connector that there is not, or that is not launched', async () => {
    const { operations, effects, told } = operator()
    await expect(operations.flush('acne', actor)).rejects.toMatchObject({ code: 'USAGE' })
    await expect(operations.flush('saved', actor)).rejects.toMatchObject({
      code: 'USAGE',
      message: 'saved: it is saved, not launched: set enabled: true',
    })
    expect([effects, told()]).toEqual([[], []])
  })

  it('looks up the rest', async () => {
    const { operations } = operator()
    expect(await operations.test('acme', new AbortController().signal)).toEqual([{ connector: 'acme' }])
    expect(await operations.drops(undefined, 7)).toEqual([{ connector: undefined, most: 7 }])
    expect(await operations.deadLetters('acme', 8)).toEqual([{ connector: 'acme', most: 8 }])
  })
})
