import { join } from 'node:path'
import { expect, it } from 'vitest'
import { deliveredIds } from '../../support/delivered.js'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { eventually } from '../../support/eventually.js'
import { createTopic, produce, uniqueTopic } from '../../support/kafka-topics.js'
import { workplace, type Workplace } from '../../support/millrace-process.js'

/** A process that was killed counts as alive for 45 s, and the lag is asked for every five: several times what that takes. */
const PATIENCE = { timeoutMs: 180_000, intervalMs: 200 }

const TYPE = 'users.messages.webhook.Send'

const events = (from: number, count: number) =>
  Array.from({ length: count }, (_, n) => {
    const id = `e${from + n}`
    return { value: JSON.stringify({ event_type: TYPE, id, user_id: id, time: 1_790_000_000 }), partition: n % 4 }
  })

/** An instance that serves, and what it says. */
async function started({ start }: Workplace) {
  const running = start('run')
  await running.says(/"url":"http[^"]+"/)
  const url = /"url":"([^"]+)"/.exec(running.stderr)![1]!
  const get = async <T>(path: string) => (await (await fetch(`${url}${path}`)).json()) as T
  return {
    ...{ running, url },
    connector: () => get<Connector>('/api/v1/connectors/local'),
    timeline: () => get<{ what: string }[]>('/api/v1/connectors/local/timeline'),
    ask: async (operation: string) => {
      const headers = { 'content-type': 'application/json', 'x-requested-with': 'test' }
      return (await fetch(`${url}/api/v1/connectors/local/${operation}`, { method: 'POST', headers, body: '{}' }))
        .status
    },
    metric: async (name: string) => {
      const text = await (await fetch(`${url}/metrics`)).text()
      const values = [...text.matchAll(new RegExp(`^${name}\\{.*\\} (\\S+)$`, 'gm'))].map((match) => Number(match[1]))
      return values.reduce((sum, value) => sum + value, 0)
    },
  }
}

interface Connector {
  state: string
  lagEvents: number | null
  oldestUndeliveredAt: string | null
  needsAttention: boolean
  totals: { delivered: number }
  instances: string[]
  partitions: { owner: string | null; committed: number | null; end: number | null }[]
}

describeWithServers('health over several processes', ['kafka'], ({ kafka: { brokers } }) => {
  const place = (topic: string) => {
    const own = uniqueTopic('health')
    const topics = {
      ...{ drops: `${own}-drops`, deadLetters: `${own}-dead`, health: `${own}-health`, control: `${own}-control` },
    }
    return workplace({
      kafka: { brokers, groupPrefix: `${own}.`, topics, sessionTimeout: '20s' },
      service: { http: { port: 0 } },
      connectors: {
        local: { topics: [topic], destination: { type: 'folder', path: './out' }, files: { maxAge: '1s' } },
      },
    })
  }

  it('any process shows the whole; a pause is for all of them, and holds over restarts; the rest Kafka tells alone', async () => {
    const topic = await createTopic(brokers, { partitions: 4 })
    const work = await place(topic)
    const [a, b] = await Promise.all([started(work), started(work)])
    await eventually(
      async () => (await a.connector()).instances.length === 2 && (await b.connector()).instances.length === 2,
      PATIENCE,
    )
    await produce(brokers, topic, events(0, 40))
    // Each has some of the partitions, and both know of everything.
    for (const instance of [a, b]) {
      await eventually(async () => {
        const { totals, lagEvents, partitions } = await instance.connector()
        const owners = new Set(partitions.map(({ owner }) => owner))
        return totals.delivered === 40 && lagEvents === 0 && owners.size === 2 && !owners.has(null)
      }, PATIENCE)
    }
    expect(
      (await a.metric('millrace_events_delivered_total')) + (await b.metric('millrace_events_delivered_total')),
    ).toBe(40)

    expect(await a.ask('pause')).toBeLessThan(300)
    await eventually(async () => (await b.connector()).state === 'paused', PATIENCE)
    await produce(brokers, topic, events(40, 8))
    for (const instance of [a, b]) {
      await eventually(async () => {
        const { state, lagEvents, oldestUndeliveredAt } = await instance.connector()
        return state === 'paused' && lagEvents === 8 && oldestUndeliveredAt !== null
      }, PATIENCE)
      expect(await instance.metric('millrace_consumer_lag_events')).toBe(8)
      expect(await instance.metric('millrace_unaccounted_events')).toBe(0)
    }
    expect(await deliveredIds(join(work.folder, 'out'))).toHaveLength(40)

    a.running.signal('SIGTERM')
    b.running.signal('SIGKILL')
    await Promise.all([a.running.exited, b.running.exited])
    const c = await started(work)
    await eventually(async () => {
      const { state, lagEvents } = await c.connector()
      return state === 'paused' && lagEvents === 8
    }, PATIENCE)
    await eventually(async () => (await c.timeline()).some(({ what }) => what === 'pause'), PATIENCE)
    const status = await work.run('status', '--url', c.url)
    expect(status.stdout).toMatch(/local +paused/)
    expect(status.code).toBe(0)

    expect((await work.run('resume', 'local', '--url', c.url)).code).toBe(0)
    // Until the one that was killed is known to be gone, the connector is paused there.
    await eventually(async () => {
      const { state, lagEvents } = await c.connector()
      return state === 'running' && lagEvents === 0
    }, PATIENCE)
    expect(await deliveredIds(join(work.folder, 'out'))).toHaveLength(48)

    c.running.signal('SIGTERM')
    expect(await c.running.exited).toBe(0)
    await produce(brokers, topic, events(48, 4))
    // Its last word may be lost on a busy machine; then its silence tells.
    const alone = await eventually(async () => {
      const said = await work.run('status', '--json')
      return said.code === 4 && said
    }, PATIENCE)
    expect(alone.stderr).toContain('from Kafka alone')
    expect(JSON.parse(alone.stdout)).toMatchObject({
      source: 'kafka',
      connectors: [
        { name: 'local', state: 'stopped', lagEvents: 4, needsAttention: true, problem: { code: 'NOT_RUNNING' } },
      ],
    })
  })
})
