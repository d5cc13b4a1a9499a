import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { LedgerEntry } from '../../src/delivery/ledger-entry.js'
import { decodeMetadata, type CommitMetadata } from '../../src/range/commit-metadata.js'
import { createKafkaOffsets } from '../../src/source/kafka-offsets.js'
import { uniqueTopic, withAdmin } from './kafka-topics.js'
import { workplace, type Workplace } from './millrace-process.js'
import type { Moto, MotoUser } from './moto.js'
import { readObjects } from './s3-buckets.js'
import { idsOf } from './sent-events.js'

/** What is committed for a partition. */
interface CommittedPartition extends CommitMetadata {
  topic: string
  partition: number
  offset: number
}

/** Where connectors are run that live by the 48-hour rule: side topics and consumer groups of their own. */
export interface RulePlace extends Workplace {
  configuration: RuleConfiguration
  /** Of every partition that has a commit. Rejects for metadata that is not Millrace's. */
  committed: (connector: string) => Promise<CommittedPartition[]>
  /** Entries of the drop ledger as `millrace drops list` tells them. */
  drops: () => Promise<LedgerEntry[]>
  /** Records in the drop ledger; 0 also when there is none. */
  dropRecords: () => Promise<number>
  /** The access key of the account `keys`, in its two files. */
  writeKey: (key: Pick<MotoUser, 'accessKeyId' | 'secretAccessKey'>) => Promise<void>
  /** From the next start on. */
  configure: (change: Partial<RuleConfiguration>) => Promise<void>
}

interface RuleConfiguration {
  kafka: { brokers: string[]; topics: { drops: string; deadLetters: string } } & Record<string, unknown>
  accounts: object
  connectors: Record<string, { topics: string[] } & Record<string, unknown>>
  [key: string]: unknown
}

/** Reads its key anew from files. */
const KEYS = { type: 'aws', accessKeyId: 'file:key-id', secretAccessKey: 'file:key-secret' }

/** Beside `connectors`, `given` may hold any block of the configuration. */
export async function rulePlace(
  brokers: string[],
  given: Pick<RuleConfiguration, 'connectors'> & Record<string, unknown>,
  env: Record<string, string> = {},
): Promise<RulePlace> {
  const own = uniqueTopic('rule')
  const topics = { drops: `${own}.drops`, deadLetters: `${own}.dead` }
  const configuration = {
    // The least that there is: what is killed is missed after 6 s.
    kafka: { brokers, groupPrefix: `${own}.`, sessionTimeout: '6s', topics },
    service: { http: false },
    accounts: { keys: KEYS },
    ...given,
  }
  const place = await workplace(configuration, env)
  const write = (name: string, text: string) => writeFile(join(place.folder, name), text)
  const offsets = createKafkaOffsets({ kafka: { brokers, clientId: 'test', ssl: false } })
  onTestFinished(() => offsets.close())
  return {
    ...place,
    configuration,
    committed: async (connector) => {
      const found = await offsets.committed(`${own}.${connector}`, configuration.connectors[connector]!.topics)
      return found.flatMap(({ offset, metadata, ...partition }) => {
        const decoded = decodeMetadata(metadata)
        if (decoded.kind !== 'ours') throw new Error(`not ours: ${metadata}`)
        return offset === null ? [] : [{ ...partition, offset, intent: decoded.intent, marks: decoded.marks }]
      })
    },
    drops: async () => JSON.parse((await place.run('drops', 'list', '--json')).stdout) as LedgerEntry[],
    dropRecords: () => endOf(brokers, configuration.kafka.topics.drops),
    writeKey: async ({ accessKeyId, secretAccessKey }) => {
      await Promise.all([write('key-id', accessKeyId), write('key-secret', secretAccessKey)])
    },
    configure: (change) => write('millrace.yaml', JSON.stringify(Object.assign(configuration, change))),
  }
}

async function endOf(brokers: string[], topic: string): Promise<number> {
  return withAdmin(brokers, async (admin) => {
    if (!(await admin.listTopics()).includes(topic)) return 0
    const partitions = await admin.fetchTopicOffsets(topic)
    return partitions.reduce((sum, { high }) => sum + Number(high), 0)
  })
}

/** Whose bucket it is; may put objects into it and nothing else. */
export interface Customer {
  user: MotoUser
  bucket: string
  /** Of a connector that delivers there with the account `keys`, in a folder of its own when `folder` names one. */
  destination: (folder?: string) => Record<string, string>
  /** Of all events in that folder's objects, sorted. */
  delivered: (folder?: string) => Promise<string[]>
}

export async function newCustomer(moto: Moto): Promise<Customer> {
  const [bucket, name] = [`bucket-${randomUUID()}`, `user-${randomUUID()}`]
  await moto.createBucket(bucket)
  const user = await moto.createUser(name)
  await moto.allowUser(name, { Version: '2012-10-17', Statement: [mayPut(bucket)] })
  const { endpoint, admin } = moto
  return {
    ...{ user, bucket },
    destination: (folder = 'currents') => ({ type: 's3', account: 'keys', bucket, endpoint, folder }),
    delivered: async (folder = 'currents') =>
      idsOf(await readObjects({ ...admin, endpoint }, bucket, `${folder}/`), ''),
  }
}

/** The statement of a policy. */
export const mayPut = (bucket: string) => ({
  Effect: 'Allow',
  Action: 's3:PutObject',
  Resource: `arn:aws:s3:::${bucket}/*`,
})
