// Takes everything, counts the events and forgets them: a process of its own, so that its CPU counts nowhere.
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { countAvroEvents } from './avro-events.js'
import { listenAsEventHubs } from './event-hubs-sink.js'
import type { Delivered } from './sinks.js'

type ObjectSize = Pick<Delivered, 'events' | 'bytes'>

/** By `/bucket/key`: an object that is written again replaces the one before, as in S3. */
const objects = new Map<string, ObjectSize>()

/** By the name of the stream or event hub. */
const streams = new Map<string, Delivered>()

const server = createServer((request, response) => {
  answer(request).then(
    (body) => response.writeHead(200, { etag: '"0"' }).end(body),
    (error: unknown) => {
      console.error(error)
      response.writeHead(500).end()
    },
  )
})
server.listen(0, '127.0.0.1', () => void tellPorts())
process.on('disconnect', () => process.exit())

async function tellPorts(): Promise<void> {
  const amqpPort = await listenAsEventHubs(took)
  process.send?.([(server.address() as AddressInfo).port, amqpPort])
}

/** GET tells what has arrived below its path, PUT is of S3, POST of Kinesis. */
async function answer(request: IncomingMessage): Promise<string> {
  const [path = ''] = (request.url ?? '').split('?')
  const body = await wholeBody(request)
  if (request.method === 'POST') return putRecords(body)
  if (request.method === 'PUT') objects.set(path, { events: countAvroEvents(body), bytes: body.length })
  return request.method === 'GET' ? JSON.stringify(streams.get(path.slice(1)) ?? deliveredBelow(path)) : ''
}

/** Answers PutRecords as Kinesis does: each record has a sequence number in a shard. */
function putRecords(body: Buffer): string {
  const { StreamName, Records } = JSON.parse(body.toString()) as { StreamName: string; Records: { Data: string }[] }
  took(
    StreamName,
    Records.map(({ Data }) => Buffer.byteLength(Data, 'base64')),
  )
  const first = streams.get(StreamName)!.events
  const answers = Records.map((_, n) => ({
    SequenceNumber: String(49_600_000_000_000_000_000n + BigInt(first + n)),
    ShardId: 'shardId-000000000000',
  }))
  return JSON.stringify({ FailedRecordCount: 0, Records: answers })
}

/** Counts one request with events of these sizes. */
function took(stream: string, sizes: readonly number[]): void {
  const { requests, events, bytes } = streams.get(stream) ?? { requests: 0, events: 0, bytes: 0 }
  const size = sizes.reduce((sum, n) => sum + n, 0)
  streams.set(stream, { requests: requests + 1, events: events + sizes.length, bytes: bytes + size })
}

function deliveredBelow(path: string): Delivered {
  const sizes = [...objects].filter(([key]) => key.startsWith(`${path}/`)).map(([, size]) => size)
  const sum = (count: (size: ObjectSize) => number) => sizes.reduce((total, size) => total + count(size), 0)
  return { requests: sizes.length, events: sum(({ events }) => events), bytes: sum(({ bytes }) => bytes) }
}

async function wholeBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}
