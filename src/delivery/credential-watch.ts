import type { Failure } from '../destinations/destination.js'
import type { HealthRecorder, Trouble } from '../health/recorder.js'
import { decodeMetadata, type CommitMetadata } from '../range/commit-metadata.js'
import type { Random } from '../runtime/backoff.js'
import { CredentialClock, type KnownMarks } from './credential-clock.js'
import { CredentialSteps, type FailureFacts } from './credential-steps.js'
import { nextProbeMs } from './probe-schedule.js'
import type { AnswerWatch } from './settle.js'
import { OBSTACLES, orNull, Sweeper, type Obstacle, type SweeperParts } from './sweeper.js'
import { TimeSense } from './time-sense.js'

export interface WatchParts extends SweeperParts {
  /** Where the connector delivers: another place has a clock of its own. */
  place: string
  /** The connector's first partition, `topic/partition`: whoever has it tells people. */
  firstSource: string
  health: HealthRecorder
  random: Random
}

/** Trouble of these kinds needs a person although the period is over: the connector is blocked (delivery.md §4). */
const BLOCKING: readonly Obstacle[] = ['clock', 'ledger']

const SOURCE = 'credentials'

/**
 * The 48-hour rule of one connector (delivery.md §3): tells failing credentials from everything else, holds all lanes
 * while they fail, probes, and lets a sweep begin when nothing speaks against it.
 *
 * Working → (a write is refused) → holding, with one probe at a time → (a write is acknowledged) → working. While it
 * holds, T0 comes and goes with what `CredentialClock` knows; events are dropped only by `Sweeper`.
 *
 * A lane that is refused although another one has been served since is not the connector's credentials (fault 40): it
 * is held alone, and never starts the clock.
 */
export class CredentialWatch implements AnswerWatch {
  readonly #parts: WatchParts
  readonly #clock: CredentialClock
  readonly #time: TimeSense
  readonly #steps: CredentialSteps
  readonly #sweeper: Sweeper
  #isHolding = false
  /** Lanes that were refused since the last success. */
  readonly #refused = new Set<string>()
  /** Lanes that are refused alone: a part of each range is taken, or other lanes are served. */
  readonly #alone = new Map<string, 'a part is taken' | 'others are served'>()
  #refusal: Failure | undefined
  /** The secret that the probe underway was made with. */
  #probedWith: string | undefined
  /** When each partition has delivered last, as it was recorded when the failure was found. */
  #deliveredAtMs = new Map<string, number>()
  /** T0 of that failure. */
  #deliveredBeforeMs: number | null = null
  #isNudged = false
  #wake = new AbortController()
  /** Aborts when the hold is over. */
  #over = new AbortController()

