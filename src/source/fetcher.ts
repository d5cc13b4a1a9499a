import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../runtime/clock.js'
import { Backoff } from './backoff.js'
import type { Codecs } from './codecs.js'
import type { KafkaCluster } from './kafka-cluster.js'
import { kafkaErrorType, troubleOf } from './kafka-error.js'
import { READ_COMMITTED, type FetchedPartition } from './kafka-protocol.js'
import { errorOfCode } from './kafkajs-internals.js'
import type { PartitionLease } from './partition-lease.js'
import { openBatches } from './record-batches.js'
import type { RecordChunk } from './source.js'
import type { SourceTuning } from './source-tuning.js'
import { partitionKey } from './topic-partitions.js'
import type { TroubleBoard } from './trouble-board.js'

/** Where what was fetched goes. */
interface FetchSink {
  records(lease: PartitionLease, chunk: RecordChunk): void
  /** The broker does not have this offset; the lease has no position until somebody gives it one. */
  outOfRange(lease: PartitionLease, position: number): void
}

export interface FetcherParts {
  cluster: KafkaCluster
  leases: () => Iterable<PartitionLease>
  sink: FetchSink
  codecs: Promise<Codecs>
  clock: Clock
  tuning: SourceTuning
  troubles: TroubleBoard
}

/** What one fetch asked of one partition. */
interface Ask {
  lease: PartitionLease
  position: number
  seeks: number
}

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1_000
/** A batch that could not be read is fetched again after this time, in case it was damaged on the way. */
const HOLD_MS = 2_000
/** Heartbeats and answers get their turn between chunks when the listener has worked for so long. */
const LONGEST_TURN_MS = 10

/** Reads all leases that have a position and are not paused: one loop, and one fetch at a time, for each broker that leads any. */
export class Fetcher {
  readonly #parts: FetcherParts
  readonly #loops = new Map<number, Promise<void>>()
  readonly #idle = new Set<() => void>()
  readonly #stop = new AbortController()

  constructor(parts: FetcherParts) {
    this.#parts = parts
  }

