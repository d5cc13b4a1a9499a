import { CreateStreamCommand, DescribeStreamSummaryCommand, KinesisClient } from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { writeSchemas } from '../../src/cli/schema-export.js'
import type { KinesisSettings, RecordSettings } from '../../src/config/configuration.js'
import type { RecordPayload } from '../../src/destinations/destination.js'
import { BatchPacker } from '../../src/destinations/event-hubs-batch.js'
import { createKinesisDestination } from '../../src/destinations/kinesis.js'
import { jsonRecord } from '../../src/encoding/json-record.js'
import { singleObject } from '../../src/encoding/single-object.js'
import { systemClock } from '../../src/runtime/clock.js'
import { Secret } from '../../src/runtime/secret.js'
import { describeWithServers } from '../support/describe-with-servers.js'
import { eventually } from '../support/eventually.js'
import { pythonPackages, runPythonWith } from '../support/python.js'
import { recordView } from '../support/record-view.js'
import { sampleEvent } from '../support/sample-events.js'
import { seededRandom } from '../support/seeded-random.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { bodyOf, builtInCatalogue, transcoderOf } from '../support/transcoding.js'

/** The consumers of examples/consumers, as a reader would run them, with the versions that they name. */
const CONSUMERS = new URL('../../examples/consumers/', import.meta.url).pathname

type Format = RecordSettings['format']

interface SentEvent {
  record: RecordPayload
  /** As a reader must find it. */
  expected: Record<string, unknown>
}

const catalogue = await builtInCatalogue()
const transcoder = transcoderOf(catalogue)
const requirements = (await readFile(join(CONSUMERS, 'requirements.txt'), 'utf8')).trim().split('\n')

/** One event of each of the 94 types. */
function sentEvents(format: Format): SentEvent[] {
  const random = seededRandom(5)
  return catalogue.names().map((eventType, offset) => {
    const { value, expected } = sampleEvent(eventType, random, { shape: 'flat' })
    return { record: recordOf(eventType, offset, { format, value }), expected: { event_type: eventType, ...expected } }
  })
}

function recordOf(eventType: string, offset: number, { format, value }: { format: Format; value: Buffer }) {
  const body = bodyOf(transcoder.transcode(recordView(value), null))
  const schema = catalogue.get(eventType)!.current
  const encode = format === 'avro' ? singleObject(schema) : jsonRecord(schema)
  const place = { kafka_topic: 'events', kafka_partition: 3, kafka_offset: offset }
  return {
    key: `events/3/${offset}`,
    partitionKey: `user-${offset % 7}`,
    bytes: encode(body, body.length),
    contentType: format === 'avro' ? 'avro/binary' : 'application/json',
    properties: { event_type: eventType, schema_id: schema.schemaId, event_id: `id-${offset}`, ...place },
  }
}

async function exportedSchemas(): Promise<string> {
  const folder = await temporaryFolder()
  await writeSchemas(
    folder,
    catalogue.names().flatMap((name) => catalogue.get(name)!.versions),
  )
  return folder
}

