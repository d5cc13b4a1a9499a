import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { randomUUID } from 'node:crypto'
import type { S3Address } from '../../scripts/servers/find-servers.js'

async function withClient<T>(
  { endpoint, accessKeyId, secretAccessKey }: S3Address,
  work: (client: S3Client) => Promise<T>,
) {
  const credentials = { accessKeyId, secretAccessKey }
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials })
  try {
    return await work(client)
  } finally {
    client.destroy()
  }
}

/** Makes a bucket that no other test uses; resolves to its name. */
export async function createBucket(address: S3Address): Promise<string> {
  const bucket = `test-${randomUUID()}`
  await withClient(address, (client) => client.send(new CreateBucketCommand({ Bucket: bucket })))
  return bucket
}

/** All keys of the bucket that begin with `prefix`, sorted; at most a thousand. */
export async function listKeys(address: S3Address, bucket: string, prefix = ''): Promise<string[]> {
  const { Contents = [] } = await withClient(address, (client) =>
    client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix })),
  )
  return Contents.map(({ Key = '' }) => Key).sort()
}

/** Bytes of every object of the bucket whose key begins with `prefix`, by key. */
export async function readObjects(address: S3Address, bucket: string, prefix = ''): Promise<Map<string, Buffer>> {
  const keys = await listKeys(address, bucket, prefix)
  return withClient(address, async (client) => {
    const read = keys.map(async (key) => {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
      return [key, Buffer.from((await Body?.transformToByteArray()) ?? [])] as const
    })
    return new Map(await Promise.all(read))
  })
}
