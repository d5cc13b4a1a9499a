import { avroObjectFile } from '../../src/encoding/avro-object-file.js'
import type { Catalogue } from '../../src/events/catalogue.js'
import type { ObjectEncoder, ObjectIdentity } from '../../src/range/object-encoder.js'
import { recordView } from './record-view.js'
import { sampleEvent, type Random } from './sample-events.js'
import { bodyOf, transcoderOf } from './transcoding.js'

export interface EncodedObject {
  identity: ObjectIdentity
  bytes: Buffer
  /** Every event as a reader should give it back. */
  expected: Record<string, unknown>[]
}

/** An object file of made-up events of one type, encoded as the service does it; offsets begin with 100. */
export async function sampleObject(
  catalogue: Catalogue,
  eventType: string,
  parts: { codec: 'null' | 'deflate'; events: number; random: Random },
): Promise<EncodedObject> {
  const schema = catalogue.get(eventType)?.current
  if (!schema) throw new Error(`no event type ${eventType}`)
  const identity = { connector: 'archive', topic: 'events', partition: 3, schema, hour: 498_000, firstOffset: 100 }
  const transcoder = transcoderOf(catalogue)
  const encoder = avroObjectFile({ codec: parts.codec })(identity, () => undefined)
  const samples = Array.from({ length: parts.events }, () => sampleEvent(eventType, parts.random, { shape: 'flat' }))
  for (const [index, { value }] of samples.entries()) {
    appendTo(encoder, bodyOf(transcoder.transcode(recordView(value), null)), 100 + index)
  }
  encoder.close()
  return { identity, bytes: await encoder.body(), expected: samples.map(({ expected }) => expected) }
}

function appendTo(encoder: ObjectEncoder, body: Buffer, offset: number): void {
  encoder.append(body, body.length, offset)
}
