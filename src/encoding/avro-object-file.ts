import { createHash } from 'node:crypto'
import { AvroWriter } from '../events/avro-writer.js'
import type { MemoryAccount, ObjectEncoder, ObjectIdentity, OpenObject } from '../range/object-encoder.js'
import { BlockBuffers } from './block-buffers.js'
import { createDeflater, type Deflate } from './deflater.js'

/** A block ends with the event that reaches this (performance: hot path): large enough to compress well. */
const BLOCK_BYTES = 256 * 1024

/** A full block's buffer: with room for the event that ends the block, unless it is a large one. */
const BUFFER_BYTES = BLOCK_BYTES + 16 * 1024

/** The first buffer of an object: thousands of objects with one event each may be open (94 types × hours × partitions). */
const FIRST_BYTES = 1024

/**
 * Memory an object takes beside its buffers: its own fields and closures, its identity, buffer headers, its places in
 * the range. Measured with 50,000 open objects on Node 20: 570 bytes; rounded up.
 */
const OBJECT_OVERHEAD_BYTES = 640

export interface AvroObjectFileOptions {
  codec: 'null' | 'deflate'
}

/**
 * Avro object container files (Avro specification 1.12). The bytes depend on codec, identity and events alone: blocks are
 * cut by size, the sync marker comes from the identity, level and order of the header are fixed. Full blocks are
 * compressed off the event loop while the object grows, the last one when the body is asked for.
 */
export function avroObjectFile({ codec }: AvroObjectFileOptions): OpenObject {
  const parts = { deflate: codec === 'deflate' ? createDeflater() : null, buffers: new BlockBuffers(BUFFER_BYTES) }
  return (identity, account) => new AvroObjectFile(identity, parts, account)
}

/** What all objects of a format share. */
interface FormatParts {
  readonly deflate: Deflate | null
  readonly buffers: BlockBuffers
}

/** A run of events as it stands in the file, but for its frame. */
interface Block {
  readonly events: number
  bytes: Buffer
  /** Resolves when `bytes` are final. */
  readonly compressed: Promise<void>
}

class AvroObjectFile implements ObjectEncoder {
  events = 0
  readonly #identity: ObjectIdentity
  readonly #parts: FormatParts
  readonly #account: MemoryAccount
  readonly #blocks: Block[] = []
  #blockBytes = 0
  #open: Buffer = EMPTY
  #openBytes = 0
  #openEvents = 0
  #lastOffset = 0
  #isClosed = false
  #body: Promise<Buffer> | null = null

  constructor(identity: ObjectIdentity, parts: FormatParts, account: MemoryAccount) {
    this.#identity = identity
    this.#parts = parts
    this.#account = account
    account(OBJECT_OVERHEAD_BYTES)
  }

  get encodedBytes(): number {
    return this.#blockBytes + this.#openBytes
  }

  append(bytes: Buffer, length: number, offset: number): void {
    const needed = this.#openBytes + length
    if (needed > this.#open.length) this.#grow(needed)
    bytes.copy(this.#open, this.#openBytes, 0, length)
    this.#openBytes = needed
    this.#openEvents++
    this.events++
    this.#lastOffset = offset
    if (needed >= BLOCK_BYTES) this.#endBlock()
  }

  close(): void {
    this.#isClosed = true
  }

  body(): Promise<Buffer> {
    if (!this.#isClosed || this.events === 0) throw new Error('an object has a body when it is closed and not empty')
    this.#body ??= this.#build()
    return this.#body
  }

  /** Doubles up to the size of a full block; an object that has filled one begins the next with that. */
  #grow(needed: number): void {
    const grown = this.#roomFor(needed)
    this.#open.copy(grown, 0, 0, this.#openBytes)
    this.#account(grown.length - this.#open.length)
    this.#open = grown
  }

  #roomFor(needed: number): Buffer {
    let capacity = this.#blocks.length > 0 ? BUFFER_BYTES : Math.max(FIRST_BYTES, this.#open.length * 2)
    while (capacity < needed) capacity *= 2
    if (capacity < BLOCK_BYTES) return Buffer.allocUnsafeSlow(capacity)
    return needed <= BUFFER_BYTES ? this.#parts.buffers.take() : Buffer.allocUnsafeSlow(needed)
  }

  #endBlock(): void {
    const raw = this.#open.subarray(0, this.#openBytes)
    const block = { events: this.#openEvents, bytes: raw, compressed: Promise.resolve() }
    if (this.#parts.deflate) block.compressed = this.#compress(block, this.#open, this.#parts.deflate)
    this.#blocks.push(block)
    this.#blockBytes += raw.length
    this.#open = EMPTY
    this.#openBytes = 0
    this.#openEvents = 0
  }

  #compress(block: Block, buffer: Buffer, deflate: Deflate): Promise<void> {
    const compressed = deflate(block.bytes).then((bytes) => {
      this.#blockBytes += bytes.length - block.bytes.length
      this.#account(bytes.length - buffer.length)
      block.bytes = bytes
      this.#parts.buffers.giveBack(buffer)
    })
    // It is `body` that tells of a failure; until it is asked for, nobody else may hear of it.
    compressed.catch(() => undefined)
    return compressed
  }

  async #build(): Promise<Buffer> {
    if (this.#openEvents > 0) this.#endBlock()
    await Promise.all(this.#blocks.map(({ compressed }) => compressed))
    const sync = syncMarker(this.#identity)
    const header = fileHeader(this.#identity, this.#parts.deflate ? 'deflate' : 'null', this.#lastOffset)
    const blocks = this.#blocks.flatMap(({ events, bytes }) => [blockHead(events, bytes.length), bytes, sync])
    const body = Buffer.concat([header, sync, ...blocks])
    this.#account(body.length - this.#blocks.reduce((sum, { bytes }) => sum + bytes.buffer.byteLength, 0))
    this.#blocks.length = 0
    this.#blockBytes = body.length
    return body
  }
}

const EMPTY = Buffer.alloc(0)

/** Magic bytes and metadata; the sync marker follows. */
function fileHeader(identity: ObjectIdentity, codec: string, lastOffset: number): Buffer {
  const metadata = {
    'avro.schema': identity.schema.json,
    'avro.codec': codec,
    'millrace.connector': identity.connector,
    'millrace.topic': identity.topic,
    'millrace.partition': String(identity.partition),
    'millrace.first-offset': String(identity.firstOffset),
    'millrace.last-offset': String(lastOffset),
  }
  const entries = Object.entries(metadata)
  const out = new AvroWriter(identity.schema.json.length + 1024)
  out.writeBytes(MAGIC)
  out.writeInt(entries.length)
  for (const [key, value] of entries) {
    out.writeString(key)
    // Metadata values are bytes, which Avro writes like a string.
    out.writeString(value)
  }
  out.writeInt(0)
  return out.bytes.subarray(0, out.length)
}

const MAGIC = Buffer.from('Obj\x01', 'latin1')

function blockHead(events: number, byteLength: number): Buffer {
  const out = new AvroWriter(20)
  out.writeLong(events)
  out.writeLong(byteLength)
  return out.bytes.subarray(0, out.length)
}

/** The same for the same object in every life of the process, different for any two objects. */
function syncMarker({ connector, topic, partition, schema, hour, firstOffset }: ObjectIdentity): Buffer {
  const identity = [connector, topic, partition, schema.eventType, schema.schemaId, hour, firstOffset]
  return createHash('sha256').update(JSON.stringify(identity)).digest().subarray(0, 16)
}
