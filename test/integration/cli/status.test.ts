import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { deliveredIds } from '../../support/delivered.js'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { eventually } from '../../support/eventually.js'
import { createTopic, produce, uniqueTopic } from '../../support/kafka-topics.js'
import { workplace, type Workplace } from '../../support/millrace-process.js'

const TOKEN = 'planted-token'

/** Several times what joining a group and delivering takes when every core is wanted. */
const PATIENTLY = { timeoutMs: 120_000, intervalMs: 200 }

const event = (id: string) => ({
  value: JSON.stringify({ event_type: 'users.messages.webhook.Send', id, user_id: 'u', time: 1_790_000_000 }),
})

interface Connector {
  name: string
  state: string
  needsAttention: boolean
  lagEvents: number | null
  totals: { buffered: { events: number } }
  problem: { code: string } | null
  timeline?: { what: string }[]
}

describeWithServers('millrace status and what operators ask for', ['kafka'], ({ kafka: { brokers } }) => {
  /** `acme` writes to ./out, as its events come; each test may have more connectors. */
  async function project(topic: string, more: object = {}): Promise<Workplace> {
    const own = uniqueTopic('status')
    const side = {
      drops: `${own}-drops`,
      deadLetters: `${own}-dead`,
      control: `${own}-control`,
      health: `${own}-health`,
    }
    return workplace(
      {
        kafka: { brokers, groupPrefix: `${own}.`, topics: side },
        service: { http: { port: 0, token: 'env:TOKEN' } },
        connectors: {
          acme: { topics: [topic], destination: { type: 'folder', path: './out' }, files: { maxAge: '1s' } },
          ...more,
        },
      },
      { TOKEN },
    )
  }

  /** `millrace run`, with the address it serves at. */
  async function running({ start }: Workplace) {
    const service = start('run')
    await service.says(/status page and API: http:[^"]+/)
    return { service, url: /status page and API: (http:[^"\s]+)/.exec(service.stderr)?.[1] ?? '' }
  }

  /** What the instance says itself: asked again and again, where a command each time would want all cores. */
  async function asked(url: string): Promise<Map<string, Connector>> {
    const answer = await fetch(`${url}/api/v1/connectors`, { headers: { authorization: `Bearer ${TOKEN}` } })
    const connectors = (await answer.json()) as Connector[]
    return new Map(connectors.map((connector) => [connector.name, connector]))
  }

  async function statusOf({ run }: Workplace, ...args: string[]) {
    const { code, stdout, stderr } = await run('status', '--json', ...args)
    const { source, connectors } = JSON.parse(stdout || '{}') as { source?: string; connectors?: Connector[] }
    return { code, source, connectors: connectors ?? [], stderr }
  }

  const idsIn = (work: Workplace, folder: string) => deliveredIds(join(work.folder, folder))

  it('pause and resume reach a running instance, and status shows it', async () => {
    const topic = await createTopic(brokers)
    const work = await project(topic)
    const { service, url } = await running(work)
    await produce(brokers, topic, [event('e1')])
    await eventually(async () => (await idsIn(work, 'out')).length === 1, PATIENTLY)

    const paused = await work.run('pause', 'acme', '--url', url)
    expect([paused.code, paused.stderr]).toEqual([0, ''])
    await eventually(async () => (await asked(url)).get('acme')?.state === 'paused', PATIENTLY)
    await produce(brokers, topic, [event('e2')])
    await eventually(async () => (await asked(url)).get('acme')?.lagEvents === 1, PATIENTLY)
    expect(await statusOf(work, '--url', url)).toMatchObject({
      ...{ code: 0, source: 'instance', connectors: [{ name: 'acme', state: 'paused', lagEvents: 1 }], stderr: '' },
    })
    expect(await idsIn(work, 'out')).toEqual(['e1'])

    expect((await work.run('resume', 'acme', '--url', url)).code).toBe(0)
    await eventually(async () => (await idsIn(work, 'out')).length === 2, PATIENTLY)
    await eventually(async () => (await asked(url)).get('acme')?.lagEvents === 0, PATIENTLY)
    const { code, connectors } = await statusOf(work, 'acme', '--url', url)
    expect([code, connectors[0]?.state]).toEqual([0, 'running'])
    expect(connectors[0]?.timeline?.map(({ what }) => what)).toEqual(expect.arrayContaining(['pause', 'resume']))

    const refused = await work.run('pause', 'nobody', '--url', url, '--json')
    expect([refused.code, refused.stdout]).toEqual([2, ''])
    service.signal('SIGTERM')
    expect(await service.exited).toBe(0)

    // Nobody is left to ask, and what Kafka knows is still told: that nothing runs needs attention.
    await produce(brokers, topic, [event('e3')])
    // The last word of a process may be lost on a busy machine; then its silence tells.
    const left = await eventually(async () => {
      const said = await statusOf(work, 'acme', '--url', url)
      return said.code === 4 && said
    }, PATIENTLY)
    expect(left.stderr).toContain(`no running instance answers at ${url} (ECONNREFUSED): from Kafka alone`)
    expect(left).toMatchObject({
      ...{ code: 4, source: 'kafka' },
      connectors: [{ name: 'acme', state: 'stopped', lagEvents: 1, problem: { code: 'NOT_RUNNING' } }],
    })
    expect(left.connectors[0]?.timeline?.map(({ what }) => what)).toEqual(expect.arrayContaining(['pause', 'resume']))
    const noInstance = await work.run('pause', 'acme', '--url', url)
    expect([noInstance.code, noInstance.stderr.includes('pause holds over restarts')]).toEqual([1, true])
  })

  it('a connector that needs a person: exit 4 and what to do; probe tries again once it is mended', async () => {
    const topic = await createTopic(brokers)
    const stuck = { topics: [topic], destination: { type: 'folder', path: './stuck/out' }, files: { maxAge: '1s' } }
    const work = await project(topic, { stuck })
    await writeFile(join(work.folder, 'stuck'), 'a file where a folder has to be')
    await produce(brokers, topic, [event('e1')])
    const { service, url } = await running(work)
    await eventually(async () => {
      const connectors = await asked(url)
      return connectors.get('stuck')?.state === 'blocked' && connectors.get('acme')?.state === 'running'
    }, PATIENTLY)
    const { code, stdout } = await work.run('status', '--url', url)
    expect([code, stdout.split('\n')[0]]).toEqual([4, '1 of 2 connectors needs attention.'])
    expect(stdout).toMatch(/^! stuck: blocked since .* UTC/m)
    expect(stdout).toContain('What to do: ')
    expect((await statusOf(work, 'acme', '--url', url)).code).toBe(0)

    await rm(join(work.folder, 'stuck'))
    await mkdir(join(work.folder, 'stuck'))
    expect((await work.run('probe', 'stuck', '--url', url)).code).toBe(0)
    await eventually(async () => (await idsIn(work, 'stuck/out')).length === 1, PATIENTLY)
    service.signal('SIGTERM')
    expect(await service.exited).toBe(0)
  })

  it('flush delivers at once what would wait for an hour', async () => {
    const topic = await createTopic(brokers)
    const hourly = { topics: [topic], destination: { type: 'folder', path: './hourly' }, files: { maxAge: '1h' } }
    const work = await project(topic, { hourly })
    await produce(brokers, topic, [event('e1')])
    const { service, url } = await running(work)
    await eventually(async () => (await asked(url)).get('hourly')?.totals.buffered.events === 1, PATIENTLY)
    expect(await idsIn(work, 'hourly')).toEqual([])
    expect((await work.run('flush', 'hourly', '--url', url)).code).toBe(0)
    await eventually(async () => (await idsIn(work, 'hourly')).length === 1, PATIENTLY)
    service.signal('SIGTERM')
    expect(await service.exited).toBe(0)
  })
})
