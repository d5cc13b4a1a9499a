import { BrokerConnection, type BrokerAddress } from './broker-connection.js'
import { KafkaError } from './kafka-error.js'
import { assertKafkajsShape, errorOfCode } from './kafkajs-internals.js'
import type { MetadataResponse } from './kafka-protocol.js'
import type { KafkaSettings } from './kafka-settings.js'

/**
 * A broker answers the requests of one connection one after another, and some of them wait: a Fetch for records,
 * a JoinGroup for the other members. So that nothing waits behind those, each kind has a connection of its own.
 */
export type Line = 'control' | 'fetch' | 'group'

interface Topic {
  /** Leader of each partition by its number; -1 while there is none. */
  leaders: number[]
  /** Why the cluster did not tell us about it, the last time we asked. */
  problem: KafkaError | undefined
}

/**
 * Where things are in a Kafka cluster, and connections to there. It asks only when told to (`refresh`), never retries, and
 * keeps what it knew of a topic when the cluster, just restarted, does not know the topic yet.
 */
export class KafkaCluster {
  readonly #topics = new Map<string, Topic>()
  readonly #connections = new Map<string, Promise<BrokerConnection>>()
  readonly #settings: KafkaSettings
  #brokers = new Map<number, BrokerAddress>()
  #controllerId = -1
  #clusterId: string | null = null
  #refreshing: Promise<void> | undefined
  #closed = false

  /** Throws `MillraceError` `KAFKA_UNSUPPORTED` when the installed kafkajs is not the pinned one. */
  constructor(settings: KafkaSettings, topics: readonly string[]) {
    assertKafkajsShape()
    this.#settings = settings
    for (const topic of topics) this.addTopic(topic)
  }

  /** From the next `refresh` on, the cluster is asked about this topic too. */
  addTopic(topic: string): void {
    if (!this.#topics.has(topic)) this.#topics.set(topic, { leaders: [], problem: undefined })
  }

  /** Numbers of the topic's partitions, ascending; empty when the topic is not known (yet). */
  partitionsOf(topic: string): number[] {
    return [...(this.#topics.get(topic)?.leaders.keys() ?? [])]
  }

  /** What the cluster calls itself; null while it has not been asked. */
  get clusterId(): string | null {
    return this.#clusterId
  }

  /** The node that leads the partition; undefined when nobody does or nobody has said so. */
  leaderOf(topic: string, partition: number): number | undefined {
    const leader = this.#topics.get(topic)?.leaders[partition]
    return leader !== undefined && this.#brokers.has(leader) ? leader : undefined
  }

  /** Until the next `refresh` the topic is one we know nothing of. */
  forget(topic: string): void {
    this.#topics.set(topic, { leaders: [], problem: undefined })
  }

  get brokerCount(): number {
    return this.#brokers.size
  }

  /** Why the cluster said nothing about the topic in the last `refresh`. */
  problemOf(topic: string): KafkaError | undefined {
    return this.#topics.get(topic)?.problem
  }

  /** Asks any broker for brokers, topics and leaders. Calls at the same time share one request. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = undefined))
    return this.#refreshing
  }

  /** The connection to a node, made when there is none. Throws `KafkaError`. */
  connection(nodeId: number, line: Line): Promise<BrokerConnection> {
    const address = this.#brokers.get(nodeId)
    if (!address) throw new KafkaError('BROKER_NOT_AVAILABLE', `broker ${nodeId} is not known (yet)`)
    return this.#connect(address, line)
  }

  /** The connection to the node that coordinates a group, looked up anew. */
  async findCoordinator(groupId: string): Promise<number> {
    const asked = await this.#anyConnection()
    const { errorCode, coordinator } = await asked.call('GroupCoordinator', { groupId })
    if (errorCode !== 0) throw errorOfCode(errorCode, `looking for the coordinator of group ${groupId}`)
    if (!this.#brokers.has(coordinator.nodeId)) await this.refresh()
    return coordinator.nodeId
  }

  /** A connection to the node that may create topics. */
  async controller(): Promise<BrokerConnection> {
    if (!this.#brokers.has(this.#controllerId)) await this.refresh()
    return this.connection(this.#controllerId, 'control')
  }

  /** Ends every connection at once. */
  close(): void {
    this.#closed = true
    for (const connection of this.#connections.values()) void connection.then((open) => open.close()).catch(() => {})
    this.#connections.clear()
  }

  async #refresh(): Promise<void> {
    const connection = await this.#anyConnection()
    const topics = [...this.#topics.keys()]
    const answer = await connection.call('Metadata', { topics, allowAutoTopicCreation: false })
    this.#controllerId = answer.controllerId
    this.#clusterId = answer.clusterId
    if (answer.brokers.length > 0) {
      this.#brokers = new Map(answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]))
    }
    for (const topic of answer.topicMetadata) this.#learn(topic)
  }

  #learn({ topic, topicErrorCode, partitionMetadata }: MetadataResponse['topicMetadata'][number]): void {
    const known = this.#topics.get(topic)
    if (!known) return
    known.problem = topicErrorCode === 0 ? undefined : errorOfCode(topicErrorCode, `topic ${topic}`)
    if (known.problem) return
    known.leaders = []
    for (const { partitionId, leader } of partitionMetadata) known.leaders[partitionId] = leader
  }

  /** A connection to a broker that is reachable: those we know first, then those of the configuration. */
  async #anyConnection(): Promise<BrokerConnection> {
    const known = [...this.#brokers.values()].sort(() => Math.random() - 0.5)
    let failure: unknown
    for (const address of [...known, ...this.#settings.brokers.map(parseAddress)]) {
      try {
        return await this.#connect(address, 'control')
      } catch (error) {
        failure = error
      }
    }
    throw failure
  }

  #connect(address: BrokerAddress, line: Line): Promise<BrokerConnection> {
    if (this.#closed) throw new KafkaError('DISCONNECTED', 'closed')
    const key = `${address.host}:${address.port}/${line}`
    const existing = this.#connections.get(key) ?? this.#open(key, address)
    return existing.then((open) => (open.isOpen ? open : this.#replace(key, existing, address)))
  }

  #open(key: string, address: BrokerAddress): Promise<BrokerConnection> {
    const opening = BrokerConnection.open(address, this.#settings)
    this.#connections.set(key, opening)
    opening.then(
      (open) => this.#closed && open.close(),
      () => this.#connections.get(key) === opening && this.#connections.delete(key),
    )
    return opening
  }

  #replace(key: string, dead: Promise<BrokerConnection>, address: BrokerAddress): Promise<BrokerConnection> {
    const current = this.#connections.get(key)
    return current && current !== dead ? current : this.#open(key, address)
  }
}

/** `host:port`, `[v6]:port`, or a host alone with Kafka's usual port. */
function parseAddress(text: string): BrokerAddress {
  const match = /^\[?(.*?)\]?(?::(\d+))?$/.exec(text)
  return { host: match?.[1] ?? text, port: Number(match?.[2] ?? 9092) }
}
