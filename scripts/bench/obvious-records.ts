// What the obvious pipelines into streams have in common: JSON.parse → avsc, as Avro's single-object encoding.
import avsc from 'avsc'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface ObviousRecord {
  userId: string
  bytes: Buffer
}

interface Event {
  event_type: string
  user_id: string
}

interface EventType {
  head: Buffer
  type: avsc.Type
}

/** Makes records of events in JSON with the schemas of a folder. */
export function recordMaker(schemasFolder: string): (value: Buffer) => ObviousRecord {
  const types = new Map<string, EventType>()
  return (value) => {
    const event = JSON.parse(value.toString()) as Event
    let eventType = types.get(event.event_type)
    if (!eventType) types.set(event.event_type, (eventType = readType(join(schemasFolder, event.event_type, '1.avsc'))))
    return { userId: event.user_id, bytes: Buffer.concat([eventType.head, eventType.type.toBuffer(event)]) }
  }
}

function readType(file: string): EventType {
  const type = avsc.Type.forSchema(JSON.parse(readFileSync(file, 'utf8')) as avsc.Schema)
  // Readers want CRC-64-AVRO; avsc has MD5, and eight bytes of it cost an event the same.
  return { head: Buffer.concat([Buffer.from([0xc3, 0x01]), type.fingerprint('md5').subarray(0, 8)]), type }
}
