import { MillraceError } from '../runtime/errors.js'
import { createAwsHttp } from './aws-http.js'
import type { AwsCredentials } from './aws-credentials.js'
import { createS3Client } from './s3-client.js'
import { diagnose } from './s3-failure.js'

export interface ReaderAccess {
  region: string
  /** Only for S3-compatible storage; path-style addressing then. */
  endpoint?: string
  credentials: AwsCredentials
  /** Now, Unix milliseconds; tells a wrong clock from wrong credentials. */
  nowMs: number
}

/** A person waits for it: no longer than for a hanging web page. */
const IDLE_MS = 30_000

/** Reads a whole object, `s3://bucket/key`. Throws `MillraceError` `USAGE` for another URI, `READ_FAILED` otherwise. */
export async function readObject(uri: string, access: ReaderAccess): Promise<Buffer> {
  const { bucket, key } = parseUri(uri)
  const { region, endpoint, credentials } = access
  const http = createAwsHttp({ sockets: 1, idleMs: IDLE_MS })
  const where = endpoint === undefined ? { pathStyle: false } : { pathStyle: true, endpoint }
  const client = createS3Client({ region, credentials, http, ...where })
  try {
    return await client.get(bucket, key)
  } catch (error) {
    const { code, said } = diagnose(error, access.nowMs)
    throw new MillraceError('READ_FAILED', `${uri} cannot be read: ${[code, said].filter(Boolean).join(': ')}`)
  } finally {
    client.destroy()
  }
}

function parseUri(uri: string): { bucket: string; key: string } {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(uri) ?? []
  if (bucket === undefined || key === undefined) {
    throw new MillraceError('USAGE', `${uri} is no S3 object: write s3://bucket/key`)
  }
  return { bucket, key }
}
