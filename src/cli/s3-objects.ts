import { existsSync } from 'node:fs'
import type { AccountSettings, S3Settings } from '../config/configuration.js'
import { createAwsCredentials } from '../destinations/aws-credentials.js'
import { readObject } from '../destinations/s3-reader.js'
import { systemClock } from '../runtime/clock.js'
import { loadProject } from './project.js'
import type { Terminal } from './terminal.js'

export interface S3Options {
  config: string
  endpoint?: string
  region?: string
}

interface Access {
  account: Extract<AccountSettings, { type: 'aws' }>
  region: string
  endpoint?: string
}

/** Where a bucket is asked for when nobody says: AWS redirects to its region by name. */
const DEFAULT_REGION = 'us-east-1'

/**
 * Reads the object at `s3://bucket/key` as the connector that delivers into its bucket does; without such a connector, or
 * without a configuration file, as the machine itself. Rejects with a `MillraceError`.
 */
export async function readS3Object(uri: string, options: S3Options, terminal: Terminal): Promise<Buffer> {
  const found = await accessTo(uri, options.config, terminal)
  const access = {
    ...found,
    ...(options.region && { region: options.region }),
    ...(options.endpoint && { endpoint: options.endpoint }),
  }
  const credentials = createAwsCredentials(access.account, { clock: systemClock, region: access.region })
  try {
    return await readObject(uri, { ...access, credentials, nowMs: systemClock.nowMs() })
  } finally {
    credentials.close()
  }
}

async function accessTo(uri: string, config: string, terminal: Terminal): Promise<Access> {
  const machine: Access = { account: { type: 'aws' }, region: DEFAULT_REGION }
  if (!existsSync(config)) return machine
  const { connectors, accounts } = (await loadProject(config, terminal)).configuration
  const bucket = uri.split('/')[2]
  const destination = connectors
    .map((connector) => connector.destination)
    .find((candidate): candidate is S3Settings => candidate.type === 's3' && candidate.bucket === bucket)
  const account = accounts.get(destination?.account ?? '')
  if (!destination || account?.type !== 'aws') return machine
  const { region, endpoint } = destination
  return { account, region, ...(endpoint !== undefined && { endpoint }) }
}
