import { systemClock } from '../runtime/clock.js'
import { MillraceError } from '../runtime/errors.js'
import type { Logger } from '../runtime/logger.js'
import { KafkaCluster } from './kafka-cluster.js'
import { KafkaError, kafkaErrorType } from './kafka-error.js'
import type { KafkaSettings } from './kafka-settings.js'
import { errorOfCode, keyHash } from './kafkajs-internals.js'
import { encodedBytes, encodeRecordBatch } from './record-encoder.js'
import type { StoredRecord } from './source.js'
import { groupBy } from './topic-partitions.js'

/** Appends to topics of Millrace's own: dead letters, the drop ledger. */
export interface KafkaWriter {
  /**
   * Resolves when all in-sync replicas have every record. Rejects with `MillraceError` `KAFKA_WRITE_REFUSED` when a broker
   * has refused one (a single one is then certainly not there), and `KAFKA_WRITE` when it is not known
   * of all of them: the caller tries again, and some may then be there twice. Records of one key stay in order, and writes
   * to one topic happen one after another. A topic that does not exist is created if the cluster lets us.
   */
  write(topic: string, records: readonly StoredRecord[]): Promise<void>
  /** Creates the topic unless it exists. Rejects with `MillraceError` `KAFKA_WRITE`. */
  ensureTopic(topic: string): Promise<void>
  close(): Promise<void>
}

export interface KafkaWriterOptions {
  kafka: KafkaSettings
  logger: Logger
  /** Settings of a topic that has to be created, such as `retention.ms`; beside them those of the cluster hold. */
  topicSettings?: (topic: string) => Readonly<Record<string, string>>
}

/** As many as a cluster can lose two of; fewer where there are fewer brokers. */
const REPLICAS = 3
/** A dead letter is its event, of whatever size the source topic took, with more headers: far above the usual 1 MiB. */
const MOST_MESSAGE_BYTES = 16 << 20
/** Half of what a topic takes by default (1 MiB), so that only a single larger record can be refused for its size. */
const BATCH_BYTES = 512 << 10
/** How long the leader waits for its followers. Less than a request waits for its answer. */
const ACKNOWLEDGE_TIMEOUT_MS = 8_000
const CREATE_TIMEOUT_MS = 8_000
/** A new topic has leaders within a second on a healthy cluster. */
const LEADER_CHECKS = 25
const LEADER_CHECK_MS = 200
const ALL_IN_SYNC = -1

/** With these a broker says that it has appended nothing (Kafka protocol, error codes of Produce, Metadata, CreateTopics). */
const REFUSALS: ReadonlySet<string> = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'NOT_ENOUGH_REPLICAS',
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'INVALID_TOPIC_EXCEPTION',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'POLICY_VIOLATION',
])

export function createKafkaWriter({ kafka, logger, topicSettings = () => ({}) }: KafkaWriterOptions): KafkaWriter {
  return new Writer(new KafkaCluster(kafka, []), logger, topicSettings)
}

class Writer implements KafkaWriter {
  /** The last write to each topic, so that the next one waits for it. */
  readonly #queues = new Map<string, Promise<unknown>>()
  #turn = 0

  constructor(
    readonly cluster: KafkaCluster,
    readonly logger: Logger,
    readonly topicSettings: (topic: string) => Readonly<Record<string, string>>,
  ) {}

  write(topic: string, records: readonly StoredRecord[]): Promise<void> {
    const before = this.#queues.get(topic) ?? Promise.resolve()
    const write = before.then(() => this.#refusing(topic, () => this.#write(topic, records)))
    this.#queues.set(
      topic,
      write.catch(() => {}),
    )
    return write
  }

  ensureTopic(topic: string): Promise<void> {
    return this.#refusing(topic, () => this.#ensure(topic))
  }

  close(): Promise<void> {
    this.cluster.close()
    return Promise.resolve()
  }

