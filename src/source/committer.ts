import type { Clock } from '../runtime/clock.js'
import { Backoff } from './backoff.js'
import type { GroupMember } from './group-member.js'
import { KafkaError, kafkaErrorType, troubleOf } from './kafka-error.js'
import { errorOfCode } from './kafkajs-internals.js'
import type { PartitionLease } from './partition-lease.js'
import type { CommitOutcome } from './source.js'
import type { TroubleBoard } from './trouble-board.js'

/** The broker's default for `offset.metadata.max.bytes`, which it compares with UTF-16 units (4,097 are refused). */
const MOST_METADATA_UNITS = 4_096
const AREA = 'commits'
const NOT_A_MEMBER = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID'])
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 2_000

interface Commit {
  lease: PartitionLease
  offset: number
  metadata: string
}

/**
 * Commits that cannot hit another member's partition. The broker checks member and generation only, so every request names
 * the generation in which the lease was given to us, and is sent once. What follows depends on the answer alone: accepted;
 * not accepted, or nobody knows (then the same again, as long as the lease lives); or the partition is not ours any more.
 */
export class Committer {
  readonly #underway = new Set<Promise<unknown>>()

  constructor(
    readonly member: GroupMember,
    readonly parts: { clock: Clock; troubles: TroubleBoard },
  ) {}

  /** See `Source.commit`. Throws `RangeError` when the metadata is longer than any broker takes. */
  async commit(lease: PartitionLease, offset: number, metadata: string): Promise<CommitOutcome> {
    if (metadata.length > MOST_METADATA_UNITS) throw new RangeError(`commit metadata of ${metadata.length} units`)
    const backoff = new Backoff(this.parts.clock, FIRST_PAUSE_MS, LONGEST_PAUSE_MS)
    for (;;) {
      await lease.whenSettled()
      if (!lease.valid) return this.#ended('lost')
      const { generation } = lease
      const refusal = await this.#attempt({ lease, offset, metadata })
      if (!refusal) return this.#ended('accepted')
      if (!lease.valid) return this.#ended('lost')
      if (!NOT_A_MEMBER.has(refusal.type)) await this.#pause(lease, refusal, backoff)
      // Refused in the lease's newest generation: we were expelled. Else the lease has moved on, or is about to.
      else if (lease.settled && lease.generation === generation) this.member.expelled(refusal.type)
    }
  }

  /** Resolves when no commit request waits for its answer, or after `atMostMs`. */
  async settled(atMostMs: number): Promise<void> {
    if (this.#underway.size === 0) return
    const enough = new AbortController()
    await Promise.race([Promise.allSettled(this.#underway), this.parts.clock.sleep(atMostMs, enough.signal)])
    enough.abort()
  }

  async #attempt(commit: Commit): Promise<KafkaError | undefined> {
    const request = this.#send(commit)
    this.#underway.add(request)
    try {
      await request
      return undefined
    } catch (error) {
      if (error instanceof KafkaError) return error
      throw error
    } finally {
      this.#underway.delete(request)
    }
  }

  /** One request, once. */
  async #send({ lease, offset, metadata }: Commit): Promise<void> {
    const { topic, partition, memberId, generation } = lease
    const connection = await this.member.coordinator('control')
    const answer = await connection.call('OffsetCommit', {
      groupId: this.member.identity.groupId,
      memberId,
      groupGenerationId: generation,
      topics: [{ topic, partitions: [{ partition, offset: String(offset), metadata }] }],
    })
    const mine = answer.responses[0]?.partitions[0]
    if (!mine) throw new KafkaError('UNKNOWN', `the broker said nothing about the commit of ${lease.key}`)
    if (mine.errorCode !== 0) throw errorOfCode(mine.errorCode, `commit of ${lease.key}`)
  }

  async #pause(lease: PartitionLease, refusal: KafkaError, backoff: Backoff): Promise<void> {
    if (kafkaErrorType(refusal) === 'REBALANCE_IN_PROGRESS') this.member.checkNow()
    else this.member.forgetCoordinator()
    this.parts.troubles.failed(AREA, troubleOf(refusal, `committing ${lease.key}`))
    await backoff.wait(lease.ended)
  }

  #ended(outcome: CommitOutcome): CommitOutcome {
    this.parts.troubles.worked(AREA)
    return outcome
  }
}
