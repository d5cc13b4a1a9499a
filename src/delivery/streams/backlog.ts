import { hash } from 'node:crypto'
import type { CallLimits, RecordPayload } from '../../destinations/destination.js'

/** Who waits for records to be settled. */
export interface Waiter {
  /** True when it waits no more: what is left of its records is not sent. */
  readonly isOver: boolean
}

/** A record that is not settled yet. */
export interface Pending<P extends RecordPayload, W extends Waiter> {
  readonly payload: P
  readonly waiter: W
  readonly sequence: Sequence<P, W>
}

/** Records of one partition key, in their order. While some of them are in a call, no other call gets any. */
interface Sequence<P extends RecordPayload, W extends Waiter> {
  readonly key: string | null
  readonly bucket: Bucket<P, W>
  waiting: Pending<P, W>[]
  isTaken: boolean
}

/**
 * Sequences whose keys lie beside each other in the hash space, so most likely in one shard. Where a shard does not take
 * them, their bucket rests, and goes on with less; the others do not wait for it.
 */
export interface Bucket<P extends RecordPayload = RecordPayload, W extends Waiter = Waiter> {
  /** With something to send that no call has. */
  readonly ready: Set<Sequence<P, W>>
  isResting: boolean
  /** Calls in a row that failed. */
  failures: number
  /** Records that a call gets of it. */
  most: number
}

/**
 * Kinesis gives each shard a part of the MD5 hashes of partition keys (API reference: PutRecords). By the first byte there are
 * 256 buckets: of a stream with some dozens of shards few buckets lie in two.
 */
const BUCKETS = 256

/** Records that wait to be sent, by partition key and by bucket. Time stays outside. */
export class Backlog<P extends RecordPayload, W extends Waiter> {
  readonly #buckets: readonly Bucket<P, W>[]
  readonly #sequences = new Map<string, Sequence<P, W>>()
  /** Buckets with something to send now, the one whose turn it is first. */
  readonly #ready = new Set<Bucket<P, W>>()
  #unordered = 0

  constructor() {
    const bucket = (): Bucket<P, W> => ({ ready: new Set(), isResting: false, failures: 0, most: Infinity })
    this.#buckets = Array.from({ length: BUCKETS }, bucket)
  }

  /** Adds records after all that are there. */
  add(payloads: readonly P[], waiter: W): void {
    for (const payload of payloads) {
      const sequence = this.#sequenceOf(payload.partitionKey)
      const pending = { payload, waiter, sequence }
      // The first takes the place of an empty array: V8 would grow that to room for 17, and most keys have one record.
      if (sequence.waiting.length === 0) sequence.waiting = [pending]
      else sequence.waiting.push(pending)
      this.#offer(sequence)
    }
  }

  /** The records of the next call, the earliest of each key; none while everything rests or is in a call already. */
  take(most: CallLimits): Pending<P, W>[] {
    const call = new Call<P, W>(most)
    for (const bucket of [...this.#ready]) {
      call.beginBucket(bucket.most)
      for (const sequence of bucket.ready) {
        if (!call.takeOf(sequence)) break
        bucket.ready.delete(sequence)
      }
      // A bucket that has had its turn comes last.
      this.#ready.delete(bucket)
      this.#offerBucket(bucket)
      if (call.isFull) break
    }
    return call.taken
  }

  /** Ends a call: what `isKept` says of the records that `take` gave stays, before what came later. */
  giveBack(taken: readonly Pending<P, W>[], isKept: (pending: Pending<P, W>) => boolean): void {
    const kept = new Map<Sequence<P, W>, Pending<P, W>[]>()
    for (const pending of taken) {
      const { sequence } = pending
      sequence.isTaken = false
      if (!isKept(pending)) continue
      const list = kept.get(sequence)
      if (list) list.push(pending)
      else kept.set(sequence, [pending])
    }
    for (const [sequence, list] of kept) sequence.waiting = [...list, ...sequence.waiting]
    for (const { sequence } of taken) this.#offer(sequence)
  }

  rest(bucket: Bucket<P, W>): void {
    bucket.isResting = true
    this.#ready.delete(bucket)
  }

  wake(bucket: Bucket<P, W>): void {
    bucket.isResting = false
    this.#offerBucket(bucket)
  }

  /** Forgets the records of everybody who waits no more, but for those in a call. */
  purge(): void {
    for (const sequence of this.#unsettled()) {
      sequence.waiting = sequence.waiting.filter(({ waiter }) => !waiter.isOver)
      this.#offer(sequence)
    }
  }

  *#unsettled(): Iterable<Sequence<P, W>> {
    for (const sequence of [...this.#sequences.values()]) yield sequence
    // Those without a key stand nowhere else.
    for (const { ready } of this.#buckets) yield* [...ready].filter(({ key }) => key === null)
  }

  #sequenceOf(key: string | null): Sequence<P, W> {
    const known = key === null ? undefined : this.#sequences.get(key)
    if (known) return known
    const place = key === null ? this.#unordered++ % BUCKETS : bucketOf(key)
    const sequence = { key, bucket: this.#buckets[place]!, waiting: NONE, isTaken: false }
    if (key !== null) this.#sequences.set(key, sequence)
    return sequence
  }

  #offer(sequence: Sequence<P, W>): void {
    const { bucket, key, waiting, isTaken } = sequence
    if (isTaken) return
    if (waiting.length > 0) {
      bucket.ready.add(sequence)
      this.#offerBucket(bucket)
      return
    }
    bucket.ready.delete(sequence)
    if (key !== null) this.#sequences.delete(key)
  }

  #offerBucket(bucket: Bucket<P, W>): void {
    if (bucket.ready.size > 0 && !bucket.isResting) this.#ready.add(bucket)
  }
}

/** What no sequence adds to. */
const NONE: never[] = []

/** The first byte of the key's hash; as text, which costs a third of a buffer. */
function bucketOf(key: string): number {
  return hash('md5', key, 'binary').charCodeAt(0)
}

/** What is gathered for one call. */
class Call<P extends RecordPayload, W extends Waiter> {
  readonly taken: Pending<P, W>[] = []
  #bytes = 0
  #end = 0

  constructor(private readonly most: CallLimits) {}

  get isFull(): boolean {
    return this.taken.length >= this.most.records || this.#bytes >= this.most.bytes
  }

  beginBucket(most: number): void {
    this.#end = Math.min(this.most.records, this.taken.length + most)
  }

  /** False when nothing of it has room. */
  takeOf(sequence: Sequence<P, W>): boolean {
    const { waiting } = sequence
    const end = Math.min(this.#end - this.taken.length, this.most.perKey, waiting.length)
    let count = 0
    while (count < end && this.#fits(waiting[count]!.payload)) {
      this.taken.push(waiting[count]!)
      count++
    }
    if (count === 0) return false
    sequence.waiting = count === waiting.length ? NONE : waiting.slice(count)
    sequence.isTaken = true
    return true
  }

  /** A record that is larger than any call goes alone. */
  #fits({ bytes, partitionKey }: RecordPayload): boolean {
    const size = bytes.length + Buffer.byteLength(partitionKey ?? '')
    if (this.taken.length > 0 && this.#bytes + size > this.most.bytes) return false
    this.#bytes += size
    return true
  }
}