/** A line each. */
function eventsIn(printed: string): Record<string, unknown>[] {
  const lines = printed.trim().split('\n')
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

/**
 * By event type, since shards have no common order; without the fields that are null, which JSON leaves out, and with
 * every fraction as a float, of which JSON gives the shortest digits.
 */
function comparable(events: Record<string, unknown>[]) {
  const plain = events.map((event) => {
    const members = Object.entries(event).filter(([, value]) => value !== null)
    return Object.fromEntries(members.map(([name, value]) => [name, isFraction(value) ? Math.fround(value) : value]))
  })
  return plain.sort((a, b) => String(a['event_type']).localeCompare(String(b['event_type'])))
}

function isFraction(value: unknown): value is number {
  return typeof value === 'number' && !Number.isInteger(value)
}

describeWithServers('examples/consumers: Kinesis', ['moto'], ({ moto }) => {
  // Five packages, the first time.
  beforeAll(() => pythonPackages(requirements))

  /** Two shards. */
  async function createStream(StreamName: string): Promise<void> {
    const { admin: credentials, endpoint } = moto
    const client = new KinesisClient({
      ...{ endpoint, credentials, region: 'us-east-1' },
      requestHandler: new NodeHttpHandler(),
    })
    await client.send(new CreateStreamCommand({ StreamName, ShardCount: 2 }))
    const isActive = async () => {
      const { StreamDescriptionSummary: stream } = await client.send(new DescribeStreamSummaryCommand({ StreamName }))
      return stream?.StreamStatus === 'ACTIVE'
    }
    await eventually(isActive, { because: `stream ${StreamName} is not active` })
    client.destroy()
  }

  /** Writes the records in rounds that the destination takes: of a key no more than it allows. */
  async function write(records: readonly RecordPayload[], settings: Pick<KinesisSettings, 'stream' | 'aggregation'>) {
    const limits = { maxRecordsPerRequest: 500, maxRequestBytes: 5_242_880, maxRecordBytes: 1_048_576 }
    const destination = createKinesisDestination(
      {
        type: 'kinesis',
        account: 'a',
        region: 'us-east-1',
        endpoint: moto.endpoint,
        partitionKey: 'user_id',
        ...limits,
        ...settings,
      },
      {
        type: 'aws',
        accessKeyId: secretOf(moto.admin.accessKeyId),
        secretAccessKey: secretOf(moto.admin.secretAccessKey),
      },
      { clock: systemClock },
    )
    const keys = new Set(records.map(({ partitionKey }) => partitionKey)).size
    const perCall = destination.most.perKey * keys
    for (let start = 0; start < records.length; start += perCall) {
      expect(await destination.write(records.slice(start, start + perCall), new AbortController().signal)).toEqual([])
    }
    await destination.close()
  }

  async function consume(stream: string): Promise<Record<string, unknown>[]> {
    const { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY } = moto.admin
    const args = [stream, await exportedSchemas(), '--endpoint', moto.endpoint, '--once']
    const env = { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_DEFAULT_REGION: 'us-east-1' }
    const printed = await runPythonWith(requirements, [join(CONSUMERS, 'kinesis_consumer.py'), ...args], env)
    return eventsIn(printed)
  }

  it.each<{ format: Format; aggregation: KinesisSettings['aggregation'] }>([
    { format: 'avro', aggregation: 'none' },
    { format: 'json', aggregation: 'none' },
    { format: 'avro', aggregation: 'kpl' },
  ])('every event of 94 types once, $format, aggregation $aggregation', async ({ format, aggregation }) => {
    const stream = `consumers-${randomUUID()}`
    await createStream(stream)
    const sent = sentEvents(format)
    const records = sent.map(({ record }) => record)
    await write(records, { stream, aggregation })
    // What a crash may do: the last ones come again.
    await write(records.slice(-20), { stream, aggregation })
    const found = await consume(stream)
    for (const key of new Set(records.map(({ partitionKey }) => partitionKey))) {
      const ids = sent.flatMap(({ record, expected }) => (record.partitionKey === key ? [expected['id']] : []))
      expect(found.map(({ id }) => id).filter((id) => ids.includes(id))).toEqual(ids)
    }
    expect(comparable(found)).toEqual(comparable(sent.map(({ expected }) => expected)))
  })
})

/**
 * Runs the consumer as it is, but for the network: it receives what is in a batch, given as a file and taken apart by
 * Azure's own code, and then all of it once more.
 */
const HUB_SCRIPT = `
import sys
from azure.eventhub import EventData, EventHubConsumerClient
from azure.eventhub._pyamqp._decode import decode_payload
import event_hubs_consumer

def receive(client, on_event, starting_position):
    messages = [decode_payload(memoryview(data)) for data in decode_payload(memoryview(batch)).data]
    for message in messages + messages:
        on_event(None, EventData._from_message(message))

with open(sys.argv.pop(1), 'rb') as file:
    batch = file.read()
EventHubConsumerClient.receive = receive
event_hubs_consumer.main()
`

describeWithServers('examples/consumers: Event Hubs', ['python'], () => {
  // Five packages, the first time.
  beforeAll(() => pythonPackages(requirements))

  it.each<Format>(['avro', 'json'])('every event of a batch once, with its properties, %s', async (format) => {
    const sent = sentEvents(format)
    const batch = new BatchPacker().pack(
      sent.map(({ record }) => record),
      0,
      'user-1',
      { bytes: 1_048_576, events: 94 },
    )
    const file = join(await temporaryFolder(), 'batch')
    await writeFile(file, batch?.bytes ?? '')
    const args = ['-c', HUB_SCRIPT, file, 'engagement', await exportedSchemas()]
    const EVENT_HUBS_CONNECTION_STRING = 'Endpoint=sb://localhost;SharedAccessKeyName=reader;SharedAccessKey=key'
    const events = eventsIn(
      await runPythonWith(requirements, args, { PYTHONPATH: CONSUMERS, EVENT_HUBS_CONNECTION_STRING }),
    )
    const expected = sent.map(({ expected, record }) => ({ ...expected, properties_of_record: record.properties }))
    expect(comparable(events)).toEqual(comparable(expected))
  })
})

function secretOf(value: string): Secret {
  return new Secret({ kind: 'inline' }, () => value)
}
