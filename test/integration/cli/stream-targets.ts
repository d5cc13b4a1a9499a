import {
  CreateStreamCommand,
  DescribeStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
} from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { randomUUID } from 'node:crypto'
import { onTestFinished } from 'vitest'
import { EventHubsPeer } from '../../support/event-hubs-peer.js'
import { eventually } from '../../support/eventually.js'
import type { MotoAddress } from '../../support/moto.js'

/** An event as a reader of the stream finds it; records are JSON. */
interface StreamedEvent {
  partitionKey: string | null
  event: Record<string, unknown>
}

/** A stream that exists, how a connector writes to it, and another way to what it holds. */
export interface StreamTarget {
  destination: { type: 'kinesis' | 'event-hubs' } & Record<string, unknown>
  account: object
  env: Record<string, string>
  /** What of `env` must never be shown. */
  secret: string
  /** The options of `millrace add` for the destination, and for a new account of that name. */
  options: (account: string) => string[]
  /** Everything that is in the stream, shard by shard. */
  read: () => Promise<StreamedEvent[][]>
}

const REGION = 'us-east-1'

/** Two shards, on moto, with the rights of `key`: those of its administrator unless told. */
export async function kinesisTarget({ endpoint, admin }: MotoAddress, key = admin): Promise<StreamTarget> {
  const stream = `stream-${randomUUID()}`
  const settings = { endpoint, credentials: admin, region: REGION, requestHandler: new NodeHttpHandler() }
  const client = new KinesisClient(settings)
  onTestFinished(() => client.destroy())
  await client.send(new CreateStreamCommand({ StreamName: stream, ShardCount: 2 }))
  const shards = async () => (await client.send(new DescribeStreamCommand({ StreamName: stream }))).StreamDescription
  await eventually(async () => (await shards())?.StreamStatus === 'ACTIVE', { because: `${stream} is not active` })
  return {
    destination: { type: 'kinesis', account: 'acme', stream, endpoint },
    account: { type: 'aws', accessKeyId: 'env:ID', secretAccessKey: 'env:SECRET' },
    env: { ID: key.accessKeyId, SECRET: key.secretAccessKey },
    secret: key.secretAccessKey,
    options: (account) => [
      ...['--type', 'kinesis', '--stream', stream, '--endpoint', endpoint, '--new-account', account],
      ...['--access-key-id', 'env:ID', '--secret-access-key', 'env:SECRET'],
    ],
    read: async () => {
      const { Shards = [] } = (await shards()) ?? {}
      return Promise.all(Shards.map(({ ShardId = '' }) => recordsOf(client, { StreamName: stream, ShardId })))
    },
  }
}

async function recordsOf(client: KinesisClient, shard: { StreamName: string; ShardId: string }) {
  const first = new GetShardIteratorCommand({ ...shard, ShardIteratorType: 'TRIM_HORIZON' })
  const found: StreamedEvent[] = []
  let { ShardIterator } = await client.send(first)
  for (;;) {
    const { Records = [], NextShardIterator } = await client.send(new GetRecordsCommand({ ShardIterator }))
    if (Records.length === 0) return found
    for (const { PartitionKey = '', Data } of Records) {
      found.push({ partitionKey: PartitionKey, event: eventOf(Buffer.from(Data ?? [])) })
    }
    ShardIterator = NextShardIterator
  }
}

/** An event hub of four partitions, in this process. */
export async function eventHubsTarget(): Promise<StreamTarget & { peer: EventHubsPeer }> {
  const secret = `planted-${randomUUID()}`
  const peer = await EventHubsPeer.start({ keys: { sender: secret } })
  onTestFinished(() => peer.stop())
  return {
    peer,
    destination: { type: 'event-hubs', account: 'acme', eventHub: 'engagement' },
    account: { type: 'event-hubs', connectionString: 'env:HUB' },
    env: { HUB: peer.connectionString() },
    secret,
    options: (account) => [
      ...['--type', 'event-hubs', '--event-hub', 'engagement'],
      ...['--new-account', account, '--connection-string', 'env:HUB'],
    ],
    read: () => {
      const partitions = peer
        .eventsOf('engagement')
        .map((events) => events.map(({ partitionKey, body }) => ({ partitionKey, event: eventOf(body) })))
      return Promise.resolve(partitions)
    },
  }
}

const eventOf = (bytes: Buffer) => JSON.parse(bytes.toString()) as Record<string, unknown>
