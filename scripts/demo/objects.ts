import { GetObjectCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3'
import avsc from 'avsc'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { outputFolder } from './configuration.js'
import { bucket, type Servers } from './servers.js'

/** What the destination holds, read through its own door and not through the service. */
export interface ObjectStore {
  keys(): Promise<string[]>
  read(key: string): Promise<Buffer>
  /** For people: where the objects lie. A path, unless the servers run in containers. */
  liesIn: string
}

export function objectStore({ s3 }: Servers, workFolder: string): ObjectStore {
  return s3 ? bucketStore(s3) : folderStore(join(workFolder, outputFolder))
}

function bucketStore({
  endpoint,
  accessKeyId,
  secretAccessKey,
  objectsLieIn,
}: NonNullable<Servers['s3']>): ObjectStore {
  const credentials = { accessKeyId, secretAccessKey }
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials })
  return {
    liesIn: objectsLieIn,
    keys: async () => {
      const keys: string[] = []
      for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket })) {
        keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []))
      }
      return keys
    },
    read: async (key) => {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
      return Buffer.from(await Body!.transformToByteArray())
    },
  }
}

function folderStore(folder: string): ObjectStore {
  return {
    liesIn: folder,
    keys: async () => {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true })
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    },
    read: (key) => readFile(join(folder, key)),
  }
}

/** The `id` of every event in an Avro object file, read by a library that has no part in writing it. */
export async function eventIds(object: Buffer): Promise<string[]> {
  const decoder = new avsc.streams.BlockDecoder()
  decoder.end(object)
  const ids: string[] = []
  for await (const event of decoder as AsyncIterable<{ id: string }>) ids.push(event.id)
  return ids
}
