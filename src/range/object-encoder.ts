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
  /** Encoded size so far: compressed blocks as they are, the block that still grows uncompressed. */
  readonly encodedBytes: number
  readonly events: number
  /** No event follows. May be called once; must be called before `body`. */
  close(): void
  /**
   * The whole object. Never empty. May be called again for a retry: always the same bytes. The parts are let go when
   * they have become one, so that a waiting object is in memory once.
   */
  body(): Promise<Buffer>
}

/** Told every change of the memory an object holds (buffers by capacity, and the object itself), in bytes. */
export type MemoryAccount = (deltaBytes: number) => void

/** Starts an object of one file format. `account` may be called later than `append`, when compression is done. */
export type OpenObject = (identity: ObjectIdentity, account: MemoryAccount) => ObjectEncoder
