import type { ObjectPayload, Payload, RecordPayload, RecordProperties } from '../destinations/destination.js'
import { objectKey } from '../encoding/object-key.js'
import type { RangeRecord } from '../range/range-record.js'
import type { Range, RangeObject } from '../range/range.js'

/** What of a closed range is written: its objects or its records, whichever the connector's destination takes. */
export function payloadsOf(range: Range): Payload[] {
  return [...range.objects.map((object) => objectPayload(object, range)), ...recordPayloads(range)]
}

/** Keys and bytes are decided by the range's intent. */
function objectPayload({ identity, encoder }: RangeObject, { intent }: Range): ObjectPayload {
  return {
    key: objectKey({ ...intent.plan, connector: identity.connector }, identity),
    body: () => encoder.body(),
  }
}

/** In the order of their offsets. */
export function recordPayloads(range: Range): RecordOfRange[] {
  return range.records.map((record) => new RecordOfRange(record, range))
}

/** Names and properties are made when they are asked for: most records never are. */
export class RecordOfRange implements RecordPayload {
  constructor(
    private readonly record: RangeRecord,
    private readonly range: Pick<Range, 'topic' | 'partition'>,
  ) {}

  get offset(): number {
    return this.record.offset
  }

  get key(): string {
    return `${this.range.topic}/${this.range.partition}/${this.record.offset}`
  }

  get partitionKey(): string | null {
    return this.record.partitionKey
  }

  get bytes(): Buffer {
    return this.record.bytes
  }

  get contentType(): string {
    return this.record.contentType
  }

  get properties(): RecordProperties {
    const { schema, eventId, offset } = this.record
    return {
      event_type: schema.eventType,
      schema_id: schema.schemaId,
      event_id: eventId,
      kafka_topic: this.range.topic,
      kafka_partition: this.range.partition,
      kafka_offset: offset,
    }
  }
}