  async #write(topic: string, records: readonly StoredRecord[]): Promise<void> {
    if (this.#leaders(topic).length === 0) await this.#ensure(topic)
    const partitions = this.#leaders(topic)
    const keyless = partitions[this.#turn++ % partitions.length]!
    const byPartition = groupBy(records, ({ key }) => (key ? partitions[keyHash(key) % partitions.length]! : keyless))
    for (const [partition, mine] of byPartition) {
      for (const batch of batchesOf(mine)) await this.#append({ topic, partition }, batch)
    }
  }

  async #append({ topic, partition }: { topic: string; partition: number }, batch: StoredRecord[]): Promise<void> {
    const leader = this.cluster.leaderOf(topic, partition)
    if (leader === undefined) throw new KafkaError('LEADER_NOT_AVAILABLE', `${topic}/${partition} has no leader now`)
    const connection = await this.cluster.connection(leader, 'control')
    const records = encodeRecordBatch(batch, systemClock.nowMs())
    const answer = await connection.call('Produce', {
      acks: ALL_IN_SYNC,
      timeout: ACKNOWLEDGE_TIMEOUT_MS,
      topicData: [{ topic, partitions: [{ partition, records }] }],
    })
    const acknowledged = answer.topics[0]?.partitions[0]
    if (!acknowledged) throw new KafkaError('UNKNOWN', `the broker acknowledged nothing of ${topic}/${partition}`)
    if (acknowledged.errorCode !== 0) throw errorOfCode(acknowledged.errorCode, `${topic}/${partition}`)
  }

  /** All partitions of the topic when each has a leader, else none. */
  #leaders(topic: string): number[] {
    const partitions = this.cluster.partitionsOf(topic)
    return partitions.every((partition) => this.cluster.leaderOf(topic, partition) !== undefined) ? partitions : []
  }

  async #ensure(topic: string): Promise<void> {
    this.cluster.addTopic(topic)
    await this.cluster.refresh()
    if (this.cluster.problemOf(topic)?.type === 'UNKNOWN_TOPIC_OR_PARTITION') await this.#create(topic)
    for (let check = 0; check < LEADER_CHECKS && this.#leaders(topic).length === 0; check++) {
      await systemClock.sleep(LEADER_CHECK_MS)
      await this.cluster.refresh()
    }
    if (this.#leaders(topic).length > 0) return
    throw this.cluster.problemOf(topic) ?? new KafkaError('LEADER_NOT_AVAILABLE', `${topic} has no leader now`)
  }

  async #create(topic: string): Promise<void> {
    const settings = { 'max.message.bytes': String(MOST_MESSAGE_BYTES), ...this.topicSettings(topic) }
    const controller = await this.cluster.controller()
    const { topicErrors } = await controller.call('CreateTopics', {
      timeout: CREATE_TIMEOUT_MS,
      topics: [
        {
          topic,
          numPartitions: 1,
          replicationFactor: Math.min(REPLICAS, this.cluster.brokerCount),
          configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
        },
      ],
    })
    const code = topicErrors[0]?.errorCode ?? 0
    if (code === 0) return this.logger.info({ topic }, 'topic created')
    const error = errorOfCode(code, `topic ${topic} does not exist and cannot be created`)
    if (error.type !== 'TOPIC_ALREADY_EXISTS') throw error
  }

  /** What Kafka refuses becomes the one error the caller knows; where things are is asked anew before the next attempt. */
  async #refusing(topic: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (kafkaErrorType(error) === undefined) throw error
      this.cluster.forget(topic)
      const reason = error instanceof Error ? error.message : String(error)
      const code = REFUSALS.has(kafkaErrorType(error) ?? '') ? 'KAFKA_WRITE_REFUSED' : 'KAFKA_WRITE'
      throw new MillraceError(code, `cannot write to Kafka topic ${topic}: ${reason}`, { cause: error })
    }
  }
}

/** In order, cut where a batch would become too large. */
function batchesOf(records: StoredRecord[]): StoredRecord[][] {
  const batches: StoredRecord[][] = []
  let bytes = Infinity
  for (const record of records) {
    bytes += encodedBytes(record)
    if (bytes > BATCH_BYTES) {
      batches.push([])
      bytes = encodedBytes(record)
    }
    batches.at(-1)!.push(record)
  }
  return batches
}
