import { CreateStreamCommand, KinesisClient } from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { KinesisSettings } from '../../../src/config/configuration.js'
import type { AwsAccount } from '../../../src/destinations/aws-credentials.js'
import type { RecordPayload, StreamDestination } from '../../../src/destinations/destination.js'
import { createKinesisDestination } from '../../../src/destinations/kinesis.js'
import { kinesisPolicy } from '../../../src/destinations/kinesis-policy.js'
import { systemClock } from '../../../src/runtime/clock.js'
import { Secret } from '../../../src/runtime/secret.js'
import { callsOf, describeStream, recordOf, type StreamSubject } from '../../destinations/stream-conformance.js'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { KinesisReader } from '../../support/kinesis-reader.js'
import { Moto, type MotoUser } from '../../support/moto.js'

const never = new AbortController().signal
const inline = (text: string) => new Secret({ kind: 'inline' }, () => text)
type Key = Pick<MotoUser, 'accessKeyId' | 'secretAccessKey'>

function accountOf({ accessKeyId, secretAccessKey }: Key): AwsAccount {
  return { type: 'aws', accessKeyId: inline(accessKeyId), secretAccessKey: inline(secretAccessKey) }
}

describeWithServers('kinesis, against moto', ['moto'], (servers) => {
  const moto = Moto.at(servers.moto)
  let reader: KinesisReader

  // The packages are installed the first time.
  beforeAll(async () => void (reader = await KinesisReader.start(moto)))
  afterAll(() => reader.stop())

  /** Three, so that their borders are inside buckets of keys. */
  async function createStream(): Promise<string> {
    const StreamName = `test-${randomUUID()}`
    const { endpoint, admin: credentials } = moto
    const requestHandler = new NodeHttpHandler()
    const client = new KinesisClient({ endpoint, region: 'us-east-1', credentials, requestHandler })
    await client.send(new CreateStreamCommand({ StreamName, ShardCount: 3 }))
    client.destroy()
    return StreamName
  }

  function settingsOf(stream: string, more: Partial<KinesisSettings> = {}): KinesisSettings {
    const limits = { maxRecordsPerRequest: 500, maxRequestBytes: 5_242_880, maxRecordBytes: 1_048_576 }
    const where = { account: 'acme', stream, region: 'us-east-1', endpoint: moto.endpoint, partitionKey: 'user_id' }
    return { type: 'kinesis', ...where, ...limits, aggregation: 'none', ...more }
  }

  function destinationOf(settings: KinesisSettings, by: Key = moto.admin): StreamDestination {
    return createKinesisDestination(settings, accountOf(by), { clock: systemClock })
  }

  async function subject(aggregation: KinesisSettings['aggregation']): Promise<StreamSubject> {
    const stream = await createStream()
    return {
      destination: destinationOf(settingsOf(stream, { aggregation })),
      async readBack() {
        const shards = await reader.read(stream)
        expect(shards.flat().filter(({ isOfShard }) => !isOfShard)).toEqual([])
        return shards.map((shard) => shard.map(({ partitionKey, data: bytes }) => ({ partitionKey, bytes })))
      },
      stop: () => Promise.resolve(),
    }
  }

  describeStream('kinesis, read by boto3', () => subject('none'))
  describeStream('kinesis with aggregation, read by boto3 and aws_kinesis_agg', () => subject('kpl'))

  test('aggregated: few records of the stream, all events of them, in the shard where readers accept them', async () => {
    const stream = await createStream()
    const destination = destinationOf(settingsOf(stream, { aggregation: 'kpl' }))
    const records = Array.from({ length: 3000 }, (_, index) =>
      recordOf(`user-${index % 300}`, Math.floor(index / 300), 300),
    )
    const calls = callsOf(records, destination.most)
    expect(calls).toHaveLength(1)
    for (const call of calls) expect(await destination.write(call, never)).toEqual([])
    await destination.close()
    const shards = await reader.read(stream)
    expect(shards.flat().map(({ isAggregated, isOfShard }) => [isAggregated, isOfShard])).toEqual(
      Array(3000).fill([true, true]),
    )
    expect(shards.every((shard) => shard.length > 600)).toBe(true)
    for (const shard of shards) {
      const found = shard.map(({ data }) => data.toString())
      const keys = new Set(shard.map(({ partitionKey }) => partitionKey))
      const sent = records
        .filter(({ partitionKey }) => keys.has(String(partitionKey)))
        .map(({ bytes }) => bytes.toString())
      expect([...found].sort()).toEqual([...sent].sort())
      for (const key of [...keys].slice(0, 20)) {
        const ofKey = (texts: string[]) => texts.filter((text) => text.includes(`#${key};`))
        expect(ofKey(found)).toEqual(ofKey(sent))
      }
    }
  })

  async function outcome(settings: KinesisSettings, by: Key, records: RecordPayload[] = [recordOf('k', 0)]) {
    const destination = destinationOf(settings, by)
    const [failure] = await destination.write(records, never)
    await destination.close()
    return failure ? `${failure.class} ${failure.code}` : 'written'
  }

  async function checked(settings: KinesisSettings, by: Key): Promise<Record<string, string>> {
    const destination = destinationOf(settings, by)
    const results = await destination.check(null, never)
    await destination.close()
    return Object.fromEntries(results.map(({ name, status, code }) => [name, code ? `${status} ${code}` : status]))
  }

  const FOUND = { secret: 'ok', address: 'ok', tls: 'skipped', clock: 'ok' }

  test('the action of the printed policy is all that it takes; without it the missing right is named', async () => {
    const settings = settingsOf(await createStream())
    const user = await moto.createUser(`kinesis-${randomUUID()}`)
    expect(await outcome(settings, user)).toBe('credentials AccessDenied')
    expect(await checked(settings, user)).toEqual({
      ...{ ...FOUND, credentials: 'ok', 'kinesis:PutRecords': 'failed AccessDenied' },
      ...{ stream: 'skipped', encryption: 'skipped' },
    })
    // To moto every request to Kinesis is about the resource `*`.
    const policy = kinesisPolicy(settings)
    const Statement = policy.Statement.map((statement) => ({ ...statement, Resource: ['*'] }))
    await moto.allowUser(user.name, { ...policy, Statement })
    expect(await checked(settings, user)).toEqual({
      ...{ ...FOUND, credentials: 'ok', 'kinesis:PutRecords': 'ok', stream: 'ok', encryption: 'skipped' },
    })
    expect((await reader.read(settings.stream)).flat()).toEqual([])
    expect(await outcome(settings, user)).toBe('written')
  })

  test('wrong keys are a matter of credentials', async () => {
    const settings = settingsOf(await createStream())
    const nobody = { accessKeyId: 'AKIANOBODY', secretAccessKey: 'x' }
    expect(await outcome(settings, nobody)).toBe('credentials InvalidClientTokenId')
    expect(await checked(settings, nobody)).toMatchObject({ credentials: 'failed InvalidClientTokenId' })
    const wrong = { ...moto.admin, secretAccessKey: 'x' }
    expect(await outcome(settings, wrong)).toBe('credentials SignatureDoesNotMatch')
    expect(await checked(settings, wrong)).toMatchObject({ credentials: 'failed SignatureDoesNotMatch' })
  })

  test('a stream that does not exist is a matter of configuration', async () => {
    const settings = settingsOf('no-such-stream')
    expect(await outcome(settings, moto.admin)).toBe('configuration ResourceNotFoundException')
    expect(await checked(settings, moto.admin)).toMatchObject({
      ...{ credentials: 'ok', stream: 'failed ResourceNotFoundException' },
    })
  })

  test('a record that the server refuses is found among the others and rejected', async () => {
    const settings = settingsOf(await createStream(), { maxRecordBytes: 2_000_000 })
    const destination = destinationOf(settings)
    const large = recordOf('large', 0, 1_100_000)
    const others = ['a', 'b', 'c', 'd'].map((key) => recordOf(key, 0))
    const failures = await destination.write([...others.slice(0, 2), large, ...others.slice(2)], never)
    await destination.close()
    expect(failures.map(({ payload, class: failureClass }) => [payload, failureClass])).toEqual([[large, 'rejected']])
    expect((await reader.read(settings.stream)).flat()).toHaveLength(4)
  })
})
