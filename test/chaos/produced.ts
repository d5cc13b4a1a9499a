import { createHash } from 'node:crypto'

/** What a record of the topic must become. */
export type Fate =
  /** In exactly one object, or in the stream. */
  | { kind: 'event'; id: string; eventType: string; digest: string }
  /** In the dead letters, with this reason. */
  | { kind: 'poison'; reason: string; digest: string }
  /** Nothing: a tombstone, or excluded by the configuration. */
  | { kind: 'nothing' }

export type ProducedRecord = Fate & {
  partition: number
  offset: number
  /** Of the record in Kafka, Unix milliseconds. */
  timestampMs: number
}

/** Everything that Kafka has acknowledged: the truth that objects, dead letters and commits are held against. */
export class Produced {
  /** By partition and offset. */
  readonly partitions: readonly ProducedRecord[][]
  readonly events = new Map<string, ProducedRecord & { kind: 'event' }>()
  readonly poison: (ProducedRecord & { kind: 'poison' })[] = []

  constructor(partitions: number) {
    this.partitions = Array.from({ length: partitions }, () => [])
  }

  get count(): number {
    return this.partitions.reduce((sum, records) => sum + records.length, 0)
  }

  add(record: ProducedRecord): void {
    const records = this.partitions[record.partition]
    if (records?.length !== record.offset)
      throw new Error(`the producer lost count: partition ${record.partition}, offset ${record.offset}`)
    records.push(record)
    if (record.kind === 'event') this.events.set(record.id, record)
    else if (record.kind === 'poison') this.poison.push(record)
  }
}

/** Of an event's fields in the order of its schema; equal only when every value is. */
export function digestOfEvent(fields: unknown): string {
  return createHash('md5').update(JSON.stringify(fields)).digest('base64')
}

/** Of a whole record, as it must be found again in the dead letters. */
export function digestOfRecord({ key, value, headers }: WholeRecord): string {
  const hash = createHash('md5')
    .update(String(key?.length))
    .update(key ?? '')
  return hash
    .update(String(value?.length))
    .update(value ?? '')
    .update(JSON.stringify(headers))
    .digest('base64')
}

export interface WholeRecord {
  key: Buffer | null
  value: Buffer | null
  headers: Record<string, string>
}