  constructor(parts: WatchParts) {
    const { times, place, health, clock, firstSource } = parts
    this.#parts = parts
    this.#clock = new CredentialClock(times)
    this.#time = new TimeSense(clock, times)
    this.#steps = new CredentialSteps({ times, place, health, firstLane: () => parts.lanes().laneOf(firstSource) })
    this.#sweeper = new Sweeper(parts, {
      ...{ clock: this.#clock, time: this.#time, steps: this.#steps },
      probedWith: () => this.#probedWith,
      facts: () => this.#facts(),
      learn: () => this.#learn(),
    })
  }

  get isHolding(): boolean {
    return this.#isHolding
  }

  /**
   * Looks now and then what other instances have found out, as long as the service runs: that the credentials fail, or,
   * where nothing waits that could be probed with, that they work again.
   */
  async patrol(): Promise<void> {
    const { clock, times, stopping, lanes, firstSource } = this.#parts
    while (!stopping.aborted) {
      await clock.sleep(times.firstProbeMs, stopping)
      const isDue = this.#isHolding ? !lanes().hasPending : lanes().laneOf(firstSource) !== undefined
      if (isDue && !stopping.aborted) await this.#learn()
    }
  }

  written(source: string): void {
    this.#alone.delete(source)
    this.#refused.delete(source)
    for (const other of this.#refused) this.#alone.set(other, 'others are served')
    this.#refused.clear()
    const facts = this.#facts()
    const atMs = this.#parts.clock.nowMs()
    this.#clock.succeeded(atMs)
    if (this.#isHolding) this.#recover(facts, atMs)
  }

  failed(source: string, failures: readonly Failure[], isMixed: boolean): 'retry' | 'hold' {
    const refusal = failures.find((failure) => failure.class === 'credentials')
    if (refusal && isMixed) this.#partTaken(source)
    if (!this.#isHolding && (!refusal || this.#isAlone(source, isMixed))) return 'retry'
    if (this.#isHolding && isMixed) {
      this.written(source)
      // Of one range written again, a part is taken and a part refused: the credentials work, a right is missing.
      if (refusal) this.#alone.set(source, 'a part is taken')
      return 'retry'
    }
    if (refusal) this.#refuse(source, refusal)
    else this.#clock.interrupted()
    if (!this.#isHolding) this.#hold()
    return 'hold'
  }

  /** A lane of whose range nothing is taken any more is not refused alone: the credentials may fail altogether. */
  #isAlone(source: string, isMixed: boolean): boolean {
    if (this.#alone.get(source) === 'a part is taken' && !isMixed) this.#alone.delete(source)
    return this.#alone.has(source)
  }

  /** No commit of an offset will tell the other instances that something was acknowledged. */
  #partTaken(source: string): void {
    const deliveredAtMs = this.#parts.clock.nowMs()
    void this.#parts
      .lanes()
      .laneOf(source)
      ?.commits.mark(() => ({ deliveredAtMs }))
  }

  found({ marks }: CommitMetadata): void {
    const sinceMs = this.#clock.failingSinceMs
    this.#clock.learn([this.#known(marks)])
    this.#reconsider(sinceMs)
  }

  pending(): void {
    this.#wake.abort()
  }

  /** Probe at once: the secret has changed, or an operator asks. */
  nudge(): void {
    this.#isNudged = true
    this.#wake.abort()
  }

  #hold(): void {
    this.#isHolding = true
    this.#probedWith = undefined
    this.#sweeper.nextMs = 0
    this.#over = new AbortController()
    const over = AbortSignal.any([this.#over.signal, this.#parts.stopping])
    this.#time.start()
    this.#parts.lanes().hold()
    this.#show()
    void this.#probeUntil(over)
    void this.#watchTime(over)
    void this.#watchSecrets(over)
  }

  /** `deliveredAtMs`: when it was this instance to which something was acknowledged. */
  #recover(facts: FailureFacts | null, deliveredAtMs?: number): void {
    const { health, lanes } = this.#parts
    this.#isHolding = false
    this.#refusal = undefined
    this.#refused.clear()
    this.#over.abort()
    health.recovered(SOURCE)
    lanes().release()
    this.#forget(facts, deliveredAtMs)
  }

  /** The failure with this T0 is over: nobody who finds its marks may go on with it. */
  #forget(facts: FailureFacts | null, deliveredAtMs?: number): void {
    const wasTold = facts !== null && this.#steps.wasTold(facts.sinceMs)
    void this.#parts.lanes().mark((marks) => {
      const { failing, ...others } = marks
      return failing ? { ...others, ...(deliveredAtMs !== undefined && { deliveredAtMs }) } : marks
    })
    if (wasTold) this.#steps.tellRecovered(facts)
  }

  #refuse(source: string, refusal: Failure): void {
    const { clock, secrets } = this.#parts
    const { digest, isFresh } = secrets.read()
    this.#refused.add(source)
    this.#refusal = refusal
    this.#time.heard(refusal.serverAtMs)
    // T0 outlives this process: a clock that is wrong must not set it.
    if (this.#time.isTrusted) this.#clock.refused(clock.nowMs(), isFresh && (this.#probedWith ?? digest) === digest)
    else this.#clock.interrupted()
    if (this.#probedWith !== undefined && this.#probedWith !== digest) this.nudge()
  }

  async #probeUntil(over: AbortSignal): Promise<void> {
    const { clock, secrets, lanes } = this.#parts
    for (let attempt = 0; !over.aborted; attempt++) {
      await this.#untilDue(clock.monotonicMs() + this.#delayMs(attempt), over)
      if (over.aborted) return
      this.#probedWith = secrets.read().digest
      await lanes().probe()
      if (!over.aborted) await this.#judge()
    }
  }

  /** At once when nothing has been tried yet. */
  #delayMs(attempt: number): number {
    const { times, clock, random } = this.#parts
    const nowMs = clock.nowMs()
    if (attempt === 0 && this.#refusal === undefined) return 0
    const restMs = this.#sweeper.nextMs - clock.monotonicMs()
    return restMs > 0 ? restMs : nextProbeMs(this.#clock, times, { attempt, nowMs, random }) - nowMs
  }

  /** Until it is time, or somebody asks for it; and something waits that can be probed with. No set clock makes it longer. */
  async #untilDue(dueMs: number, over: AbortSignal): Promise<void> {
    const { clock, lanes, times } = this.#parts
    const isDue = () => (this.#isNudged || clock.monotonicMs() >= dueMs) && lanes().hasPending
    while (!over.aborted && !isDue()) {
      this.#wake = new AbortController()
      const leftMs = dueMs - clock.monotonicMs()
      await clock.sleep(leftMs > 0 ? leftMs : times.longestProbeMs, AbortSignal.any([this.#wake.signal, over]))
    }
    this.#isNudged = false
  }

  /** After a probe that was not acknowledged. */
  async #judge(): Promise<void> {
    await this.#learn()
    const facts = this.#facts()
    if (!facts || !this.#clock.isConfirmed) return this.#show()
    await this.#record(facts)
    await this.#steps.tell(facts, this.#parts.clock.nowMs())
    const obstacles = await this.#sweeper.obstacles()
    if (obstacles.length > 0) return this.#show(obstacles)
    this.#showAs('dropping')
    await this.#sweeper.sweep(facts)
    this.#show()
  }

  /** T0 stands in every partition, so that whoever gets one finds it. */
  #record({ sinceMs }: FailureFacts): Promise<void> {
    const { place, lanes } = this.#parts
    return lanes().mark((marks) => {
      return marks.failing?.sinceMs === sinceMs ? marks : { ...marks, failing: { sinceMs, place, told: 0 } }
    })
  }

  /** Takes in what all partitions have recorded. Resolves to false when Kafka does not say. */
  async #learn(): Promise<boolean> {
    const committed = await this.#parts.group.committed().catch(orNull)
    if (!committed) return false
    const sinceMs = this.#clock.failingSinceMs
    const partitions = committed.flatMap(({ source, metadata }) => {
      const decoded = decodeMetadata(metadata)
      return decoded.kind === 'ours' ? [{ source, ...this.#known(decoded.marks) }] : []
    })
    if (sinceMs !== this.#deliveredBeforeMs) this.#deliveredAtMs.clear()
    this.#deliveredBeforeMs = sinceMs
    // An instance whose clock is behind ours delivers at an instant before our T0.
    const delivering = partitions.filter((partition) => this.#hasDelivered(partition))
    const isBehind = delivering.some(({ deliveredAtMs = Infinity }) => deliveredAtMs <= (sinceMs ?? -Infinity))
    if (this.#isHolding && isBehind) this.#clock.succeeded(this.#parts.clock.nowMs())
    this.#clock.learn(partitions)
    this.#reconsider(sinceMs)
    return true
  }

  #hasDelivered({ source, deliveredAtMs }: KnownMarks & { source: string }): boolean {
    if (deliveredAtMs === undefined) return false
    const beforeMs = this.#deliveredAtMs.get(source)
    this.#deliveredAtMs.set(source, deliveredAtMs)
    return beforeMs !== undefined && deliveredAtMs > beforeMs
  }

  #known({ deliveredAtMs, failing }: CommitMetadata['marks']): KnownMarks {
    return {
      ...(deliveredAtMs !== undefined && { deliveredAtMs }),
      ...(failing?.place === this.#parts.place && { failingSinceMs: failing.sinceMs }),
    }
  }

  /** What was learnt may begin a failure, or end one that was not seen here. */
  #reconsider(beforeMs: number | null): void {
    const isFailing = this.#clock.failingSinceMs !== null
    if (isFailing && !this.#isHolding) this.#hold()
    if (isFailing || !this.#isHolding) return
    const facts = beforeMs === null ? null : this.#factsOf(beforeMs)
    if (this.#refused.size === 0 || !this.#parts.lanes().hasPending) this.#recover(facts)
    else this.#forget(facts)
  }

  /** A freeze, and a clock that was set, end what was watched without a gap; warnings are due by time alone. */
  async #watchTime(over: AbortSignal): Promise<void> {
    const { clock } = this.#parts
    while (!over.aborted) {
      await clock.sleep(this.#time.beatMs, over)
      if (over.aborted) return
      if (this.#time.look()) this.#clock.interrupted()
      const facts = this.#facts()
      if (facts && this.#clock.isConfirmed) await this.#steps.tell(facts, clock.nowMs())
    }
  }

  async #watchSecrets(over: AbortSignal): Promise<void> {
    const { clock, secrets } = this.#parts
    if (secrets.pollMs === null) return
    let { digest } = secrets.read()
    while (!over.aborted) {
      await clock.sleep(secrets.pollMs, over)
      const now = secrets.read()
      if (now.digest !== digest) this.nudge()
      digest = now.digest
    }
  }

  #facts(): FailureFacts | null {
    const sinceMs = this.#clock.failingSinceMs
    return sinceMs === null ? null : this.#factsOf(sinceMs)
  }

  #factsOf(sinceMs: number): FailureFacts {
    const { code, message } = this.#refusal ?? { code: 'CREDENTIALS', message: 'the credentials were refused before' }
    return { sinceMs, dropAtMs: sinceMs + this.#parts.times.periodMs, code, message }
  }

  #show(obstacles: readonly Obstacle[] = this.#time.isTrusted ? [] : ['clock']): void {
    const blocking = obstacles.find((obstacle) => BLOCKING.includes(obstacle))
    if (blocking && !obstacles.includes('period')) this.#showAs('blocked', `kept, because ${OBSTACLES[blocking]}`)
    else this.#showAs('credentials-failing')
  }

  #showAs(state: 'credentials-failing' | 'dropping' | 'blocked', more?: string): void {
    const facts = this.#facts()
    if (!this.#isHolding) return
    const { code, message } = this.#factsOf(0)
    if (!facts)
      return this.#parts.health.troubled(SOURCE, more ? blocked(code, `${more}. ${message}`) : differing(message))
    const { sinceMs: failingSinceMs, dropAtMs } = facts
    this.#parts.health.troubled(SOURCE, {
      state,
      code,
      message: more ? `${more}. ${message}` : message,
      failingSinceMs,
      dropAtMs,
    })
  }
}

function blocked(code: string, message: string): Trouble {
  return { state: 'blocked', code, message }
}

function differing(message: string): Trouble {
  const differ = 'another instance delivers, while the credentials of this one are refused: compare their secrets'
  return blocked('CREDENTIALS_DIFFER', `${differ}. ${message}`)
}
