import { describe, expect, it } from 'vitest'
import { MillraceError } from '../../src/runtime/errors.js'
import { createLogger } from '../../src/runtime/logger.js'
import { Control, type Action } from '../../src/service/control.js'
import { FakeClock } from '../support/fake-clock.js'
import { StubTopic } from '../support/stub-topic.js'

const unreachable = new MillraceError('KAFKA_UNREACHABLE', 'no broker answers')

/** A process that hears what is asked; all of them share the topic and the clock. */
function processOf(topic: StubTopic, clock: FakeClock, parts: { instance?: string; groupPrefix?: string } = {}) {
  const done: string[] = []
  const control = new Control({
    ...{ topic: topic.topic, offsets: topic.offsets, reader: topic.reader, writer: topic.writer, clock },
    logger: createLogger({ level: 'silent', format: 'json' }),
    ...{ instance: 'host-a/1', groupPrefix: 'millrace-', ...parts },
    onAction: (connector: string, action: Action) => void done.push(`${action} ${connector}`),
  })
  const stop = new AbortController()
  let isKnown = false
  void control.known.then(() => (isKnown = true))
  return { control, done, stop, run: () => control.run(stop.signal), isKnown: () => isKnown }
}

async function two() {
  const [topic, clock] = [new StubTopic(), new FakeClock()]
  const [a, b] = [processOf(topic, clock), processOf(topic, clock, { instance: 'host-b/1' })]
  void a.run()
  void b.run()
  await clock.settle()
  return { topic, clock, a, b }
}

describe('what operators ask for', () => {
  it('is done by the other processes within a second; probe and flush not once more by the one that was asked', async () => {
    const { clock, a, b } = await two()
    for (const action of ['pause', 'resume', 'probe', 'flush'] as const) await a.control.tell('acme', action)
    expect(b.done).toEqual([])
    await clock.advance(1_000)
    expect(b.done).toEqual(['pause acme', 'resume acme', 'probe acme', 'flush acme'])
    await clock.advance(60_000)
    expect([a.done, b.done.length]).toEqual([['pause acme', 'resume acme'], 4])
  })

  it('ends alike everywhere when two processes are asked for the opposite at the same time', async () => {
    const { clock, a, b } = await two()
    await a.control.tell('acme', 'pause')
    await b.control.tell('acme', 'resume')
    await clock.advance(1_000)
    expect([a.done.at(-1), b.done.at(-1)]).toEqual(['resume acme', 'resume acme'])
  })

  it('lasts over a restart of the process that was asked where it is a pause; a probe and a flush do not', async () => {
    const { topic, clock, a } = await two()
    await a.control.tell('acme', 'pause')
    await a.control.tell('acme', 'probe')
    await a.control.tell('beta', 'flush')
    const restarted = processOf(topic, clock)
    void restarted.run()
    await clock.settle()
    expect([restarted.done, restarted.isKnown()]).toEqual([['pause acme'], true])
  })

  it('is the newest of pause and resume, also where Kafka has not removed the older one', async () => {
    const { topic, clock, a, b } = await two()
    await a.control.tell('acme', 'pause')
    await b.control.tell('acme', 'resume')
    const [first, second] = topic.records
    expect(String(first!.key)).toBe(String(second!.key))
    const started = processOf(topic, clock, { instance: 'host-c/1' })
    void started.run()
    await clock.settle()
    expect(started.done.at(-1)).toBe('resume acme')
  })

  it('is nothing to other groups, nor what is none of ours', async () => {
    const { topic, clock, a, b } = await two()
    const other = processOf(topic, clock, { instance: 'host-c/1', groupPrefix: 'staging-' })
    void other.run()
    await clock.settle()
    await a.control.tell('acme', 'pause')
    const [record] = topic.records
    for (const value of ['no JSON', '{}', 'null', '{"v":2,"connector":"acme","action":"pause"}', null])
      topic.append([{ ...record!, value: value === null ? null : Buffer.from(value) }])
    const unknown = { v: 1, connector: 'acme', action: 'explode', atMs: 0, instance: 'host-d/1' }
    topic.append([{ ...record!, value: Buffer.from(JSON.stringify(unknown)) }])
    await clock.advance(1_000)
    expect([b.done, other.done]).toEqual([['pause acme'], []])
  })

  it('rejects where Kafka does not take it', async () => {
    const { topic, a } = await two()
    topic.unwritable = new MillraceError('KAFKA_WRITE_REFUSED', 'own refuses')
    await expect(a.control.tell('acme', 'pause')).rejects.toMatchObject({ code: 'KAFKA_WRITE_REFUSED' })
  })
})

describe('what is paused', () => {
  it('is known as soon as the topic is read, also where there is none', async () => {
    const [topic, clock] = [new StubTopic(), new FakeClock()]
    topic.unreadable = new MillraceError('TOPIC_MISSING', 'no such topic')
    const process = processOf(topic, clock)
    expect(process.isKnown()).toBe(false)
    void process.run()
    await clock.settle()
    expect(process.isKnown()).toBe(true)
  })

  it('is not waited for any longer than 15 s, and is done when it is heard after all', async () => {
    const { topic, clock, a } = await two()
    await a.control.tell('acme', 'pause')
    await a.control.tell('acme', 'probe')
    const { ends } = topic.offsets
    Object.assign(topic.offsets, { ends: () => new Promise(() => undefined) })
    const hanging = processOf(topic, clock, { instance: 'host-c/1' })
    void hanging.run()
    await clock.advance(14_999)
    expect(hanging.isKnown()).toBe(false)
    await clock.advance(1)
    expect(hanging.isKnown()).toBe(true)
    Object.assign(topic.offsets, { ends })
    topic.unreadable = unreachable
    const failing = processOf(topic, clock, { instance: 'host-d/1' })
    void failing.run()
    await clock.advance(15_000)
    expect([failing.isKnown(), failing.done]).toEqual([true, []])
    topic.unreadable = null
    await clock.advance(1_000)
    expect(failing.done).toEqual(['pause acme'])
  })

  it('does not hold a stop', async () => {
    const [topic, clock] = [new StubTopic(), new FakeClock()]
    Object.assign(topic.offsets, { ends: () => new Promise(() => undefined) })
    const process = processOf(topic, clock)
    void process.run()
    process.stop.abort()
    await clock.settle()
    expect(process.isKnown()).toBe(true)
  })
})
