// An S3 that takes every PUT, counts the events and forgets the object: a process of its own, so that its CPU counts nowhere.
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { countAvroEvents } from './avro-events.js'
import type { Delivered } from './sinks.js'

type ObjectSize = Pick<Delivered, 'events' | 'bytes'>

/** By `/bucket/key`: an object that is written again replaces the one before, as in S3. */
const objects = new Map<string, ObjectSize>()

const server = createServer((request, response) => {
  answer(request).then(
    (body) => response.writeHead(200, { etag: '"0"' }).end(body),
    (error: unknown) => {
      console.error(error)
      response.writeHead(500).end()
    },
  )
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit())

/** GET tells what has arrived below its path. */
async function answer(request: IncomingMessage): Promise<string> {
  const [path = ''] = (request.url ?? '').split('?')
  const body = await wholeBody(request)
  if (request.method === 'PUT') objects.set(path, { events: countAvroEvents(body), bytes: body.length })
  return request.method === 'GET' ? JSON.stringify(deliveredBelow(path)) : ''
}

function deliveredBelow(path: string): Delivered {
  const sizes = [...objects].filter(([key]) => key.startsWith(`${path}/`)).map(([, size]) => size)
  const sum = (count: (size: ObjectSize) => number) => sizes.reduce((total, size) => total + count(size), 0)
  return { objects: sizes.length, events: sum(({ events }) => events), bytes: sum(({ bytes }) => bytes) }
}

async function wholeBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}
