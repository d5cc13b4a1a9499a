import type { FetchedPartition, FetchResponse } from './kafka-protocol.js'

/** The answer to a Fetch request of version 11, without touching the record batches inside. */
export function decodeFetchResponse(bytes: Buffer): FetchResponse & { clientSideThrottleTime: number } {
  const read = new Cursor(bytes)
  const clientSideThrottleTime = read.int32()
  const errorCode = read.int16()
  read.int32() // session id: every request of ours is whole
  const partitions: FetchedPartition[] = []
  for (let topics = read.int32(); topics > 0; topics--) {
    const topic = read.string()
    for (let count = read.int32(); count > 0; count--) partitions.push(readPartition(read, topic))
  }
  return { clientSideThrottleTime, errorCode, partitions }
}

function readPartition(read: Cursor, topic: string): FetchedPartition {
  const partition = read.int32()
  const errorCode = read.int16()
  read.skip(3 * 8) // high watermark, last stable offset, log start offset: -1 when refused, so nobody relies on them
  const aborted: FetchedPartition['aborted'] = []
  for (let count = read.int32(); count > 0; count--) {
    aborted.push({ producerId: read.int64(), firstOffset: read.int64() })
  }
  read.int32() // preferred read replica: we name no rack, so there is none
  return { topic, partition, errorCode, aborted, records: read.bytes() }
}

class Cursor {
  #at = 0

  constructor(readonly buffer: Buffer) {}

  skip(bytes: number): void {
    this.#at += bytes
  }

  int16(): number {
    return this.buffer.readInt16BE((this.#at += 2) - 2)
  }

  int32(): number {
    return this.buffer.readInt32BE((this.#at += 4) - 4)
  }

  int64(): number {
    return Number(this.buffer.readBigInt64BE((this.#at += 8) - 8))
  }

  string(): string {
    const length = this.int16()
    return this.buffer.toString('utf8', this.#at, (this.#at += length))
  }

  /** A view, not a copy. */
  bytes(): Buffer {
    const length = Math.max(0, this.int32())
    return this.buffer.subarray(this.#at, (this.#at += length))
  }
}
