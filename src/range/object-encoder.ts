import type { SchemaVersion } from '../events/catalogue.js'

/** One object of a range: everything that decides its key and its bytes, beside the events themselves. */
export interface ObjectIdentity {
  connector: string
  topic: string
  partition: number
  schema: SchemaVersion
  /** Whole hours since the Unix epoch: the UTC hour of the records' Kafka timestamps. */
  hour: number
  /** Offset of the object's first event. */
  firstOffset: number
}

/** Grows by every event of one object. A file format implements it; its bytes depend on nothing but identity and events. */
export interface ObjectEncoder {
  /** Copies `bytes[0..length)`, the encoded body of the event at `offset`. Synchronous: compression happens elsewhere. */
  append(bytes: Buffer, length: number, offset: number): void
  /** Memory this object holds now, in bytes. */
  readonly heldBytes: number
  readonly events: number
  /** No event follows. May be called once; must be called before `body`. */
  close(): void
  /** The whole object. Never empty. May be called again for a retry: always the same bytes. */
  body(): Promise<Buffer>
}

export type OpenObject = (identity: ObjectIdentity) => ObjectEncoder
