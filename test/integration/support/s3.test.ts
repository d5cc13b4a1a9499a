import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GetObjectCommand, NoSuchKey, PutObjectCommand, S3Client, type PutObjectCommandInput } from '@aws-sdk/client-s3'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { startS3, type LocalS3 } from '../../../scripts/servers/local-s3.js'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { temporaryFolder } from '../../support/temporary-folder.js'
import { S3FaultProxy, type S3Fault } from '../../support/s3-fault-proxy.js'

const Bucket = 'events'

interface Access {
  endpoint: string
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}

/** One attempt for each call. */
function s3Client({ endpoint, ...credentials }: Access, requestTimeout = 60_000): S3Client {
  const requestHandler = new NodeHttpHandler({ requestTimeout, throwOnRequestTimeout: true })
  const client = new S3Client({
    endpoint,
    credentials,
    requestHandler,
    region: 'eu-west-1',
    forcePathStyle: true,
    maxAttempts: 1,
  })
  onTestFinished(() => client.destroy())
  return client
}

/** Resolves to 'stored' or to what the put was refused with. */
function put(client: S3Client, Key: string, input: Partial<PutObjectCommandInput> = {}): Promise<string> {
  return client.send(new PutObjectCommand({ Bucket, Key, Body: 'twelve bytes', ...input })).then(
    () => 'stored',
    (error: Error & { code?: string }) => error.code ?? error.name,
  )
}

async function get(client: S3Client, Key: string): Promise<string | undefined> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }))
    return await Body?.transformToString()
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined
    throw error
  }
}

describeWithServers('a local S3 server', ['java'], () => {
  let s3: LocalS3
  beforeAll(async () => {
    s3 = await startS3({ buckets: [Bucket] })
  })
  afterAll(() => s3?.stop())

  it('stores objects as plain files and keeps them, and its address, over kill -9', async () => {
    const client = s3Client(s3Access(s3))
    expect(await put(client, 'a folder/one.avro')).toBe('stored')
    expect(await readFile(join(s3.directory, Bucket, 'a folder', 'one.avro'), 'utf8')).toBe('twelve bytes')

    await s3.kill()
    expect(await put(client, 'two.avro')).toBe('ECONNREFUSED')
    await s3.restart()

    expect(await get(client, 'a folder/one.avro')).toBe('twelve bytes')
  })

  it('leaves the objects in a directory of yours when it stops', async () => {
    const directory = await temporaryFolder()
    const own = await startS3({ directory, buckets: [Bucket] })
    expect(await put(s3Client(s3Access(own)), 'kept.avro')).toBe('stored')
    await own.stop()
    expect(await readFile(join(directory, Bucket, 'kept.avro'), 'utf8')).toBe('twelve bytes')
  })

  it('checks signatures, checksums and preconditions', async () => {
    const client = s3Client(s3Access(s3))
    expect(await put(s3Client({ ...s3Access(s3), secretAccessKey: 'wrong' }), 'a')).toBe('SignatureDoesNotMatch')
    expect(await put(client, 'a', { ChecksumCRC32: 'AAAAAA==' })).toBe('BadDigest')
    expect(await put(client, 'a', { IfNoneMatch: '*' })).toBe('stored')
    expect(await put(client, 'a', { IfNoneMatch: '*' })).toBe('PreconditionFailed')
  })

  async function withFault(fault: S3Fault, key: string) {
    const proxy = await S3FaultProxy.start(s3.endpoint)
    onTestFinished(() => proxy.close())
    proxy.rules.set([{ method: 'PUT', ...fault }])
    const startMs = performance.now()
    const patienceMs = fault.action === 'hang' ? 1_000 : undefined
    const outcome = await put(s3Client({ ...s3Access(s3), endpoint: proxy.endpoint }, patienceMs), key)
    const stored = (await get(s3Client(s3Access(s3)), key)) !== undefined
    return { outcome, stored, elapsedMs: performance.now() - startMs, done: proxy.rules.done }
  }

  it.each<[S3Fault['action'], string, boolean]>([
    ['slow down', 'SlowDown', false],
    ['internal error', 'InternalError', false],
    ['hang', 'ETIMEDOUT', false],
    ['cut before', 'ECONNRESET', false],
    ['cut body', 'ECONNRESET', false],
    ['cut after', 'ECONNRESET', true],
  ])('behind the fault proxy: %s', async (action, outcome, stored) => {
    const result = await withFault({ action }, action)
    expect(result).toMatchObject({ outcome, stored, done: { [action]: 1 } })
  })

  it('behind the fault proxy: delay and trickle', async () => {
    const delayed = await withFault({ action: 'delay', delayMs: 400 }, 'delayed')
    expect(delayed).toMatchObject({ outcome: 'stored', stored: true })
    expect(delayed.elapsedMs).toBeGreaterThan(390)
    const trickled = await withFault({ action: 'trickle', bytesPerSecond: 30 }, 'trickled')
    expect(trickled).toMatchObject({ outcome: 'stored', stored: true })
    expect(trickled.elapsedMs).toBeGreaterThan(390)
  })

  it('behind the fault proxy: other methods, other paths and the time after are left alone', async () => {
    expect(await withFault({ action: 'slow down', method: 'GET' }, 'b')).toMatchObject({ outcome: 'stored' })
    expect(await withFault({ action: 'slow down', path: /elsewhere/ }, 'c')).toMatchObject({ outcome: 'stored' })
    expect(await withFault({ action: 'slow down', nth: 2 }, 'd')).toMatchObject({ outcome: 'stored' })
  })
})

function s3Access({ endpoint, accessKeyId, secretAccessKey }: LocalS3): Access {
  return { endpoint, accessKeyId, secretAccessKey }
}
