import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { status, type StatusOptions } from '../../src/cli/status.js'
import type { ReportsFromKafka } from '../../src/cli/status/sources.js'
import { MillraceError } from '../../src/runtime/errors.js'
import { FakeClock } from '../support/fake-clock.js'
import { NOW_MS, simulated } from '../health/http/served.js'
import { recordingDisplay } from './status/recording-display.js'
import { NOBODY, servingProject } from './serving-project.js'

type Serving = Awaited<ReturnType<typeof servingProject>>

const kafkaIsSilent: ReportsFromKafka = () =>
  Promise.reject(new MillraceError('KAFKA_UNREACHABLE', 'no broker can be reached'))

/** What Kafka tells of the connectors of the configuration. */
const kafkaTells: ReportsFromKafka = ({ configuration }) => {
  const health = simulated()
  const reports = configuration.connectors.map(({ name }) => ({ ...health.connector(name)!, instances: [] }))
  return Promise.resolve({ connectors: reports, instances: [], board: health })
}

const run = (
  { config, terminal }: Serving,
  name: string | undefined,
  { reportsFromKafka = kafkaIsSilent, ...options }: Partial<StatusOptions> & { reportsFromKafka?: ReportsFromKafka },
) =>
  status(
    name,
    { config, json: false, watch: false, ...options },
    { terminal, clock: new FakeClock(NOW_MS), reportsFromKafka },
  )

interface Document {
  source: string
  instances: { name: string }[]
  connectors: Record<string, unknown>[]
}
const documentOf = ({ terminal }: Serving) => JSON.parse(terminal.said.out.join('\n')) as Document

describe('millrace status', () => {
  it('shows what needs attention first, then all, and exits with 4', async () => {
    const serving = await servingProject()
    expect(await run(serving, undefined, {})).toBe(4)
    const { out, err } = serving.terminal.said
    expect(out[0]).toBe('3 of 9 connectors need attention.')
    expect(out.indexOf('    What to do: Create the bucket, or correct its name.')).toBeGreaterThan(0)
    const table = out.findIndex((line) => line.startsWith('connector '))
    expect(out.slice(table + 1, table + 10).map((line) => line.split(' ')[0])).toEqual(
      Array.from({ length: 9 }, (_, n) => `connector-${n}`),
    )
    expect(out.at(-1)).toBe('Instances: host-a/1 (0.1.0), host-b/1 (0.1.0)')
    expect(err).toEqual([])
  })

  it('of one connector has everything that is known, and exits with 0 when it is well', async () => {
    const serving = await servingProject()
    expect(await run(serving, 'connector-1', {})).toBe(0)
    const text = serving.terminal.said.out.join('\n')
    for (const part of [
      '- connector-1: retrying since 2026-11-21 09:00:00 UTC',
      'What to do: Nothing: it passes by itself.',
      /^contact +data@customer-1.example$/m,
      /^destination +kinesis: stream customer-1 in eu-west-1$/m,
      /^lag +3,003 events$/m,
      /^delivered +10,001 events in 40 objects, 4.4 MB$/m,
      /^partition +owner +committed +end +lag +oldest$/m,
      /^events.1\/2 +host-a\/1 +5,000 +6,001 +1,001 +\d/m,
      /^SlowDown: 812 times, last 0 s ago, first 2026-11-21 09:00:00 UTC$/m,
      /^2026-11-21 09:00:00 UTC {2}retrying \(host-a\/1\)$/m,
    ]) {
      expect(text).toMatch(part)
    }
    expect(text).not.toContain('connector-2')
  })

  it('exits with 4 when the connector asked for needs attention, with 0 when only others do', async () => {
    const serving = await servingProject()
    expect(await run(serving, 'connector-4', {})).toBe(4)
    expect(await run(serving, 'connector-8', {})).toBe(0)
  })

  it('--json prints one document in the words of the API', async () => {
    const serving = await servingProject()
    expect(await run(serving, undefined, { json: true })).toBe(4)
    const { source, instances, connectors } = documentOf(serving)
    expect([source, instances.map(({ name }) => name)]).toEqual(['instance', ['host-a/1', 'host-b/1']])
    expect(connectors).toHaveLength(9)
    expect(connectors[2]).toMatchObject({
      ...{ name: 'connector-2', state: 'credentials-failing', since: '2026-11-21T09:00:00.000Z' },
      ...{ needsAttention: true, failing: { dropAt: '2026-11-22T12:00:00.000Z', eventsAtStake: 3006 } },
    })
    expect(connectors[2]).not.toHaveProperty('partitions')
  })

  it('--json of one connector has its partitions, errors and timeline', async () => {
    const serving = await servingProject()
    expect(await run(serving, 'connector-2', { json: true })).toBe(4)
    const { connectors } = documentOf(serving)
    expect(connectors).toHaveLength(1)
    expect(connectors[0]).toMatchObject({
      name: 'connector-2',
      partitions: [{ partition: 0 }, { partition: 1 }, { partition: 2 }],
      errors: [{ code: 'InvalidAccessKeyId', count: 812 }, { code: 'SlowDown' }],
      timeline: [{ what: 'credentials-failing' }, { what: 'running' }],
    })
  })

  it('refuses --watch with --json', async () => {
    const serving = await servingProject()
    await expect(run(serving, undefined, { watch: true, json: true })).rejects.toMatchObject({ code: 'USAGE' })
  })

  it('a connector that there is not is a mistake, whoever is asked', async () => {
    const serving = await servingProject()
    await expect(run(serving, 'nobody', {})).rejects.toMatchObject({ code: 'USAGE' })
    const fromKafka = run(serving, 'nobody', { url: NOBODY, reportsFromKafka: kafkaTells })
    await expect(fromKafka).rejects.toMatchObject({ code: 'USAGE' })
  })

  it('a refused token is no silence: Kafka is not asked instead', async () => {
    const serving = await servingProject({ token: 'planted-other' })
    await expect(run(serving, undefined, { reportsFromKafka: kafkaTells })).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('service.http.token is not the one it runs with') as string,
    })
  })

  it('fits the window it is in, in its colours', async () => {
    const serving = await servingProject()
    Object.assign(serving.terminal, { display: recordingDisplay({ columns: 72, hasColors: true }) })
    await run(serving, undefined, {})
    const { out } = serving.terminal.said
    expect(Math.max(...out.map((line) => stripVTControlCharacters(line).length))).toBeLessThanOrEqual(72)
    expect(out[0]).toBe('\u001b[31m3 of 9 connectors need attention.\u001b[39m')
  })
})

