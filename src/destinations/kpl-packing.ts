import { hash } from 'node:crypto'
import type { RecordPayload } from './destination.js'
import { entryOf, keyOf, type Entry } from './kinesis-entry.js'
import { AggregatedRecord } from './kpl-format.js'

/** The Kinesis Producer Library's own limit of an aggregated record (its configuration: AggregationMaxSize). */
const MOST_BYTES = 51_200

/**
 * Keys are packed together by the first bits of their hash. More buckets would leave less to pack in each; fewer would not
 * reach the shards of a larger stream: one bucket is all in one shard.
 */
const BUCKET_BITS = 6

/** What the Kinesis Producer Library writes: with an explicit hash key it decides nothing. */
const AGGREGATED_KEY = 'a'

/**
 * The records as the Kinesis Producer Library aggregates them: one after the other for each bucket of keys, in as few as fit.
 *
 * Readers throw away user records whose hash is not in the range of the shard they read from (amazon-kinesis-client,
 * `AggregatorUtil.deaggregate`), and shards may be split anywhere. So the aggregated record and every record in it carry one
 * explicit hash key, that of the bucket, and so does a record that is sent alone: a key always stays in the same shard.
 *
 * `mostRecordBytes`: what the stream takes of a record with its partition key.
 */
export function packEntries(records: readonly RecordPayload[], mostRecordBytes = Infinity): Entry[] {
  const mostBytes = Math.min(MOST_BYTES, mostRecordBytes - AGGREGATED_KEY.length)
  const packs = new Map<number, Pack>()
  for (const record of records) {
    const key = keyOf(record)
    const bucket = bucketOf(key)
    const pack = packs.get(bucket) ?? new Pack(bucket, mostBytes)
    packs.set(bucket, pack)
    pack.add(record, key)
  }
  return [...packs.values()].flatMap((pack) => pack.finish())
}

/** As Kinesis hashes a partition key. */
function bucketOf(key: string): number {
  return hash('md5', key, 'binary').charCodeAt(0) >>> (8 - BUCKET_BITS)
}

/** The lowest hash in a bucket. */
const hashKeyOf = (bucket: number) => (BigInt(bucket) << BigInt(128 - BUCKET_BITS)).toString()

interface Keyed {
  record: RecordPayload
  key: string
}

/** The entries of one bucket, the last of which still grows. */
class Pack {
  readonly #entries: Entry[] = []
  readonly #hashKey: string
  #growing: AggregatedRecord
  #held: Keyed[] = []

  constructor(
    readonly bucket: number,
    readonly mostBytes: number,
  ) {
    this.#hashKey = hashKeyOf(bucket)
    this.#growing = new AggregatedRecord(this.#hashKey)
  }

  add(record: RecordPayload, key: string): void {
    if (!this.#growing.add(key, record.bytes, this.mostBytes)) {
      this.#cut()
      // One that is too large even for an aggregated record of its own is sent as it is.
      if (!this.#growing.add(key, record.bytes, this.mostBytes)) {
        this.#held.push({ record, key })
        return this.#cut()
      }
    }
    this.#held.push({ record, key })
  }

  finish(): Entry[] {
    this.#cut()
    return this.#entries
  }

  /** A single record is sent as it is, as the Kinesis Producer Library does: its readers know it by the missing magic number. */
  #cut(): void {
    const [first] = this.#held
    if (!first) return
    const isSingle = this.#held.length === 1
    const data = isSingle ? first.record.bytes : this.#growing.encode()
    const partitionKey = isSingle ? first.key : AGGREGATED_KEY
    const records = this.#held.map(({ record }) => record)
    this.#entries.push(entryOf({ data, partitionKey, hashKey: this.#hashKey }, records, `bucket ${this.bucket}`))
    this.#growing = new AggregatedRecord(this.#hashKey)
    this.#held = []
  }
}
