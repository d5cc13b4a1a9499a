import { createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { deliveredIds } from '../../support/delivered.js'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { eventually } from '../../support/eventually.js'
import { createTopic, produce, withAdmin } from '../../support/kafka-topics.js'
import { workplace } from '../../support/millrace-process.js'

const EVENTS = 12_000
const TYPE = 'users.messages.webhook.Send'

describeWithServers('one hanging destination beside a healthy one', ['kafka'], ({ kafka: { brokers } }) => {
  it('neither starves the healthy one nor keeps the process from ending at the second signal', async () => {
    const topic = await createTopic(brokers, { partitions: 4 })
    const ids = Array.from({ length: EVENTS }, (_, n) => `e${String(n).padStart(5, '0')}`)
    // About 12 MB that do not compress, three times the memory of the process.
    for (let n = 0; n < EVENTS; n += 1000) await produce(brokers, topic, ids.slice(n, n + 1000).map(message))
    // A connector that has run before starts without a look at its destination.
    await hasCommitted(brokers, 'millrace.hanging', topic)
    const place = await workplace(configuration(brokers, topic, await hangingServer()), { KEY: 'k', SECRET: 's' })
    const millrace = place.start('run')
    const out = join(place.folder, 'out')
    await eventually(async () => (await deliveredIds(out)).length === EVENTS, { intervalMs: 500 })
    expect(await deliveredIds(out)).toEqual(ids)
    millrace.signal('SIGTERM')
    await millrace.says('millrace stops')
    millrace.signal('SIGTERM')
    expect(await millrace.exited).toBe(1)
  })
})

function message(id: string) {
  const junk = Array.from({ length: 60 }, () => Math.random().toString(36)).join('')
  return { value: JSON.stringify({ event_type: TYPE, id, user_id: junk.slice(0, 700), time: 1_790_000_000 }) }
}

function configuration(brokers: string[], topic: string, endpoint: string) {
  const hanging = { type: 's3', account: 'keys', bucket: 'hanging', region: 'us-east-1', endpoint }
  const files = { maxAge: '1s', maxBytes: '1MiB', codec: 'null' }
  return {
    kafka: { brokers },
    service: { memory: '4MiB', http: false },
    accounts: { keys: { type: 'aws', accessKeyId: 'env:KEY', secretAccessKey: 'env:SECRET' } },
    connectors: {
      hanging: { topics: [topic], destination: hanging, files },
      healthy: { topics: [topic], destination: { type: 'folder', path: './out' }, files },
    },
  }
}

async function hasCommitted(brokers: string[], groupId: string, topic: string): Promise<void> {
  const partitions = [{ partition: 0, offset: '0' }]
  await withAdmin(brokers, (admin) => admin.setOffsets({ groupId, topic, partitions }))
}

/** Accepts connections and never answers. */
async function hangingServer(): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => void sockets.add(socket.on('error', () => undefined)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
