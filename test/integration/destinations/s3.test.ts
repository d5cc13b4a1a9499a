import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import type { S3Settings } from '../../../src/config/configuration.js'
import { createS3Client } from '../../../src/destinations/s3-client.js'
import { createAwsHttp } from '../../../src/destinations/aws-http.js'
import { createAwsCredentials, type AwsAccount } from '../../../src/destinations/aws-credentials.js'
import { createS3Destination } from '../../../src/destinations/s3.js'
import { systemClock } from '../../../src/runtime/clock.js'
import { Secret } from '../../../src/runtime/secret.js'
import { describeDestination, payloadOf } from '../../destinations/conformance.js'
import { S3FaultProxy, type S3Fault } from '../../support/s3-fault-proxy.js'
import { describeWithServers } from '../../support/describe-with-servers.js'

const never = new AbortController().signal
const inline = (text: string) => new Secret({ kind: 'inline' }, () => text)
let buckets = 0

function settingsOf(endpoint: string, bucket: string): S3Settings {
  const where = { bucket, region: 'us-east-1', folder: 'currents', endpoint, pathStyle: true }
  return { type: 's3', account: 'acme', encryption: 'none', ...where }
}

function accountOf(id: string, secret: string): AwsAccount {
  return { type: 'aws', accessKeyId: inline(id), secretAccessKey: inline(secret) }
}

describeWithServers('s3, against a real server', ['s3'], ({ s3 }) => {
  const { endpoint, accessKeyId, secretAccessKey } = s3
  const account = accountOf(accessKeyId, secretAccessKey)

  function otherClient(): S3Client {
    const credentials = { accessKeyId, secretAccessKey }
    return new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials })
  }

  async function newBucket(client: S3Client): Promise<string> {
    const bucket = `conformance-${Date.now()}-${buckets++}`
    await client.send(new CreateBucketCommand({ Bucket: bucket }))
    return bucket
  }

  describeDestination('s3', async () => {
    const client = otherClient()
    const bucket = await newBucket(client)
    const gate = await S3FaultProxy.start(endpoint)
    return {
      destination: createS3Destination(settingsOf(gate.endpoint, bucket), account, { clock: systemClock }),
      async readBack(key) {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
        return Buffer.from((await Body?.transformToByteArray()) ?? [])
      },
      async listKeys() {
        const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }))
        return Contents.map(({ Key = '' }) => Key).sort()
      },
      refuse: (key) => Promise.resolve(gate.rules.set([{ action: 'internal error', path: pathOf(bucket, key) }])),
      accept: () => Promise.resolve(gate.rules.set([])),
      async stop() {
        client.destroy()
        await gate.close()
      },
    }
  })

  async function outcome(bucket: string | undefined, by = account): Promise<string> {
    const client = otherClient()
    const settings = settingsOf(endpoint, bucket ?? (await newBucket(client)))
    client.destroy()
    const destination = createS3Destination(settings, by, { clock: systemClock })
    const [failure] = await destination.write([payloadOf('x', 100)], never)
    await destination.close()
    return failure ? `${failure.class} ${failure.code}` : 'written'
  }

  test('a bucket that does not exist is a matter of configuration', async () => {
    expect(await outcome('no-such-bucket-anywhere')).toBe('configuration NoSuchBucket')
  })

  test('wrong keys are a matter of credentials', async () => {
    expect(await outcome(undefined, accountOf('nobody', secretAccessKey))).toBe('credentials InvalidAccessKeyId')
    expect(await outcome(undefined, accountOf(accessKeyId, 'wrong'))).toBe('credentials SignatureDoesNotMatch')
  })

  const faults: [S3Fault['action'], string][] = [
    ['slow down', 'throttled SlowDown'],
    ['internal error', 'transient InternalError'],
    ['cut before', 'transient ECONNRESET'],
    ['cut body', 'transient ECONNRESET'],
    ['cut after', 'transient ECONNRESET'],
  ]

  test.each(faults)('%s is %s; the same write again heals it', async (action, expected) => {
    const client = otherClient()
    const bucket = await newBucket(client)
    const proxy = await S3FaultProxy.start(endpoint)
    proxy.rules.set([{ action, times: 1 }])
    const destination = createS3Destination(settingsOf(proxy.endpoint, bucket), account, { clock: systemClock })
    const payload = payloadOf('x.avro', 1_000_000)
    const failures = await destination.write([payload], never)
    expect(failures.map(({ class: failureClass, code }) => `${failureClass} ${code}`)).toEqual([expected])
    expect(await destination.write([payload], never)).toEqual([])
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: 'x.avro' }))
    expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(await payload.body())).toBe(true)
    await destination.close()
    await proxy.close()
    client.destroy()
  })

  test('the server checks the checksum that is sent', async () => {
    const client = otherClient()
    const bucket = await newBucket(client)
    client.destroy()
    const credentials = createAwsCredentials(account, { clock: systemClock, region: 'us-east-1' })
    const http = createAwsHttp({ sockets: 1, idleMs: 10_000 })
    const ours = createS3Client({ region: 'us-east-1', endpoint, pathStyle: true, credentials, http })
    const wrong = { bucket, key: 'x', body: Buffer.from('abc'), crc32: 'AAAAAA==' }
    await expect(
      ours.put({ ...wrong, contentType: 'application/avro', encryption: 'none' }, never),
    ).rejects.toMatchObject({ name: 'BadDigest' })
    ours.destroy()
  })
})

/** A PUT of just this key; it has no characters that need escaping. */
function pathOf(bucket: string, key: string): RegExp {
  return new RegExp(`^/${bucket}/${key.replaceAll('.', '[.]')}[?]`)
}
