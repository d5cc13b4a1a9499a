/**
 * The requests of Kafka's protocol that Millrace sends, as kafkajs encodes and decodes them. Types only.
 * Offsets and instants come back as decimal strings; every answer carries its error codes, which nobody has looked at yet.
 */

export interface TopicPartition {
  topic: string
  partition: number
}

interface ByTopic<P> {
  topic: string
  partitions: P[]
}

/** One API: what is asked, and what the broker answers. */
interface Api<Request, Response> {
  request: Request
  response: Response
}

interface GroupMemberId {
  groupId: string
  memberId: string
}

export interface JoinGroupResponse {
  errorCode: number
  generationId: number
  groupProtocol: string
  leaderId: string
  memberId: string
  /** Only the leader is told of the others. */
  members: { memberId: string; memberMetadata: Buffer }[]
}

export interface MetadataResponse {
  brokers: { nodeId: number; host: string; port: number }[]
  clusterId: string | null
  controllerId: number
  topicMetadata: {
    topicErrorCode: number
    topic: string
    partitionMetadata: { partitionErrorCode: number; partitionId: number; leader: number }[]
  }[]
}

/** One partition of a Fetch answer, its record batches left as they came. */
export interface FetchedPartition extends TopicPartition {
  errorCode: number
  /** Transactions to leave out: records of `producerId` from `firstOffset` up to its abort marker. */
  aborted: { producerId: number; firstOffset: number }[]
  /** Record batches; the last one may be cut off. */
  records: Buffer
}

export interface FetchResponse {
  errorCode: number
  partitions: FetchedPartition[]
}

export interface KafkaApis {
  Metadata: Api<{ topics: string[]; allowAutoTopicCreation: boolean }, MetadataResponse>
  GroupCoordinator: Api<{ groupId: string }, { errorCode: number; coordinator: { nodeId: number } }>
  JoinGroup: Api<
    GroupMemberId & {
      sessionTimeout: number
      rebalanceTimeout: number
      protocolType: 'consumer'
      groupProtocols: { name: string; metadata: Buffer }[]
    },
    JoinGroupResponse
  >
  SyncGroup: Api<
    GroupMemberId & { generationId: number; groupAssignment: { memberId: string; memberAssignment: Buffer }[] },
    { errorCode: number; memberAssignment: Buffer }
  >
  Heartbeat: Api<GroupMemberId & { groupGenerationId: number }, { errorCode: number }>
  LeaveGroup: Api<GroupMemberId, { errorCode: number }>
  OffsetCommit: Api<
    GroupMemberId & {
      groupGenerationId: number
      topics: ByTopic<{ partition: number; offset: string; metadata: string }>[]
    },
    { responses: ByTopic<{ partition: number; errorCode: number }>[] }
  >
  OffsetFetch: Api<
    { groupId: string; topics: ByTopic<{ partition: number }>[] },
    {
      errorCode: number
      responses: ByTopic<{ partition: number; offset: string; metadata: string | null; errorCode: number }>[]
    }
  >
  ListOffsets: Api<
    { isolationLevel: number; topics: ByTopic<{ partition: number; timestamp: string }>[] },
    { responses: ByTopic<{ partition: number; offset: string; errorCode: number }>[] }
  >
  Fetch: Api<
    {
      isolationLevel: number
      maxWaitTime: number
      minBytes: number
      maxBytes: number
      topics: ByTopic<{ partition: number; fetchOffset: string; maxBytes: number }>[]
    },
    FetchResponse
  >
  Produce: Api<
    {
      acks: number
      timeout: number
      /** `records`: a whole record batch. */
      topicData: ByTopic<{ partition: number; records: Buffer }>[]
    },
    { topics: { topicName: string; partitions: { partition: number; errorCode: number; baseOffset: string }[] }[] }
  >
  CreateTopics: Api<
    {
      timeout: number
      /** True: the broker only says whether it would. */
      validateOnly?: boolean
      topics: {
        topic: string
        numPartitions: number
        replicationFactor: number
        configEntries: { name: string; value: string }[]
      }[]
    },
    { topicErrors: { topic: string; errorCode: number; errorMessage: string | null }[] }
  >
  DescribeConfigs: Api<
    { resources: { type: number; name: string; configNames: string[] }[] },
    {
      resources: {
        errorCode: number
        resourceName: string
        configEntries: { configName: string; configValue: string | null }[]
      }[]
    }
  >
}

export type ApiName = keyof KafkaApis

/** Read committed: records of aborted and of unfinished transactions stay invisible. */
export const READ_COMMITTED = 1

/** Timestamps that ListOffsets understands instead of an instant. */
export const EARLIEST = '-2'
export const LATEST = '-1'
