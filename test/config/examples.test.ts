import { readFile, readdir } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { Configuration } from '../../src/config/configuration.js'
import { readConfiguration } from '../../src/config/read.js'

interface Compose {
  services: Record<string, { command?: string | string[]; volumes?: string[]; environment?: Record<string, string> }>
}

interface EmulatorConfiguration {
  UserConfig: { NamespaceConfig: { Name: string; Entities: { Name: string; PartitionCount: string }[] }[] }
}

const { services } = parse(await readFile('docker-compose.yml', 'utf8')) as Compose

/** The examples that a service is given, by what they are called inside. */
function filesOf(service: string): [string, string][] {
  const mounts = (services[service]?.volumes ?? []).filter((volume) => volume.startsWith('./examples/'))
  return mounts.map((mount) => [mount.split(':')[1] ?? '', mount.split(':')[0] ?? ''])
}

/** What the service's own command line and environment make of its configuration. */
function configurationOf(service: string): Configuration {
  const inside = services[service]?.command?.at(-1) ?? ''
  const path = new Map(filesOf(service)).get(inside)
  const result = readConfiguration(path ?? inside, services[service]?.environment ?? {})
  expect(result).not.toHaveProperty('problems')
  return (result as { configuration: Configuration }).configuration
}

describe('docker-compose.yml', () => {
  it('gives containers files that exist', async () => {
    const given = Object.keys(services).flatMap((service) => filesOf(service).map(([, path]) => path))
    expect(given).toHaveLength(3)
    for (const path of given) expect(await readFile(path, 'utf8')).not.toBe('')
  })

  it('runs every example with all that it asks for', async () => {
    const examples = (await readdir('examples')).filter((name) => name.endsWith('.yaml'))
    const run = ['millrace', 'millrace-streams'].map((service) => [configurationOf(service), filesOf(service)] as const)
    expect(run.map(([, [file]]) => file?.[1])).toEqual(examples.map((name) => `./examples/${name}`).sort())
    const written = run.flatMap(([{ connectors }]) => connectors.map(({ destination }) => destination.type))
    expect(written).toEqual(['s3', 'kinesis', 'event-hubs'])
  })

  it('makes the stream and the event hub that the example writes into', async () => {
    const [kinesis, eventHubs] = configurationOf('millrace-streams').connectors
    const stream = kinesis?.destination.type === 'kinesis' && kinesis.destination.stream
    expect(services['stream']?.command?.[0]).toContain(`create_stream(StreamName='${String(stream)}'`)
    const [[, path = ''] = []] = filesOf('event-hubs')
    const { UserConfig } = JSON.parse(await readFile(path, 'utf8')) as EmulatorConfiguration
    const hub = eventHubs?.destination.type === 'event-hubs' && eventHubs.destination.eventHub
    // The name and the count as text are what the emulator's own schema of this file asks for.
    expect(UserConfig.NamespaceConfig).toMatchObject([
      { Name: 'emulatorNs1', Entities: [{ Name: hub, PartitionCount: '2' }] },
    ])
  })
})
