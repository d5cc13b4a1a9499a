import { ok, type Finding } from '../runtime/checklist.js'
import type { KafkaCluster } from './kafka-cluster.js'
import { KafkaError } from './kafka-error.js'
import { LATEST, READ_COMMITTED } from './kafka-protocol.js'
import { errorOfCode } from './kafkajs-internals.js'
import { listOffsets } from './partition-offsets.js'

/** Kafka's largest number of a partition: no topic has it. */
const NO_PARTITION = 2 ** 31 - 1

/** Less than a request waits for its answer. */
const TIMEOUT_MS = 8_000

/** Of the protocol: what a setting belongs to. */
const TOPIC_RESOURCE = 2

/** What the broker answers when a right is missing. */
const DENIED = new Set(['TOPIC_AUTHORIZATION_FAILED', 'GROUP_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED'])

/** What a group says to a member it does not have, once it has seen that we may speak. */
const STRANGER = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION'])

/**
 * Finds out what we may do by asking for something harmless that needs the right. Brokers look at rights before anything
 * else (Kafka's `KafkaApis`), so any refusal but a missing right shows that it is there. The cluster has been asked
 * about the topics. All reject with `KafkaError` when there is no answer.
 */
export class KafkaRights {
  constructor(private readonly cluster: KafkaCluster) {}

  /** Whether the topic exists, as far as we may know. */
  describe(topic: string): Finding {
    const problem = this.cluster.problemOf(topic)
    if (!problem) return ok(`exists, partitions: ${this.cluster.partitionsOf(topic).length}`)
    if (DENIED.has(problem.type)) return denied(problem, `Describe on topic ${topic} is not granted`)
    const message = `topic ${topic} does not exist`
    return { status: 'failed', code: 'TOPIC_MISSING', message, hint: "Create it, or correct the connector's topics." }
  }

  /** Fetches from the end of a partition, where there is nothing. */
  async read(topic: string): Promise<Finding> {
    const [partition = 0] = this.cluster.partitionsOf(topic)
    const [end] = await listOffsets(this.cluster, [{ topic, partition }], LATEST)
    const fetchOffset = String(end)
    const leader = await this.#leaderOf(topic)
    const { partitions } = await leader.call('Fetch', {
      isolationLevel: READ_COMMITTED,
      maxWaitTime: 0,
      minBytes: 0,
      maxBytes: 1,
      topics: [{ topic, partitions: [{ partition, fetchOffset, maxBytes: 1 }] }],
    })
    const answer = partitions[0]?.errorCode ?? 0
    if (answer === 0) return ok('granted')
    const error = errorOfCode(answer, topic)
    if (DENIED.has(error.type)) return denied(error, `Read on topic ${topic} is not granted`)
    throw error
  }

  /** A heartbeat of a member that the group does not have. */
  async readGroup(groupId: string): Promise<Finding> {
    const error = await this.#heartbeat(groupId)
    if (STRANGER.has(error.type)) return ok('granted')
    if (DENIED.has(error.type)) return denied(error, `Read on group ${groupId} is not granted`)
    throw error
  }

  /** Writes nothing to a partition that the topic does not have; where there is no topic, asks whether it may be made. */
  async write(topic: string): Promise<Finding> {
    const problem = this.cluster.problemOf(topic)
    const isMissing = problem?.type === 'UNKNOWN_TOPIC_OR_PARTITION'
    if (problem && !isMissing) return denied(problem, `Describe on topic ${topic} is not granted`)
    const broker = isMissing ? await this.cluster.controller() : await this.#leaderOf(topic)
    const { topics } = await broker.call('Produce', {
      acks: -1,
      timeout: TIMEOUT_MS,
      topicData: [{ topic, partitions: [{ partition: NO_PARTITION, records: Buffer.alloc(0) }] }],
    })
    const error = errorOfCode(topics[0]?.partitions[0]?.errorCode ?? -1, topic)
    if (DENIED.has(error.type)) return denied(error, `Write on topic ${topic} is not granted`)
    if (error.type !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error
    return isMissing ? this.#create(topic) : ok('granted')
  }

  /** Settings of the topic by name; undefined when we may not know. */
  async configOf(topic: string, configNames: string[]): Promise<ReadonlyMap<string, string> | undefined> {
    const controller = await this.cluster.controller()
    const { resources } = await controller.call('DescribeConfigs', {
      resources: [{ type: TOPIC_RESOURCE, name: topic, configNames }],
    })
    const [answer] = resources
    if (!answer) throw new KafkaError('UNKNOWN', `the broker said nothing about the settings of ${topic}`)
    if (answer.errorCode !== 0) {
      const error = errorOfCode(answer.errorCode, `settings of ${topic}`)
      if (DENIED.has(error.type)) return undefined
      throw error
    }
    return new Map(answer.configEntries.map(({ configName, configValue }) => [configName, configValue ?? '']))
  }

  async #create(topic: string): Promise<Finding> {
    const controller = await this.cluster.controller()
    const { topicErrors } = await controller.call('CreateTopics', {
      timeout: TIMEOUT_MS,
      validateOnly: true,
      topics: [{ topic, numPartitions: 1, replicationFactor: 1, configEntries: [] }],
    })
    const code = topicErrors[0]?.errorCode ?? 0
    if (code === 0) return ok('does not exist yet: it is made when it is needed')
    const error = errorOfCode(code, topic)
    const message = `topic ${topic} does not exist and may not be made (${error.type})`
    return { status: 'failed', code: error.type, message, hint: 'Create it, or grant Create on it.' }
  }

  async #heartbeat(groupId: string): Promise<KafkaError> {
    try {
      const node = await this.cluster.findCoordinator(groupId)
      const coordinator = await this.cluster.connection(node, 'control')
      const memberId = 'millrace-test'
      const { errorCode } = await coordinator.call('Heartbeat', { groupId, memberId, groupGenerationId: 0 })
      return errorOfCode(errorCode, `group ${groupId}`)
    } catch (error) {
      if (error instanceof KafkaError) return error
      throw error
    }
  }

  /** The leader of the topic's first partition. */
  #leaderOf(topic: string) {
    const [partition = 0] = this.cluster.partitionsOf(topic)
    const leader = this.cluster.leaderOf(topic, partition)
    if (leader === undefined) throw new KafkaError('LEADER_NOT_AVAILABLE', `${topic}/${partition} has no leader now`)
    return this.cluster.connection(leader, 'control')
  }
}

function denied({ type }: KafkaError, message: string): Finding {
  const hint = 'Grant it: millrace policy prints the command.'
  return { status: 'failed', code: type, message, hint, ...(DENIED.has(type) && { mayPassSoon: true }) }
}
