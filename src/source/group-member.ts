import type { Clock } from '../runtime/clock.js'
import { roundRobinAssigner, stickyAssigner, type MemberClaim } from './assigners.js'
import { Backoff } from './backoff.js'
import type { BrokerConnection } from './broker-connection.js'
import type { KafkaCluster, Line } from './kafka-cluster.js'
import { kafkaErrorType, troubleOf } from './kafka-error.js'
import type { JoinGroupResponse } from './kafka-protocol.js'
import { errorOfCode, MemberAssignment, MemberMetadata } from './kafkajs-internals.js'
import type { SourceTuning } from './source-tuning.js'
import type { TroubleBoard } from './trouble-board.js'

export interface GroupIdentity {
  groupId: string
  topics: readonly string[]
}

/** What the member tells the source, and asks it. */
export interface MemberEvents {
  /** The partitions we hold, as `topic/partition`. */
  owned(): string[]
  /** We are about to join the next generation; resolves when no commit is underway any more, or after a bounded time. */
  joining(): Promise<void>
  /** Partitions by topic. `continuous`: nobody else can have had those we held before. */
  assigned(assignment: Record<string, number[]>, continuous: boolean): void
  /** The group has given us up: nothing is ours any more. */
  expelled(): void
}

const ASSIGNERS = [stickyAssigner, roundRobinAssigner]
const AREA = 'group'
const EXPELLED = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID'])
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 2_000

/**
 * A member of a consumer group in the classic protocol: join, sync, heartbeats until the next rebalance, again.
 *
 * A cut connection, a restarted broker or a new coordinator is no reason to join again: the coordinator remembers us for
 * the session timeout, so heartbeats are simply tried again. Joining is what answers a rebalance, a growing topic and
 * an expulsion, and only the last costs us the leases.
 */
export class GroupMember {
  memberId = ''
  /** The generation of the last assignment; -1 when we hold nothing. */
  generation = -1
  /** The number of partitions of each topic when we, as the leader, divided them; undefined when another member does. */
  dividedPartitions: Map<string, number> | undefined
  #coordinatorId: number | undefined
  #wakeHeartbeat = new AbortController()
  #rejoin = false
  readonly #stop = new AbortController()

  constructor(
    readonly identity: GroupIdentity,
    readonly cluster: KafkaCluster,
    readonly events: MemberEvents,
    readonly parts: { clock: Clock; tuning: SourceTuning; troubles: TroubleBoard },
  ) {}

  /** Is a member until `leave`. Never rejects for what the outside does. */
  async run(): Promise<void> {
    const backoff = new Backoff(this.parts.clock, FIRST_PAUSE_MS, LONGEST_PAUSE_MS)
    let expulsions = 0
    while (!this.#stop.signal.aborted) {
      try {
        await this.#join()
        backoff.reset()
        expulsions = 0
        this.parts.troubles.worked(AREA)
        await this.#heartbeats()
      } catch (error) {
        const type = kafkaErrorType(error)
        if (type === undefined) throw error
        if (type === 'REBALANCE_IN_PROGRESS') continue
        if (EXPELLED.has(type)) {
          this.expelled(type)
          // The first time we are forgotten we join again at once; a group that goes on forgetting us is given time.
          if (expulsions++ === 0) continue
        }
        await this.#failed(error, `joining the consumer group ${this.identity.groupId}`, backoff)
      }
    }
  }

  /** Joins again soon, because there is something new to divide. */
  rejoin(): void {
    this.#rejoin = true
    this.#wakeHeartbeat.abort()
  }

  /** Looks after the group now instead of at the next heartbeat. */
  checkNow(): void {
    this.#wakeHeartbeat.abort()
  }

  /** The broker has told us, in answer to anything, that we are not a member any more. */
  expelled(type: string): void {
    if (type !== 'ILLEGAL_GENERATION') this.memberId = ''
    this.generation = -1
    this.events.expelled()
    this.rejoin()
  }

