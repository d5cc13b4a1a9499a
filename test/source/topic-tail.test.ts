import { describe, expect, it } from 'vitest'
import { MillraceError } from '../../src/runtime/errors.js'
import { TopicTail } from '../../src/source/topic-tail.js'
import { FakeClock } from '../support/fake-clock.js'
import { StubTopic } from '../support/stub-topic.js'

const gone = new MillraceError('KAFKA_UNREACHABLE', 'no broker answers')

function tailOf(topic: StubTopic) {
  const heard: string[] = []
  const tail = new TopicTail({ ...topic, onRecord: ({ value }) => void heard.push(String(value)) })
  const write = (...values: string[]) =>
    topic.append(values.map((value) => ({ key: null, value: Buffer.from(value), headers: [] })))
  return { tail, heard, write }
}

describe('the tail of a topic', () => {
  it('gives every record once, those that stand there first', async () => {
    const topic = new StubTopic()
    const { tail, heard, write } = tailOf(topic)
    write('a', 'b')
    await tail.read()
    await tail.read()
    write('c')
    await tail.read()
    expect([heard, topic.reads]).toEqual([['a', 'b', 'c'], 2])
  })

  it('goes on where it broke off', async () => {
    const topic = new StubTopic()
    const { tail, heard, write } = tailOf(topic)
    write('a', 'b', 'c')
    topic.breaksOff = { after: 2, error: gone }
    await expect(tail.read()).rejects.toBe(gone)
    topic.breaksOff = null
    await tail.read()
    expect(heard).toEqual(['a', 'b', 'c'])
  })

  it('begins anew with a topic that was made anew, and at what is left of one that was cut', async () => {
    const topic = new StubTopic()
    const { tail, heard, write } = tailOf(topic)
    write('a', 'b')
    await tail.read()
    topic.records = []
    write('c')
    await tail.read()
    write('d', 'e')
    topic.low = 2
    await tail.read()
    expect(heard).toEqual(['a', 'b', 'c', 'e'])
  })

  it('takes a missing topic for an empty one', async () => {
    const topic = new StubTopic()
    const { tail, heard, write } = tailOf(topic)
    topic.unreadable = new MillraceError('TOPIC_MISSING', 'no such topic')
    await tail.read()
    topic.unreadable = null
    write('a')
    await tail.read()
    expect(heard).toEqual(['a'])
  })

  it('follows until it is told to stop, whatever Kafka answers, and says whether it did', async () => {
    const topic = new StubTopic()
    const { tail, heard, write } = tailOf(topic)
    const [clock, stop, turns] = [new FakeClock(), new AbortController(), [] as boolean[]]
    const followed = tail.follow(clock, 1_000, stop.signal, (isRead) => void turns.push(isRead))
    await clock.settle()
    topic.unreadable = gone
    await clock.advance(1_000)
    topic.unreadable = null
    write('a')
    await clock.advance(999)
    expect([heard, turns]).toEqual([[], [true, false]])
    await clock.advance(1)
    expect([heard, turns]).toEqual([['a'], [true, false, true]])
    stop.abort()
    await followed
    expect(clock.pendingTimers).toBe(0)
  })
})
