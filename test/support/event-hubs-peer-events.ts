import { createHash } from 'node:crypto'
import rhea, { type Message } from 'rhea'

/** What rhea's types call by the same name twice. */
const decode = (encoded: Buffer) => rhea.message.decode(encoded) as unknown as Message

/** An event as a consumer of its partition gets it. */
export interface StoredEvent {
  partitionKey: string | null
  body: Buffer
  contentType: string | undefined
  messageId: string | undefined
  properties: Record<string, unknown>
  durable: boolean | undefined
}

/** The format of a batch (Microsoft Learn, "AMQP 1.0 in Azure Service Bus and Event Hubs protocol guide"). */
export const BATCH_FORMAT = 0x80013700

const PARTITION_KEY = 'x-opt-partition-key'

/** A batch as it arrives: the key that chooses its partition, and its events. */
export interface ArrivedBatch {
  partitionKey: string | null
  events: StoredEvent[]
  bytes: number
}

export function readBatch(encoded: Buffer): ArrivedBatch {
  const envelope = decode(encoded)
  const events = sectionsOf(envelope).map((section) => storedEvent(decode(section)))
  return { partitionKey: keyOf(envelope), events, bytes: encoded.length }
}

function storedEvent(event: Message): StoredEvent {
  return {
    partitionKey: keyOf(event),
    body: sectionsOf(event)[0] as Buffer,
    contentType: event.content_type,
    messageId: event.message_id as string | undefined,
    properties: { ...event.application_properties },
    durable: event.durable,
  }
}

function keyOf({ message_annotations: annotations }: Message): string | null {
  return (annotations?.[PARTITION_KEY] as string | undefined) ?? null
}

/** rhea gives one data section as its bytes, several as a list of them. */
function sectionsOf({ body }: Message): Buffer[] {
  const { content } = body as { content: Buffer | Buffer[] }
  return Array.isArray(content) ? content : [content]
}

/** The partition of a key: any will do, as long as it is always the same one. */
export function partitionOf(partitionKey: string, partitions: number): number {
  return createHash('sha256').update(partitionKey).digest().readUInt32BE() % partitions
}