  /** The connection to the group's coordinator. Throws `KafkaError`. */
  async coordinator(line: Line): Promise<BrokerConnection> {
    this.#coordinatorId ??= await this.cluster.findCoordinator(this.identity.groupId)
    try {
      return await this.cluster.connection(this.#coordinatorId, line)
    } catch (error) {
      this.forgetCoordinator()
      throw error
    }
  }

  /** It does not answer, or it is not the coordinator any more. */
  forgetCoordinator(): void {
    this.#coordinatorId = undefined
  }

  /** Stops, and tells the coordinator so that the others need not wait for the session to end. */
  async leave(): Promise<void> {
    this.#stop.abort()
    this.#wakeHeartbeat.abort()
    if (this.memberId === '') return
    // Not the group's own line: a JoinGroup that waits for others would hold it up.
    const connection = await this.coordinator('control')
    await connection.call('LeaveGroup', { groupId: this.identity.groupId, memberId: this.memberId })
  }

  async #failed(error: unknown, activity: string, backoff: Backoff): Promise<void> {
    this.forgetCoordinator()
    if (this.#stop.signal.aborted) return
    this.parts.troubles.failed(AREA, troubleOf(error, activity))
    await backoff.wait(this.#stop.signal)
  }

  async #join(): Promise<void> {
    await this.events.joining()
    if (this.#stop.signal.aborted) return
    const connection = await this.coordinator('group')
    this.#rejoin = false
    const joined = await this.#joinGroup(connection)
    const { generationId, memberId } = joined
    const isLeader = joined.leaderId === memberId
    const synced = await connection.call('SyncGroup', {
      groupId: this.identity.groupId,
      generationId,
      memberId,
      groupAssignment: isLeader ? await this.#divide(joined) : [],
    })
    failOn(synced.errorCode, 'the assignment of partitions')
    // Whoever was in the generation just before this one has kept its partitions from everybody else.
    const continuous = this.generation >= 0 && generationId - this.generation <= 1
    this.generation = generationId
    if (!isLeader) this.dividedPartitions = undefined
    if (this.#stop.signal.aborted) return
    this.events.assigned(MemberAssignment.decode(synced.memberAssignment)?.assignment ?? {}, continuous)
  }

  async #joinGroup(connection: BrokerConnection): Promise<JoinGroupResponse> {
    const { groupId, topics } = this.identity
    const { sessionTimeoutMs, rebalanceTimeoutMs } = this.parts.tuning
    const userData = Buffer.from(JSON.stringify({ generation: this.generation, owned: this.events.owned() }))
    const metadata = MemberMetadata.encode({ version: 0, topics: [...topics], userData })
    const joined = await connection.call('JoinGroup', {
      groupId,
      memberId: this.memberId,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: rebalanceTimeoutMs,
      protocolType: 'consumer',
      groupProtocols: ASSIGNERS.map(({ name }) => ({ name, metadata })),
    })
    const error = joined.errorCode === 0 ? undefined : errorOfCode(joined.errorCode, `group ${groupId}`)
    if (error && error.type !== 'MEMBER_ID_REQUIRED') throw error
    this.memberId = joined.memberId
    return error ? this.#joinGroup(connection) : joined
  }

  /** The leader's part: who reads what. */
  async #divide({ groupProtocol, members }: JoinGroupResponse) {
    await this.cluster.refresh()
    const claims = members.map(({ memberId, memberMetadata }) => claimOf(memberId, memberMetadata))
    const partitionsOf = (topic: string) => this.cluster.partitionsOf(topic)
    const assigner = ASSIGNERS.find(({ name }) => name === groupProtocol) ?? roundRobinAssigner
    this.dividedPartitions = new Map(this.identity.topics.map((topic) => [topic, partitionsOf(topic).length]))
    return [...assigner.assign(claims, partitionsOf)].map(([memberId, assignment]) => ({
      memberId,
      memberAssignment: MemberAssignment.encode({ version: 0, assignment }),
    }))
  }

  /** Returns when there is a reason to join again. */
  async #heartbeats(): Promise<void> {
    const { signal } = this.#stop
    const backoff = new Backoff(this.parts.clock, FIRST_PAUSE_MS / 2, LONGEST_PAUSE_MS / 2)
    let pause = this.#untilNextHeartbeat()
    while (!signal.aborted && !this.#rejoin) {
      await pause
      if (signal.aborted || this.#rejoin) return
      try {
        if (await this.#heartbeat()) return
        backoff.reset()
        this.parts.troubles.worked(AREA)
        pause = this.#untilNextHeartbeat()
      } catch (error) {
        const type = kafkaErrorType(error)
        if (type === undefined || EXPELLED.has(type)) throw error
        pause = this.#failed(error, `heartbeat of the consumer group ${this.identity.groupId}`, backoff)
      }
    }
  }

  /** True when the group is dividing its partitions anew. */
  async #heartbeat(): Promise<boolean> {
    const { groupId } = this.identity
    const connection = await this.coordinator('group')
    const answer = await connection.call('Heartbeat', {
      groupId,
      memberId: this.memberId,
      groupGenerationId: this.generation,
    })
    const error = answer.errorCode === 0 ? undefined : errorOfCode(answer.errorCode, `group ${groupId}`)
    if (error && error.type !== 'REBALANCE_IN_PROGRESS') throw error
    return error !== undefined
  }

  async #untilNextHeartbeat(): Promise<void> {
    const wake = (this.#wakeHeartbeat = new AbortController())
    await this.parts.clock.sleep(this.parts.tuning.heartbeatIntervalMs, wake.signal)
  }
}

function failOn(errorCode: number, what: string): void {
  if (errorCode !== 0) throw errorOfCode(errorCode, what)
}

/** Members of other clients, or of another version of Millrace, say nothing we understand about what they hold. */
function claimOf(memberId: string, memberMetadata: Buffer): MemberClaim {
  const { topics, userData } = MemberMetadata.decode(memberMetadata)
  const { generation, owned } = parseUserData(userData)
  return {
    memberId,
    topics,
    generation: typeof generation === 'number' ? generation : -1,
    owned: Array.isArray(owned) ? [...new Set(owned.filter((key) => typeof key === 'string'))] : [],
  }
}

function parseUserData(userData: Buffer | null): { generation?: unknown; owned?: unknown } {
  try {
    return (JSON.parse(String(userData)) ?? {}) as { generation?: unknown; owned?: unknown }
  } catch {
    return {}
  }
}
