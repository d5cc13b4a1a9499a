import type { DropDecision } from '../../range/intent.js'
import type { Clock } from '../../runtime/clock.js'
import type { CredentialClock } from './credential-clock.js'
import type { CredentialSteps } from './credential-steps.js'
import type { FailureFacts } from './credential-words.js'
import type { Lanes } from '../lanes.js'
import type { Obstacle } from './obstacles.js'
import type { RuleTimes } from './rule-times.js'
import type { TimeSense } from './time-sense.js'
import { orNull, type GroupView, type SecretsView } from '../views.js'

export interface SweeperParts {
  times: RuleTimes
  onExpiry: 'drop' | 'hold'
  instance: string
  secrets: SecretsView
  group: GroupView
  /** Resolves when the drop ledger can be written, as far as can be seen without writing; else rejects `MillraceError`. */
  reachLedger: () => Promise<void>
  clock: Clock
  stopping: AbortSignal
  lanes: () => Lanes
}

/** What the watch of the credentials knows at the moment. */
interface Evidence {
  readonly clock: CredentialClock
  readonly time: TimeSense
  readonly steps: CredentialSteps
  /** The secret that the newest refusal was of. */
  refusedWith(): string | undefined
  facts(): FailureFacts | null
  /** Takes in what all partitions have recorded; false when Kafka does not say. */
  learn(): Promise<boolean>
}

/**
 * Gives events up, when nothing speaks against it (delivery.md §3). Everything that must be true for that is in
 * `obstacles`, and is asked again before every piece.
 */
export class Sweeper {
  /** When the next sweep may begin, by the monotonic clock. */
  nextMs = 0
  /** What has ended the sweep early. */
  #cutShortBy: Obstacle[] = []
  #dropped = { sinceMs: 0, events: 0, toldMs: -Infinity }

  constructor(
    private readonly parts: SweeperParts,
    private readonly evidence: Evidence,
  ) {}

  /** Everything that speaks against a sweep; what an earlier one has begun and the ledger has not taken must be in it first. */
  async obstaclesToBegin(): Promise<Obstacle[]> {
    const obstacles = await this.obstacles()
    return obstacles.length === 0 && this.parts.lanes().isDropping ? ['ledger'] : obstacles
  }

  /** Everything that speaks against dropping at this moment; Kafka is asked only when nothing else does. */
  async obstacles(): Promise<Obstacle[]> {
    const obstacles = this.#ownObstacles()
    if (obstacles.length > 0) return obstacles
    if (!(await this.evidence.learn())) return ['group']
    if ((await this.parts.reachLedger().catch(orNull)) === null) return ['ledger']
    // Kafka may have taken its time.
    return this.#ownObstacles()
  }

  #ownObstacles(): Obstacle[] {
    const { clock, onExpiry, secrets, stopping } = this.parts
    const { digest, isFresh } = secrets.read()
    // A freeze may have ended just now.
    if (this.evidence.time.look()) this.evidence.clock.interrupted()
    const obstacles: Obstacle[] = this.evidence.clock.obstacles(clock.nowMs())
    if (!isFresh || digest !== this.evidence.refusedWith()) obstacles.push('secret')
    if (!this.evidence.time.isTrusted) obstacles.push('clock')
    if (onExpiry === 'hold') obstacles.push('hold')
    if (this.parts.lanes().isPaused) obstacles.push('paused')
    if (stopping.aborted) obstacles.push('stopping')
    return obstacles
  }

  /** Gives up what waits now, as long as nothing comes to speak against it; resolves to what did. */
  async sweep(facts: FailureFacts): Promise<Obstacle[]> {
    const { group, lanes, clock, times } = this.parts
    const ends = await group.ends().catch(orNull)
    if (!ends) return ['group']
    this.evidence.steps.tellDropping(facts, clock.nowMs())
    this.#cutShortBy = []
    let events = 0
    await lanes().sweep((source) => {
      const until = ends.get(source)
      if (until === undefined || this.#cutShortBy.length > 0 || lanes().isDropping) return null
      return {
        until,
        decide: () => this.#decide(),
        onDropped: (dropped) => (events += dropped),
        onRefused: () => (this.#cutShortBy = ['ledger']),
      }
    })
    if (lanes().isDropping) this.#cutShortBy = ['ledger']
    this.nextMs = clock.monotonicMs() + (this.#cutShortBy.length > 0 ? times.confirmMs : times.sweepMs)
    if (events > 0) this.#summarise(facts, events)
    return this.#cutShortBy
  }

  async #decide(): Promise<Omit<DropDecision, 'isPartly'> | null> {
    const obstacles = await this.obstacles()
    const facts = this.evidence.facts()
    this.#cutShortBy = obstacles
    if (obstacles.length > 0 || !facts) return null
    const { clock, instance } = this.parts
    return { sinceMs: facts.sinceMs, atMs: clock.nowMs(), code: facts.code, instance }
  }

  /** How many events this instance has given up since the failure with this T0 began. */
  droppedSince({ sinceMs }: FailureFacts): number {
    return this.#dropped.sinceMs === sinceMs ? this.#dropped.events : 0
  }

  /** After the first sweep, and every half period: people know by then. What is left out is in the next sum. */
  #summarise(facts: FailureFacts, events: number): void {
    const { clock, times } = this.parts
    const { sinceMs } = facts
    if (this.#dropped.sinceMs !== sinceMs) this.#dropped = { sinceMs, events: 0, toldMs: -Infinity }
    this.#dropped.events += events
    if (clock.monotonicMs() - this.#dropped.toldMs < times.periodMs / 2) return
    this.#dropped.toldMs = clock.monotonicMs()
    const message = `${this.#dropped.events} events were given up here so far; they are in the drop ledger: see millrace drops list. ${facts.message}`
    this.evidence.steps.tellSwept(facts, message)
  }
}
