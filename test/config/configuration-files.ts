import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { formatProblems } from '../../src/config/problem.js'
import { readConfiguration, type Reading } from '../../src/config/read.js'
import { temporaryFolder } from '../support/temporary-folder.js'

type Block = Record<string, unknown>

/** A configuration without mistakes, of the parts most tests need. */
export function sound(): Block {
  return {
    kafka: { brokers: ['localhost:9092'] },
    accounts: {
      keys: { type: 'aws', accessKeyId: 'env:ID', secretAccessKey: 'env:KEY' },
      hub: { type: 'event-hubs', connectionString: 'env:HUB' },
    },
    connectors: {
      a: {
        topics: ['events'],
        destination: { type: 's3', account: 'keys', bucket: 'acme-currents', region: 'eu-west-1' },
      },
      b: { topics: ['events'], destination: { type: 'folder', path: 'out' } },
    },
  }
}

export const ENV = { ID: 'AKIAPLANTED', KEY: 'planted-key', HUB: 'planted-hub' }

/** `sound()` with other values at dotted paths; undefined removes. */
export function soundBut(changes: Record<string, unknown>): Block {
  const configuration = sound()
  for (const [path, value] of Object.entries(changes)) change(configuration, path.split('.'), value)
  return configuration
}

function change(block: Block, [key = '', ...rest]: string[], value: unknown): void {
  if (rest.length > 0) change((block[key] ??= {}) as Block, rest, value)
  else if (value === undefined) delete block[key]
  else block[key] = value
}

/** Writes `text` (or a block as JSON, which is YAML) to a file in a folder of its own; returns its path. */
export async function configurationFile(content: string | Block, name = 'millrace.yaml'): Promise<string> {
  const path = join(await temporaryFolder(), name)
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content, null, 2))
  return path
}

export async function reading(content: string | Block, env: Record<string, string> = ENV): Promise<Reading> {
  return readConfiguration(await configurationFile(content), env)
}

/** The lines that tell the mistakes; none when there are none. */
export async function mistakes(content: string | Block, env?: Record<string, string>): Promise<string[]> {
  const result = await reading(content, env)
  return 'problems' in result ? formatProblems(result.problems) : []
}
