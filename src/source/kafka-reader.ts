import { MillraceError } from '../runtime/errors.js'
import { loadCodecs } from './codecs.js'
import { KafkaCluster } from './kafka-cluster.js'
import { KafkaError, kafkaErrorType } from './kafka-error.js'
import type { PartitionEnds } from './kafka-offsets.js'
import type { KafkaSettings } from './kafka-settings.js'
import { READ_COMMITTED, type FetchedPartition, type TopicPartition } from './kafka-protocol.js'
import { errorOfCode } from './kafkajs-internals.js'
import { boundsOf } from './partition-offsets.js'
import { withPatience } from './patience.js'
import { openBatches } from './record-batches.js'
import { FetchedChunk } from './record-reader.js'
import type { RecordChunk, StoredRecord } from './source.js'
import { partitionKey } from './topic-partitions.js'

/** A whole record, and where it lies. */
export interface TopicRecord extends StoredRecord {
  topic: string
  partition: number
  offset: number
  /** Unix milliseconds. */
  timestampMs: number
}

/** Reads what lies in topics, once, without a consumer group: nothing is committed, nobody is rebalanced. */
export interface KafkaReader {
  /**
   * Every record from `low` up to but not including `high`, in order (read committed); what Kafka has removed is left out.
   * Holds one fetch in memory at a time. Rejects with `MillraceError`: `KAFKA_UNREACHABLE`, `READ_FAILED`, ...
   */
  read(partition: PartitionEnds): AsyncGenerator<TopicRecord, void>
  /** The same as chunks of views; the last chunk may hold records from `high` on. */
  chunks(partition: PartitionEnds): AsyncGenerator<RecordChunk, void>
  close(): Promise<void>
}

export interface KafkaReaderOptions {
  kafka: KafkaSettings
  fetchBytes?: number
}

/** Of one fetch; a larger record batch comes through alone. As much as a lane gets at once. */
const FETCH_BYTES = 4 << 20
/** The records asked for exist, or do not any more: the broker need not wait for others. */
const FETCH_WAIT_MS = 300

/** `fetchBytes`: of one fetch, where only the first record is wanted. */
export function createKafkaReader({ kafka, fetchBytes = FETCH_BYTES }: KafkaReaderOptions): KafkaReader {
  const reader = new Reader(new KafkaCluster(kafka, []), fetchBytes)
  return {
    chunks: (partition) => reader.chunks(partition),
    read: (partition) => recordsOf(reader, partition),
    close: () => {
      reader.cluster.close()
      return Promise.resolve()
    },
  }
}

async function* recordsOf(reader: Reader, partition: PartitionEnds): AsyncGenerator<TopicRecord, void> {
  const place = { topic: partition.topic, partition: partition.partition }
  for await (const chunk of reader.chunks(partition)) {
    const records: TopicRecord[] = []
    chunk.forEach((record) => {
      const { offset, timestampMs } = record
      if (offset < partition.high) records.push({ ...place, offset, timestampMs, ...record.copy() })
    })
    yield* records
  }
}

class Reader {
  readonly #codecs = loadCodecs()

  constructor(
    readonly cluster: KafkaCluster,
    private readonly fetchBytes: number,
  ) {}

  async *chunks(partition: PartitionEnds): AsyncGenerator<RecordChunk, void> {
    this.cluster.addTopic(partition.topic)
    let position = partition.low
    while (position < partition.high) {
      const chunk = await withPatience('reading', () => this.#fetch(partition, position))
      position = chunk.next
      yield chunk
    }
  }

  /** What follows `position`: at least one offset, or the request fails. */
  async #fetch(partition: PartitionEnds, position: number): Promise<RecordChunk> {
    try {
      return await this.#open(partition, position)
    } catch (error) {
      if (kafkaErrorType(error) === 'OFFSET_OUT_OF_RANGE') return this.#skipRemoved(partition, position)
      // Whatever it was, the partition may have another leader by the next attempt.
      this.cluster.forget(partition.topic)
      throw error
    }
  }

  async #open(partition: PartitionEnds, position: number): Promise<RecordChunk> {
    const { chunk, problem } = openBatches(await this.#ask(partition, position), position, await this.#codecs)
    if (chunk.next > position) return chunk
    const place = placeOf(partition, position)
    if (problem) throw new MillraceError('READ_FAILED', `${place}: ${problem.message}`)
    throw new KafkaError('TIMED_OUT', `${place}: the broker sent no records`)
  }

  async #skipRemoved(partition: PartitionEnds, position: number): Promise<RecordChunk> {
    const [bounds] = await boundsOf(this.cluster, [partition])
    if (bounds && bounds.low > position) return new FetchedChunk(position, bounds.low, [])
    const place = placeOf(partition, position)
    throw new MillraceError('READ_FAILED', `${place}: the topic ends before it: it was recreated or has lost records`)
  }

  async #ask({ topic, partition }: PartitionEnds, position: number): Promise<FetchedPartition> {
    if (this.cluster.leaderOf(topic, partition) === undefined) await this.cluster.refresh()
    const leader = this.cluster.leaderOf(topic, partition)
    if (leader === undefined) throw new KafkaError('LEADER_NOT_AVAILABLE', `${topic}/${partition} has no leader now`)
    const connection = await this.cluster.connection(leader, 'fetch')
    const answer = await connection.call('Fetch', {
      isolationLevel: READ_COMMITTED,
      maxWaitTime: FETCH_WAIT_MS,
      minBytes: 1,
      maxBytes: this.fetchBytes,
      topics: [{ topic, partitions: [{ partition, fetchOffset: String(position), maxBytes: this.fetchBytes }] }],
    })
    if (answer.errorCode !== 0) throw errorOfCode(answer.errorCode, `fetching from broker ${leader}`)
    const [fetched] = answer.partitions
    if (!fetched) throw new KafkaError('UNKNOWN', `the broker said nothing about ${topic}/${partition}`)
    if (fetched.errorCode !== 0) throw errorOfCode(fetched.errorCode, placeOf({ topic, partition }, position))
    return fetched
  }
}

const placeOf = ({ topic, partition }: TopicPartition, offset: number) =>
  `${partitionKey(topic, partition)} at offset ${offset}`
