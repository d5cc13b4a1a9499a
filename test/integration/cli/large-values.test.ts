import { join } from 'node:path'
import { expect, it } from 'vitest'
import { deliveredIds } from '../../support/delivered.js'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { createTopic, produce, readTopic, uniqueTopic } from '../../support/kafka-topics.js'
import { workplace } from '../../support/millrace-process.js'

const TYPE = 'users.messages.webhook.Send'
const LIMIT_BYTES = 900 * 1024
const MIB = 1024 * 1024

/** A valid event of exactly so many bytes. */
function eventOf(id: string, bytes: number): string {
  const event = { event_type: TYPE, id, user_id: '', time: 1_790_000_000 }
  return JSON.stringify({ ...event, user_id: 'x'.repeat(bytes - JSON.stringify(event).length) })
}

describeWithServers('fault 47: large values', ['kafka'], ({ kafka: { brokers } }) => {
  it('delivers 900 KiB, dead-letters one byte more and several MiB, whole', async () => {
    const topic = await createTopic(brokers, { config: { 'max.message.bytes': String(8 * MIB) } })
    const side = uniqueTopic('side')
    const values = [
      eventOf('at', LIMIT_BYTES),
      eventOf('over', LIMIT_BYTES + 1),
      eventOf('huge', 6 * MIB),
      eventOf('b', 500),
    ]
    for (const value of values) await produce(brokers, topic, [{ value }])
    const place = await workplace({
      kafka: { brokers, groupPrefix: `${side}.`, topics: { drops: `${side}-drops`, deadLetters: `${side}-dead` } },
      service: { memory: '4MiB', http: false },
      connectors: {
        local: { topics: [topic], destination: { type: 'folder', path: './out' }, files: { maxBytes: '2MiB' } },
      },
    })
    const { code, stderr } = await place.run('run', '--once')
    expect(stderr).toContain('2 dead-lettered')
    expect(code).toBe(0)
    expect(await deliveredIds(join(place.folder, 'out'))).toEqual(['at', 'b'])
    const letters = await readTopic(brokers, `${side}-dead`, 2)
    expect(letters.map(({ value, headers }) => [value?.length, headers['millrace.reason']])).toEqual([
      [LIMIT_BYTES + 1, 'OVERSIZED'],
      [6 * MIB, 'OVERSIZED'],
    ])
  })
})
