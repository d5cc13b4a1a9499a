import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'

export interface BucketAddress {
  endpoint: string
  bucket: string
  accessKeyId: string
  secretAccessKey: string
}

/** Objects underway at once: more, and two cores are no faster. */
const AT_ONCE = 16

/** Calls `each` with every object of the bucket; resolves when all are read. */
export async function readBucket(address: BucketAddress, each: (key: string, body: Buffer) => void): Promise<void> {
  const { endpoint, bucket, accessKeyId, secretAccessKey } = address
  const credentials = { accessKeyId, secretAccessKey }
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials })
  const keys = await listKeys(client, bucket)
  const readers = Array.from({ length: AT_ONCE }, async () => {
    for (let key = keys.pop(); key !== undefined; key = keys.pop()) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
      each(key, Buffer.from(await Body!.transformToByteArray()))
    }
  })
  await Promise.all(readers)
  client.destroy()
}

async function listKeys(client: S3Client, bucket: string): Promise<string[]> {
  const keys: string[] = []
  let after: string | undefined
  do {
    const page = await client.send(new ListObjectsV2Command({ Bucket: bucket, StartAfter: after }))
    keys.push(...(page.Contents ?? []).map(({ Key }) => Key!))
    after = page.IsTruncated ? keys.at(-1) : undefined
  } while (after !== undefined)
  return keys
}
