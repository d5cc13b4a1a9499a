import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { AccountSettings, DestinationSettings } from '../../src/config/configuration.js'
import { createDestination, DESTINATION_TYPES } from '../../src/destinations/registry.js'
import { systemClock } from '../../src/runtime/clock.js'
import { MillraceError } from '../../src/runtime/errors.js'
import { Secret } from '../../src/runtime/secret.js'
import { payloadOf } from './conformance.js'

const hub: AccountSettings = { type: 'event-hubs', connectionString: new Secret({ kind: 'inline' }, () => 'x') }
const accounts = new Map<string, AccountSettings>([
  ['machine', { type: 'aws' }],
  ['hub', hub],
])

const create = (destination: DestinationSettings) =>
  createDestination({ name: 'archive', destination }, accounts, { clock: systemClock })

const s3 = (account: string): DestinationSettings => ({
  ...{ type: 's3', account, bucket: 'b', region: 'eu-west-1', folder: 'f', encryption: 'none', pathStyle: false },
})

function refusal(destination: DestinationSettings): unknown {
  try {
    create(destination)
    return 'created'
  } catch (error) {
    return error instanceof MillraceError ? `${error.code} ${error.message}` : error
  }
}

test('a folder', async () => {
  const root = await mkdtemp(path.join(tmpdir(), 'millrace-registry-'))
  const folder = create({ type: 'folder', path: root, folder: 'f' })
  expect(await folder.write([payloadOf('f/x', 10)], new AbortController().signal)).toEqual([])
  expect(await readFile(path.join(root, 'f/x'))).toHaveLength(10)
  await folder.close()
  await rm(root, { recursive: true })
})

test('an S3 bucket, with an account of AWS only', async () => {
  await create(s3('machine')).close()
  const place = 'CONFIGURATION connectors.archive.destination.account'
  expect(refusal(s3('hub'))).toBe(`${place}: hub is of type event-hubs: name an account of type aws`)
  expect(refusal(s3('nobody'))).toBe(`${place}: nobody does not exist: name an account of type aws`)
})

const KINESIS: DestinationSettings = {
  ...{ type: 'kinesis', account: 'machine', stream: 's', region: 'eu-west-1', partitionKey: 'user_id' },
  ...{ maxRecordsPerRequest: 500, maxRequestBytes: 5_242_880, maxRecordBytes: 1_048_576, aggregation: 'none' },
}

const EVENT_HUB: DestinationSettings = {
  ...{ type: 'event-hubs', account: 'hub', eventHub: 'h', partitionKey: 'user_id', transport: 'amqp' },
}

test('a Kinesis stream, with an account of AWS only', async () => {
  const stream = create(KINESIS)
  expect('most' in stream && stream.most).toEqual({ records: 500, bytes: 5_242_880, perKey: 1 })
  await stream.close()
  expect(refusal({ ...KINESIS, account: 'hub' })).toContain('hub is of type event-hubs: name an account of type aws')
})

test('an event hub, with an account of Event Hubs only', async () => {
  const hub = create(EVENT_HUB)
  expect('most' in hub && hub.most).toMatchObject({ records: 500 })
  await hub.close()
  const problem = 'machine is of type aws: name an account of type event-hubs'
  expect(refusal({ ...EVENT_HUB, account: 'machine' })).toContain(problem)
})

test('the list says what can be made', async () => {
  const all: DestinationSettings[] = [
    s3('machine'),
    KINESIS,
    EVENT_HUB,
    { type: 'folder', path: tmpdir(), folder: 'f' },
  ]
  for (const destination of all) await create(destination).close()
  expect(all.map(({ type }) => type)).toEqual(DESTINATION_TYPES)
})