describe('millrace status where no instance answers', () => {
  it('tells what Kafka knows, and says that on standard error', async () => {
    const serving = await servingProject()
    expect(await run(serving, undefined, { url: NOBODY, reportsFromKafka: kafkaTells })).toBe(4)
    const { out, err } = serving.terminal.said
    expect(err).toEqual([`millrace: no running instance answers at ${NOBODY} (ECONNREFUSED): from Kafka alone`])
    expect(out[0]).toBe('1 of 3 connectors needs attention.')
    expect(out.at(-1)).toBe('No instance runs.')
  })

  it.each([
    [{ http: false as const }, 'millrace: service.http is false, so no instance of this configuration can be asked'],
    [{ http: { port: 0 } }, 'millrace: service.http.port is 0, so where an instance listens is not known'],
  ])('also where none can: %j', async (options, why) => {
    const serving = await servingProject(options)
    expect(await run(serving, 'connector-0', { reportsFromKafka: kafkaTells })).toBe(0)
    expect(serving.terminal.said.err[0]).toContain(why)
  })

  it('tells everything about one connector', async () => {
    const serving = await servingProject()
    expect(await run(serving, 'connector-2', { url: NOBODY, reportsFromKafka: kafkaTells })).toBe(4)
    const { out } = serving.terminal.said
    expect(out.find((line) => line.startsWith('run by'))).toMatch(/no instance$/)
    expect(out[out.indexOf('Errors') + 1]).toMatch(/^InvalidAccessKeyId: 812 times/)
    expect(out[out.indexOf('Timeline') + 1]).toMatch(/credentials-failing \(host-a\/1\)$/)
  })

  it('--json says so in the document', async () => {
    const serving = await servingProject()
    await run(serving, 'connector-2', { url: NOBODY, json: true, reportsFromKafka: kafkaTells })
    expect(documentOf(serving)).toMatchObject({
      ...{ source: 'kafka', instances: [] },
      connectors: [
        {
          ...{ name: 'connector-2', partitions: [{}, {}, {}] },
          ...{ errors: [{ code: 'InvalidAccessKeyId' }, { code: 'SlowDown' }], timeline: [{}, { what: 'running' }] },
        },
      ],
    })
  })

  it('and Kafka does not either: tells both', async () => {
    const serving = await servingProject()
    await expect(run(serving, undefined, { url: NOBODY })).rejects.toMatchObject({
      code: 'KAFKA_UNREACHABLE',
      message: `no running instance answers at ${NOBODY} (ECONNREFUSED), nor does Kafka: no broker can be reached`,
    })
  })
})
