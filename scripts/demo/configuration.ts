import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { S3Address } from '../servers/find-servers.js'
import { bucket, type Servers } from './servers.js'
import { topic } from './topic.js'

export const connector = 'acme-archive'

/** Where the folder destination writes, relative to the configuration file. */
export const outputFolder = 'out'

/** Writes `millrace.yaml` and the keys it refers to; resolves to its path. It works from any shell, as long as the servers run. */
export async function writeConfiguration(
  workFolder: string,
  { brokers, s3 }: Servers,
  httpPort: number,
): Promise<string> {
  if (s3) await writeKeys(workFolder, s3)
  const file = join(workFolder, 'millrace.yaml')
  const document = {
    kafka: { brokers },
    service: { memory: '256MiB', http: { port: httpPort }, log: { level: 'info', format: 'json' } },
    ...(s3 && { accounts: { 'acme-keys': keyReferences } }),
    connectors: { [connector]: connectorSettings(s3) },
  }
  await writeFile(file, `# Written by npm run demo.\n${stringify(document)}`)
  return file
}

const keyReferences = {
  type: 'aws',
  accessKeyId: 'file:keys/access-key-id',
  secretAccessKey: 'file:keys/secret-access-key',
}

async function writeKeys(workFolder: string, { accessKeyId, secretAccessKey }: S3Address): Promise<void> {
  const folder = join(workFolder, 'keys')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'access-key-id'), accessKeyId)
  await writeFile(join(folder, 'secret-access-key'), secretAccessKey, { mode: 0o600 })
}

function connectorSettings(s3: S3Address | undefined) {
  return {
    description: 'Everything, for the warehouse',
    topics: [topic],
    destination: s3
      ? { type: 's3', account: 'acme-keys', bucket, region: 'us-east-1', endpoint: s3.endpoint }
      : { type: 'folder', path: `./${outputFolder}` },
    // An object after 5 s instead of 5 min: new events are seen at once with --keep.
    files: { format: 'avro', codec: 'deflate', maxAge: 'PT5S' },
  }
}