  /** There is something new to read, or somewhere else to read it. */
  wake(): void {
    if (this.#stop.signal.aborted) return
    for (const lease of this.#parts.leases()) {
      const leader = this.#parts.cluster.leaderOf(lease.topic, lease.partition)
      if (leader !== undefined && !this.#loops.has(leader)) this.#loops.set(leader, this.#loop(leader))
    }
    this.#wakeIdle()
  }

  /** Nothing is fetched any more; what is underway is thrown away. */
  stop(): void {
    this.#stop.abort()
    this.#wakeIdle()
  }

  #wakeIdle(): void {
    const idle = [...this.#idle]
    this.#idle.clear()
    for (const wake of idle) wake()
  }

  async #loop(nodeId: number): Promise<void> {
    const { signal } = this.#stop
    const backoff = new Backoff(this.#parts.clock, FIRST_PAUSE_MS, LONGEST_PAUSE_MS)
    const codecs = await this.#parts.codecs
    for (let turn = 0; !signal.aborted; turn++) {
      const asks = this.#asksOf(nodeId)
      if (asks.length === 0) {
        this.#parts.troubles.worked(areaOf(nodeId))
        await new Promise<void>((wake) => this.#idle.add(wake))
        continue
      }
      // Another partition first each time: the first is served even when its next batch is larger than any limit.
      const first = turn % asks.length
      const fetched = await this.#fetch(nodeId, [...asks.slice(first), ...asks.slice(0, first)])
      const isCurrent = fetched !== undefined && (await this.#deliver(fetched, asks, codecs))
      if (isCurrent) backoff.reset()
      else await this.#lookAgain(backoff)
    }
  }

  #asksOf(nodeId: number): Ask[] {
    const nowMs = this.#parts.clock.nowMs()
    const asks: Ask[] = []
    for (const lease of this.#parts.leases()) {
      const { topic, partition, position, seeks, paused, heldUntilMs } = lease
      const isWanted = position !== null && !paused && heldUntilMs <= nowMs
      if (isWanted && this.#parts.cluster.leaderOf(topic, partition) === nodeId) asks.push({ lease, position, seeks })
    }
    return asks
  }

  async #fetch(nodeId: number, asks: Ask[]): Promise<FetchedPartition[] | undefined> {
    const { cluster, troubles, tuning } = this.#parts
    try {
      const connection = await cluster.connection(nodeId, 'fetch')
      const answer = await connection.call('Fetch', {
        isolationLevel: READ_COMMITTED,
        maxWaitTime: tuning.maxWaitMs,
        minBytes: 1,
        maxBytes: tuning.maxBytes,
        topics: asks.map(({ lease, position }) => ({
          topic: lease.topic,
          partitions: [
            { partition: lease.partition, fetchOffset: String(position), maxBytes: tuning.maxBytesPerPartition },
          ],
        })),
      })
      if (answer.errorCode !== 0) throw errorOfCode(answer.errorCode, `fetching from broker ${nodeId}`)
      troubles.worked(areaOf(nodeId))
      return answer.partitions
    } catch (error) {
      if (kafkaErrorType(error) === undefined) throw error
      if (!this.#stop.signal.aborted) troubles.failed(areaOf(nodeId), troubleOf(error, `reading from broker ${nodeId}`))
      return undefined
    }
  }

  /** False when the broker refused a partition, most often because it does not lead it any more. */
  async #deliver(fetched: FetchedPartition[], asks: Ask[], codecs: Codecs): Promise<boolean> {
    const asked = new Map(asks.map((ask) => [ask.lease.key, ask]))
    let isCurrent = true
    let turnBeganMs = performance.now()
    for (const part of fetched) {
      const ask = asked.get(partitionKey(part.topic, part.partition))
      if (!ask || !isStillAsked(ask)) continue
      if (part.errorCode === 0) this.#deliverPartition(part, ask, codecs)
      else isCurrent = this.#refused(part, ask) && isCurrent
      if (performance.now() - turnBeganMs > LONGEST_TURN_MS) {
        await nextTurn()
        turnBeganMs = performance.now()
      }
    }
    return isCurrent
  }

  #deliverPartition(part: FetchedPartition, { lease, position }: Ask, codecs: Codecs): void {
    const { chunk, problem } = openBatches(part, position, codecs)
    if (problem)
      this.#hold(lease, { ...problem, message: `${lease.key} at offset ${problem.offset}: ${problem.message}` })
    else this.#parts.troubles.worked(lease.key)
    if (chunk.next === position) return
    lease.position = chunk.next
    this.#parts.sink.records(lease, chunk)
  }

  /** The partition waits. */
  #hold(lease: PartitionLease, problem: { code: string; message: string; needsPerson: boolean }): void {
    const { clock, troubles } = this.#parts
    troubles.failed(lease.key, problem)
    lease.heldUntilMs = clock.nowMs() + HOLD_MS
    void clock.sleep(HOLD_MS, lease.ended).then(() => this.wake())
  }

  /** True when looking for the leader again would not help. */
  #refused(part: FetchedPartition, { lease, position }: Ask): boolean {
    const error = errorOfCode(part.errorCode, lease.key)
    if (error.type !== 'OFFSET_OUT_OF_RANGE') {
      this.#parts.troubles.failed(lease.key, troubleOf(error, `reading ${lease.key}`))
      return false
    }
    lease.position = null
    this.#parts.sink.outOfRange(lease, position)
    return true
  }

  async #lookAgain(backoff: Backoff): Promise<void> {
    const { cluster, troubles } = this.#parts
    await backoff.wait(this.#stop.signal)
    if (this.#stop.signal.aborted) return
    try {
      await cluster.refresh()
      this.wake()
    } catch (error) {
      if (kafkaErrorType(error) === undefined) throw error
      if (!this.#stop.signal.aborted) troubles.failed('metadata', troubleOf(error, 'looking for partition leaders'))
      return
    }
    troubles.worked('metadata')
  }
}

const areaOf = (nodeId: number) => `broker ${nodeId}`

/** Nobody has taken the lease away or moved its position since; a pause alone throws nothing away. */
function isStillAsked({ lease, position, seeks }: Ask): boolean {
  return lease.valid && lease.position === position && lease.seeks === seeks
}
