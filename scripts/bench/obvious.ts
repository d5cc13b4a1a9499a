// (b) What one would write in an afternoon, with care: kafkajs → JSON.parse → avsc → an object per event type → S3 → commit.
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import avsc from 'avsc'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { deflateRaw } from 'node:zlib'
import type { PipelineTask } from './pipeline-task.js'
import { readToEnd } from './read-to-end.js'

const maxEventsPerObject = 15_000
/** About 400 KB: readers skip and decompress block by block. */
const eventsPerBlock = 1_000

interface OpenObject {
  schema: string
  type: avsc.Type
  events: Buffer[]
}

interface Event {
  event_type: string
}

const task = JSON.parse(process.argv[2] ?? '') as PipelineTask
const { endpoint, ...credentials } = task.sink.s3
const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials })
const deflate = promisify<Buffer, { level: number }, Buffer>(deflateRaw)
const open = new Map<string, OpenObject>()

await readToEnd(task, {
  add: (value) => {
    const event = JSON.parse(value.toString()) as Event
    const { type, events } = open.get(event.event_type) ?? openObject(event.event_type)
    return events.push(type.toBuffer(event)) >= maxEventsPerObject
  },
  flush: async () => {
    await Promise.all([...open].map(([eventType, object]) => writeObject(eventType, object)))
  },
})

function openObject(eventType: string): OpenObject {
  const schema = readFileSync(join(task.schemasFolder, eventType, '1.avsc'), 'utf8')
  const object = { schema, type: avsc.Type.forSchema(JSON.parse(schema) as avsc.Schema), events: [] }
  open.set(eventType, object)
  return object
}

async function writeObject(eventType: string, object: OpenObject): Promise<void> {
  if (object.events.length === 0) return
  const Body = await objectFile(object)
  object.events = []
  const Key = `event_type=${eventType}/${Date.now()}-${randomBytes(4).toString('hex')}.avro`
  await client.send(new PutObjectCommand({ Bucket: task.name, Key, Body }))
}

const header = avsc.Type.forSchema({
  type: 'record',
  name: 'Header',
  fields: [
    { name: 'magic', type: { type: 'fixed', name: 'Magic', size: 4 } },
    { name: 'meta', type: { type: 'map', values: 'bytes' } },
    { name: 'sync', type: { type: 'fixed', name: 'Sync', size: 16 } },
  ],
})
const long = avsc.Type.forSchema('long')

/** An Avro object container file. */
async function objectFile({ schema, events }: OpenObject): Promise<Buffer> {
  const sync = randomBytes(16)
  const meta = { 'avro.schema': Buffer.from(schema), 'avro.codec': Buffer.from('deflate') }
  const parts = [header.toBuffer({ magic: Buffer.from('Obj\u0001', 'latin1'), meta, sync })]
  for (let first = 0; first < events.length; first += eventsPerBlock) {
    const block = events.slice(first, first + eventsPerBlock)
    const bytes = await deflate(Buffer.concat(block), { level: 6 })
    parts.push(long.toBuffer(block.length), long.toBuffer(bytes.length), bytes, sync)
  }
  return Buffer.concat(parts)
}
