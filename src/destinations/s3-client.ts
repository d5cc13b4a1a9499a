import { GetObjectCommand, PutObjectCommand, S3Client as AwsS3Client } from '@aws-sdk/client-s3'
import type { NodeHttpHandler } from '@smithy/node-http-handler'
import type { AwsCredentials } from './aws-credentials.js'

export interface S3Access {
  region: string
  /** Only for S3-compatible storage. */
  endpoint?: string
  pathStyle: boolean
  credentials: AwsCredentials
  http: NodeHttpHandler
}

export interface PutRequest {
  bucket: string
  key: string
  body: Buffer
  /** Base64 of the big-endian CRC-32; the server compares it with what arrived. */
  crc32: string
  contentType: string
  encryption: 'none' | 'AES256'
}

/** What the server says about a stored object. */
export interface PutAnswer {
  etag: string | undefined
  crc32: string | undefined
}

/** The two requests Millrace makes of S3, each sent once. They reject with the SDK's errors: see `s3-failure.ts`. */
export interface S3Client {
  put(request: PutRequest, signal: AbortSignal): Promise<PutAnswer>
  get(bucket: string, key: string): Promise<Buffer>
  /** Closes all sockets. */
  destroy(): void
}

/** The only place that knows the SDK's S3 client, and the traps of `dependencies.md`. */
export function createS3Client(access: S3Access): S3Client {
  const client = new AwsS3Client({
    region: access.region,
    ...(access.endpoint !== undefined && { endpoint: access.endpoint }),
    forcePathStyle: access.pathStyle,
    // The SDK caches what a provider says unless it is told that the provider does so itself.
    credentials: Object.assign(() => access.credentials.resolve(), { memoized: true }),
    requestHandler: access.http,
    // Retrying is ours: one request, one failure value.
    maxAttempts: 1,
    retryMode: 'standard',
    followRegionRedirects: false,
    // With the header the SDK opens a new connection for every request.
    expectContinueHeader: false,
  })
  return {
    put: (request, signal) => put(client, request, signal),
    get: (bucket, key) => get(client, bucket, key),
    destroy: () => client.destroy(),
  }
}

async function put(client: AwsS3Client, request: PutRequest, signal: AbortSignal): Promise<PutAnswer> {
  const command = new PutObjectCommand({
    Bucket: request.bucket,
    Key: request.key,
    Body: request.body,
    ContentLength: request.body.length,
    ContentType: request.contentType,
    // Given ready-made, so that the SDK neither computes one nor changes the body's framing.
    ChecksumCRC32: request.crc32,
    ...(request.encryption === 'AES256' && { ServerSideEncryption: 'AES256' as const }),
  })
  const output = await client.send(command, { abortSignal: signal })
  return { etag: output.ETag, crc32: output.ChecksumCRC32 }
}

async function get(client: AwsS3Client, bucket: string, key: string): Promise<Buffer> {
  const output = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
  return Buffer.from((await output.Body?.transformToByteArray()) ?? [])
}
