import type { Failure } from '../../destinations/destination.js'
import type { HealthRecorder } from '../../health/recorder.js'
import type { CommitMetadata } from '../../range/commit-metadata.js'
import type { Random } from '../../runtime/backoff.js'
import { CredentialClock } from './credential-clock.js'
import { CredentialDisplay } from './credential-display.js'
import { CredentialSteps } from './credential-steps.js'
import { isRightMissing, refusedBefore, type FailureFacts, type Refusal } from './credential-words.js'
import { GroupMarks, withFailure, type Look } from './group-marks.js'
import { LoneLanes } from './lone-lanes.js'
import { nextProbeMs } from './probe-schedule.js'
import { ProbeWait } from './probe-wait.js'
import { SecretWatch } from './secret-watch.js'
import type { AnswerWatch } from '../settle.js'
import { Sweeper, type SweeperParts } from './sweeper.js'
import { TimeSense } from './time-sense.js'

export interface WatchParts extends SweeperParts {
  /** Where the connector delivers: another place has a clock of its own. */
  place: string
  /** Asks the destination without writing; resolves to true when it has accepted the credentials. */
  look: () => Promise<boolean>
  health: HealthRecorder
  random: Random
}

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
  readonly #group: GroupMarks
  readonly #steps: CredentialSteps
  readonly #sweeper: Sweeper
  readonly #display: CredentialDisplay
  #isHolding = false
  /** Lanes that were refused since the last success. */
  readonly #refused = new Set<string>()
  readonly #alone: LoneLanes
  /** The newest refusal, or what is recorded of one that another process has met. */
  #refusal: Refusal | undefined
  /** Answers of the destination so far, and before the one that began the hold. */
  #answers = 0
  #answersBefore = 0
  /** The secret, read anew, that the newest refusal was of. */
  #refusedWith: string | undefined
  /** Until then, by the monotonic clock, other instances count as delivering: a refusal here begins no failure. */
  #othersDeliverUntilMs = -Infinity
  readonly #wait: ProbeWait
  readonly #secretWatch: SecretWatch
  /** Aborts when the hold is over, or the service stops. */
  #over = new AbortController()

  constructor(parts: WatchParts) {
    const { times, place, health, clock, lanes, group, onExpiry, stopping } = parts
    this.#parts = parts
    this.#clock = new CredentialClock(times)
    this.#time = new TimeSense(clock, times)
    this.#alone = new LoneLanes(lanes, clock)
    this.#wait = new ProbeWait(clock, times.longestProbeMs)
    this.#secretWatch = new SecretWatch({
      ...parts,
      isNeeded: () => this.#isHolding || this.#alone.size > 0,
      onChange: () => this.nudge(),
    })
    this.#group = new GroupMarks(group, place)
    this.#display = new CredentialDisplay(health, onExpiry)
    this.#steps = new CredentialSteps({
      ...{ times, health, onExpiry, learn: () => this.#learn() },
      isCurrent: (sinceMs) => this.#clock.failingSinceMs === sinceMs,
      toldOf: (sinceMs) => this.#group.toldOf(sinceMs),
      laneOf: (source) => lanes().laneOf(source),
      anyLane: () => lanes().anyLane,
    })
    this.#sweeper = new Sweeper(parts, {
      ...{ clock: this.#clock, time: this.#time, steps: this.#steps },
      refusedWith: () => this.#refusedWith,
      facts: () => this.#facts(),
      learn: () => this.#learn(),
    })
    stopping.addEventListener('abort', () => this.#over.abort(), { once: true })
  }

  get isHolding(): boolean {
    return this.#isHolding
  }

  get nudged(): AbortSignal {
    return this.#wait.nudged
  }

  get secret(): string {
    return this.#parts.secrets.read().digest
  }

  answered(source: string, failures: readonly Failure[], sent: number, secret: string): 'go-on' | 'hold' {
    this.#answers++
    const isMixed = failures.length < sent
    const others = failures.filter((failure) => failure.class !== 'rejected')
    if (others.length > 0) return this.#failed(source, others, isMixed, secret)
    if (isMixed) this.#written(source)
    else this.#clock.interrupted()
    return 'go-on'
  }

  /** A partition is ours now. */
  found({ marks }: CommitMetadata): void {
    const sinceMs = this.#clock.failingSinceMs
    const known = this.#group.known(marks)
    if (known.failingSinceMs !== undefined) this.#refusal ??= refusedBefore(marks.failing?.code)
    this.#clock.learn([known])
    this.#reconsider(sinceMs)
  }

  /** Something waits for the credentials. */
  pending(): void {
    this.#wait.wake()
  }

  /** Try at once what waits: the secret has changed, or an operator asks. */
  nudge(): void {
    this.#wait.nudge(this.#isHolding)
  }

  #written(source: string): void {
    this.#alone.served(source)
    this.#refused.delete(source)
    for (const other of this.#refused) this.#setAlone(other, 'others are served')
    this.#refused.clear()
    const facts = this.#endFailure()
    if (this.#isHolding) this.#recover(facts, this.#parts.clock.nowMs())
  }

  #failed(source: string, failures: readonly Failure[], isMixed: boolean, secret: string): 'go-on' | 'hold' {
    const refusal = failures.find((failure) => failure.class === 'credentials')
    if (!this.#isHolding && (!refusal || this.#alone.isAlone(source, isMixed))) return 'go-on'
    if (this.#isHolding && isMixed) {
      this.#written(source)
      // Of one range written again, a part is taken and a part refused: the credentials work, a right is missing.
      if (refusal) this.#setAlone(source, 'a part is taken')
      return 'go-on'
    }
    // What was taken beside it comes first: T0 follows the last success, of whatever part.
    if (isMixed) this.#clock.succeeded(this.#parts.clock.nowMs())
    if (refusal) this.#refuse(source, refusal, secret)
    else this.#clock.interrupted()
    if (!this.#isHolding) this.#hold()
    return 'hold'
  }

  #setAlone(source: string, reason: Parameters<LoneLanes['add']>[1]): void {
    this.#alone.add(source, reason)
    void this.#secretWatch.watch()
  }

  #hold(): void {
    this.#isHolding = true
    this.#wait.reset()
    this.#answersBefore = this.#refused.size > 0 ? this.#answers - 1 : this.#answers
    this.#sweeper.nextMs = 0
    this.#group.reset()
    this.#over = new AbortController()
    if (this.#parts.stopping.aborted) this.#over.abort()
    const over = this.#over.signal
    this.#time.start()
    this.#parts.lanes().hold()
    this.#show()
    void this.#probeUntil(over)
    void this.#watchTime(over)
    void this.#watchIdle(over)
    void this.#secretWatch.watch()
  }

  /** `deliveredAtMs`: when this instance has seen that they work. */
  #recover(facts: FailureFacts | null, deliveredAtMs?: number): void {
    this.#isHolding = false
    this.#refusal = undefined
    this.#refused.clear()
    this.#over.abort()
    this.#display.clear()
    this.#parts.lanes().release()
    if (facts) void this.#steps.tellRecovered(facts, this.#sweeper.droppedSince(facts), deliveredAtMs)
    this.#forget(deliveredAtMs)
  }

  /** The failure is over: nobody who finds its marks may go on with it. */
  #forget(deliveredAtMs?: number): void {
    void this.#parts.lanes().mark((marks) => {
      const { failing, ...others } = marks
      return failing ? { ...others, ...(deliveredAtMs !== undefined && { deliveredAtMs }) } : marks
    })
  }

  #refuse(source: string, refusal: Failure, secret: string): void {
    const { clock, secrets } = this.#parts
    const { digest, isFresh } = secrets.read()
    this.#refused.add(source)
    this.#refusal = refusal
    this.#secretWatch.refused(digest)
    // After a freeze the answer may come before the next beat.
    if (this.#time.look()) this.#clock.interrupted()
    this.#time.heard(refusal.serverAtMs)
    // T0 outlives this process: a clock that is wrong must not set it, nor a secret that is wrong only here.
    const counts = this.#time.isTrusted && clock.monotonicMs() >= this.#othersDeliverUntilMs
    this.#refusedWith = isFresh && secret === digest ? digest : undefined
    if (counts) this.#clock.refused(clock.nowMs(), this.#refusedWith !== undefined)
    else this.#clock.interrupted()
    if (secret !== digest) this.nudge()
  }

  async #probeUntil(over: AbortSignal): Promise<void> {
    const { clock, lanes } = this.#parts
    for (let attempt = 0; !over.aborted;) {
      const dueMs = clock.monotonicMs() + this.#delayMs(attempt)
      await this.#wait.untilDue(dueMs, () => lanes().canProbe, over)
      if (over.aborted) return
      const answers = this.#answers
      await lanes().probe()
      // What could not be read was not asked: the next one has its turn soon.
      if (this.#answers > answers) attempt++
      if (!over.aborted) await this.#judge()
    }
  }

  /** At once when nothing has been tried yet. */
  #delayMs(attempt: number): number {
    const { times, clock, random } = this.#parts
    const nowMs = clock.nowMs()
    if (attempt === 0 && this.#answers === this.#answersBefore) return 0
    const restMs = this.#sweeper.nextMs - clock.monotonicMs()
    return restMs > 0 ? restMs : nextProbeMs(this.#clock, times, { attempt, nowMs, random }) - nowMs
  }

  /** After a probe that was not acknowledged. Nothing here waits for one partition's commit: it may never come. */
  async #judge(): Promise<void> {
    const isKnown = await this.#learn()
    const facts = this.#facts()
    if (!isKnown || !facts || !this.#clock.isConfirmed) return this.#show()
    void this.#record(facts).then(() => this.#steps.tell(facts, this.#parts.clock.nowMs()))
    const obstacles = await this.#sweeper.obstaclesToBegin()
    if (obstacles.length > 0) return this.#show(obstacles)
    this.#display.dropping(facts)
    this.#show(await this.#sweeper.sweep(facts))
  }

  /** T0 stands in every partition, so that whoever gets one finds it. What people were told of it is carried on. */
  async #record({ sinceMs, code }: FailureFacts): Promise<void> {
    const { place, lanes } = this.#parts
    await lanes().mark((marks) => {
      const { failing } = marks
      if (failing?.sinceMs === sinceMs) return marks
      const isSame = failing?.place === place && failing.sinceMs > this.#clock.lastSuccessMs
      return withFailure(marks, { sinceMs, place, code, told: isSame ? failing.told : 0 }, this.#clock.lastSuccessMs)
    })
  }

  /** Takes in what all partitions have recorded. Resolves to false when Kafka does not say. */
  async #learn(): Promise<boolean> {
    const seen = await this.#group.look(this.#parts.clock.nowMs())
    if (!seen) return false
    const sinceMs = this.#clock.failingSinceMs
    if (this.#isHolding && seen.delivering.length > 0) this.#othersDeliver(seen)
    this.#clock.learn(seen.all)
    this.#reconsider(sinceMs)
    return true
  }

  #othersDeliver({ delivering, beforeMs }: Look): void {
    const { clock, times } = this.#parts
    this.#othersDeliverUntilMs = clock.monotonicMs() + 2 * times.longestProbeMs
    // An instance whose clock is behind ours delivers at an instant before our T0, and before we have looked last: else it
    // may have delivered then, before it failed as well.
    const latestMs = Math.min(this.#clock.failingSinceMs ?? -Infinity, beforeMs)
    const isBehind = delivering.some(({ deliveredAtMs = Infinity }) => deliveredAtMs <= latestMs)
    if (isBehind) this.#clock.succeeded(clock.nowMs())
  }

  /** What was learnt may begin a failure, or end one that was not seen here. */
  #reconsider(beforeMs: number | null): void {
    const isFailing = this.#clock.failingSinceMs !== null
    if (isFailing && !this.#isHolding) this.#hold()
    if (isFailing || !this.#isHolding) return
    const isRefusedHere = this.#refused.size > 0 && this.#parts.lanes().hasPending
    if (isRefusedHere) this.#forget()
    else this.#recover(beforeMs === null ? null : this.#factsOf(beforeMs))
  }

  /** A freeze, and a clock that was set, end what was watched without a gap; warnings are due by time alone. */
  async #watchTime(over: AbortSignal): Promise<void> {
    const { clock } = this.#parts
    while (!over.aborted) {
      await clock.sleep(this.#time.beatMs, over)
      if (over.aborted) return
      if (this.#time.look()) this.#clock.interrupted()
      const facts = this.#facts()
      if (facts && this.#clock.isConfirmed) this.#steps.tell(facts, clock.nowMs())
    }
  }

  /**
   * Where nothing waits that could be probed with, other instances may find out that the credentials work again; or the
   * destination accepts them when it is asked without a write, slower and slower, and when the secret has changed. That
   * proves nothing where it was a right that was missing.
   */
  async #watchIdle(over: AbortSignal): Promise<void> {
    const { clock, times, lanes, look } = this.#parts
    let [nextLookMs, pauseMs] = [0, times.firstProbeMs]
    while (!over.aborted) {
      const { nudged } = this
      await clock.sleep(times.firstProbeMs, nudged, over)
      if (!over.aborted && !lanes().hasPending) await this.#learn()
      const isIdle = () => !over.aborted && lanes().isIdle
      if (!isIdle() || (clock.monotonicMs() < nextLookMs && !nudged.aborted)) continue
      ;[nextLookMs, pauseMs] = [clock.monotonicMs() + pauseMs, Math.min(times.longestProbeMs, 2 * pauseMs)]
      const canProve = this.#refusal !== undefined && !isRightMissing(this.#refusal.code)
      if (canProve && (await look()) && isIdle()) this.#recover(this.#endFailure(), clock.nowMs())
    }
  }

  /** The failure that ends now. */
  #endFailure(): FailureFacts | null {
    const facts = this.#facts()
    this.#clock.succeeded(this.#parts.clock.nowMs())
    return facts
  }

  #facts(): FailureFacts | null {
    const sinceMs = this.#clock.failingSinceMs
    return sinceMs === null ? null : this.#factsOf(sinceMs)
  }

  #factsOf(sinceMs: number): FailureFacts {
    const { code, message } = this.#refusal ?? refusedBefore()
    return { sinceMs, dropAtMs: sinceMs + this.#parts.times.periodMs, code, message }
  }

  #show(obstacles: Parameters<CredentialDisplay['failing']>[1] = []): void {
    if (!this.#isHolding) return
    const facts = this.#facts()
    if (facts && this.#time.isTrusted) this.#display.failing(facts, obstacles)
    else this.#display.untimed(this.#refusal ?? refusedBefore(), this.#time.isTrusted)
  }
}
