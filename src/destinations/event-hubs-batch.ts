import { createHash } from 'node:crypto'
import type { RecordPayload } from './destination.js'
import { AmqpWriter } from './event-hubs-amqp.js'

/** Sections of a message (AMQP 1.0, part 3 "Messaging", section 3.2 "Message format"). */
const HEADER = 0x70
const MESSAGE_ANNOTATIONS = 0x72
const PROPERTIES = 0x73
const APPLICATION_PROPERTIES = 0x74
const DATA = 0x75

/** Microsoft Learn, "AMQP 1.0 in Azure Service Bus and Event Hubs protocol guide", "Message annotations". */
const PARTITION_KEY = 'x-opt-partition-key'

/** Characters of a partition key (Azure SDK for .NET, `EventHubProducerClient`: MaximumPartitionKeyLength). */
const MOST_OF_KEY = 128

/** Characters of a message id (Microsoft Learn, "Azure Event Hubs quotas and limits" and `@azure/core-amqp`: maxMessageIdLength). */
const MOST_OF_MESSAGE_ID = 128

/** Several events as one message of the format 0x80013700: they are stored together, or not at all. */
export interface EventBatch {
  /** The whole message, as it goes over the wire. */
  readonly bytes: Buffer
  readonly count: number
}

/** The key as Event Hubs takes it: a longer one is replaced by its SHA-256, so that its records still stay together. */
export function hubKey(partitionKey: string): string {
  if (partitionKey.length <= MOST_OF_KEY) return partitionKey
  return createHash('sha256').update(partitionKey).digest('hex')
}

/** How much may go into a batch. */
export interface BatchLimits {
  /** Of the whole message. */
  bytes: number
  events: number
}

/** Packs records of one partition key into batches. */
export class BatchPacker {
  readonly #writer = new AmqpWriter()

  /**
   * A batch of as many records as fit, from `records[start]` on; undefined when not even that one fits.
   * `partitionKey` is that of all of them.
   */
  pack(
    records: readonly RecordPayload[],
    start: number,
    partitionKey: string | null,
    limits: BatchLimits,
  ): EventBatch | undefined {
    const writer = this.#writer
    writer.truncate(0)
    // The annotations of its events are those of the batch, too: they choose the partition.
    writeAnnotations(writer, partitionKey)
    const annotations = writer.copy()
    const end = Math.min(records.length, start + limits.events)
    let next = start
    while (next < end && appendEvent(writer, records[next] as RecordPayload, annotations, limits.bytes)) next++
    return next > start ? { bytes: writer.copy(), count: next - start } : undefined
  }
}

/** An event is a whole message inside a data section. False, and nothing appended, when the batch gets larger than `most`. */
function appendEvent(writer: AmqpWriter, record: RecordPayload, annotations: Buffer, most: number): boolean {
  const before = writer.length
  if (before + record.bytes.length > most) return false
  const event = writer.openBinary(DATA)
  if (annotations.length > 0) writeHeader(writer)
  writer.raw(annotations)
  writeProperties(writer, record)
  writeApplicationProperties(writer, record)
  const body = writer.openBinary(DATA)
  writer.raw(record.bytes)
  writer.closeBinary(body)
  writer.closeBinary(event)
  if (writer.length <= most) return true
  writer.truncate(before)
  return false
}

/** Durable, as the SDK has it: without a header that says something, Event Hubs does not look at the partition key. */
function writeHeader(writer: AmqpWriter): void {
  const header = writer.openList(HEADER)
  writer.true()
  writer.closeCollection(header, 1)
}

function writeAnnotations(writer: AmqpWriter, partitionKey: string | null): void {
  if (partitionKey === null) return
  const annotations = writer.openMap(MESSAGE_ANNOTATIONS)
  writer.symbol(PARTITION_KEY)
  writer.string(partitionKey)
  writer.closeCollection(annotations, 2)
}

/** message-id, user-id, to, subject, reply-to, correlation-id, content-type (section 3.2.4). */
function writeProperties(writer: AmqpWriter, { properties, contentType }: RecordPayload): void {
  const list = writer.openList(PROPERTIES)
  if (properties.event_id.length <= MOST_OF_MESSAGE_ID) writer.string(properties.event_id)
  else writer.null()
  for (let absent = 0; absent < 5; absent++) writer.null()
  writer.symbol(contentType)
  writer.closeCollection(list, 7)
}

/** Every number as a long, so that a reader finds the same type whatever the value. */
function writeApplicationProperties(writer: AmqpWriter, { properties }: RecordPayload): void {
  const map = writer.openMap(APPLICATION_PROPERTIES)
  const entries = Object.entries(properties)
  for (const [name, value] of entries) {
    writer.string(name)
    if (typeof value === 'number') writer.long(value)
    else writer.string(value as string)
  }
  writer.closeCollection(map, entries.length * 2)
}
