import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { deliveredEvents } from '../../support/delivered.js'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { createTopic, produce, uniqueTopic } from '../../support/kafka-topics.js'
import { workplace } from '../../support/millrace-process.js'

const SEND = 'users.messages.webhook.Send'

describeWithServers("users' own schemas", ['kafka'], ({ kafka: { brokers } }) => {
  it('add event types and versions; objects of an old and a new version lie in folders of their own', async () => {
    const topic = await createTopic(brokers)
    const side = uniqueTopic('side')
    const place = await workplace({
      kafka: { brokers, groupPrefix: `${side}.`, topics: { drops: `${side}-drops`, deadLetters: `${side}-dead` } },
      service: { schemas: './schemas', http: false },
      connectors: { local: { topics: [topic], destination: { type: 'folder', path: './out' } } },
    })
    const schemas = join(place.folder, 'schemas')
    await mkdir(schemas)
    const run = async (...events: object[]) => {
      await produce(
        brokers,
        topic,
        events.map((event) => ({ value: JSON.stringify(event) })),
      )
      const { code, stderr } = await place.run('run', '--once')
      expect(stderr).toContain('done')
      expect(code).toBe(0)
    }
    const send = { event_type: SEND, user_id: 'u', time: 1_790_000_000 }

    await run({ ...send, id: 'old' })
    await writeFile(join(schemas, 'loyalty.Points.avsc'), JSON.stringify(POINTS))
    await writeFile(join(schemas, `${SEND}.2.avsc`), JSON.stringify(await withField(SEND, 'carrier')))
    await run(
      { ...send, id: 'new', carrier: 'pigeon' },
      { ...send, id: 'of an old producer' },
      { event_type: 'loyalty.Points', id: 'mine', time: 1_790_000_000, points: 7 },
    )

    const delivered = await deliveredEvents(join(place.folder, 'out'))
    const summary = delivered.map(({ path, event }) => {
      const [type, , schemaId] = path.split('/').slice(-5)
      return [event['id'], type, schemaId, event['carrier'] ?? event['points']]
    })
    expect(summary.sort()).toEqual([
      ['mine', 'event_type=loyalty.Points', '1', 7],
      ['new', `event_type=${SEND}`, '2', 'pigeon'],
      ['of an old producer', `event_type=${SEND}`, '2', undefined],
      ['old', `event_type=${SEND}`, '1', undefined],
    ])
  })

  it('are refused when they break with what readers have, and told by path', async () => {
    const place = await workplace({
      kafka: { brokers },
      service: { schemas: './schemas' },
      connectors: { local: { topics: ['t'], destination: { type: 'folder', path: './out' } } },
    })
    await mkdir(join(place.folder, 'schemas', SEND), { recursive: true })
    const path = join('schemas', SEND, '2.avsc')
    await writeFile(join(place.folder, path), JSON.stringify({ ...POINTS, name: SEND }))
    const { code, stdout } = await place.run('validate')
    expect(stdout).toContain(path)
    expect(stdout).toContain('was removed')
    expect(code).toBe(2)
  })
})

const POINTS = {
  type: 'record',
  name: 'loyalty.Points',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'time', type: 'int' },
    { name: 'points', type: 'int' },
  ],
}

/** The built-in schema with one more field, as a compatible next version. */
async function withField(eventType: string, name: string): Promise<object> {
  const path = new URL(`../../../schemas/${eventType}/1.avsc`, import.meta.url)
  const schema = JSON.parse(await readFile(path, 'utf8')) as { fields: object[] }
  return { ...schema, fields: [...schema.fields, { name, type: ['null', 'string'], default: null }] }
}
