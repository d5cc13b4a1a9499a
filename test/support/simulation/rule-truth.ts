import { ruleTimes, type RuleTimes } from '../../../src/delivery/credentials/rule-times.js'
import type { Failure } from '../../../src/destinations/destination.js'
import type { CredentialStep } from '../../../src/health/recorder.js'
import type { Host } from './host.js'
import type { SimulatedKafka } from './kafka.js'
import type { SimulatedProcess } from './world.js'

/** The sweep's decision to give up offsets [first, last], as it was first sent to Kafka. */
export interface Decision {
  partition: number
  first: number
  last: number
  since: string
  at: string
}

/** What stands beside an offset, as docs/delivery.md shows it. */
interface Metadata {
  range?: { end: number; drop?: { since: string; at: string } }
  failingSince?: string
  deliveredAt?: string
}

interface Refusal {
  atMs: number
  secret: number
}

/** What one process has really seen. */
interface Witness {
  /** The last answer of the destination that it waited for. */
  last: (Refusal & { isRefusal: boolean }) | null
  successMs: number
  /** Since when it has watched without a gap: its start, another answer, a freeze, a jump of its clock. */
  gapMs: number
  /** High watermarks when it last asked for them. */
  ends: ReadonlyMap<string, number>
}

/** Clocks count as sane within so much of the destination's (delivery.md §3). */
export const SANE_MS = 5 * 60_000
/** Of two instances that find the same failure at the same moment each may tell of it before it knows of the other. */
const TELLING_MS = 5_000
/** From a decision until its commit is sent: another commit of the same partition may be underway. */
const SENDING_MS = 1_000
/** What was committed so shortly before cannot be known. */
const UNKNOWN_MS = 1_000

/**
 * What really happened, from the side of the destination and of Kafka, in true time; and everything in it that the 48-hour
 * rule forbids (delivery.md §3 and §5). Knows nothing of how Millrace decides.
 */
export class RuleTruth {
  readonly problems: string[] = []
  readonly decisions: Decision[] = []
  readonly times: RuleTimes
  /** Told after each new decision. */
  onDecision: (decision: Decision) => void = () => undefined
  /** Told what happens, in order, to find out about a seed. */
  journal: (line: string) => void = () => undefined
  /** How often T0 became an earlier refusal, of which another instance knew. */
  movedEarlier = 0
  /** True instants of refusals by what the clock of whoever heard them said. */
  readonly #refusals = new Map<number, number>()
  readonly #refusedAtMs: number[] = []
  readonly #successesMs: number[] = []
  /** When something of each partition was acknowledged last. */
  readonly #ackedMs = new Map<number, number>()
  /** When it became known that something had been acknowledged. */
  readonly #knownMs: number[] = []
  #knownUntilMs = -Infinity
  readonly #committed: { ackedMs: number; committedMs: number }[] = []
  readonly #witnesses = new Map<SimulatedProcess<Host>, Witness>()
  readonly #toldAtMs = new Map<string, number>()
  #kept: { sinceMs: number | null; keptMs: number } = { sinceMs: null, keptMs: 0 }

  constructor(
    private readonly kafka: SimulatedKafka,
    private readonly rule: {
      periodMs: number
      onExpiry: 'drop' | 'hold'
      /** How far clocks that count as sane may make the period shorter. */
      toleranceMs: number
    },
  ) {
    this.times = ruleTimes(rule.periodMs)
  }

  started(process: SimulatedProcess<Host>): void {
    const { nowMs } = this
    this.#witnesses.set(process, { last: null, successMs: -Infinity, gapMs: nowMs, ends: new Map() })
  }

  note(what: string): void {
    this.journal(`${(this.nowMs / 1_000).toFixed(3)} s: ${what}`)
  }

  /** The process was frozen, or its clock has jumped. */
  gap(process: SimulatedProcess<Host>): void {
    this.#witness(process).gapMs = this.nowMs
  }

  asked(process: SimulatedProcess<Host>, ends: ReadonlyMap<string, number>): void {
    this.#witness(process).ends = ends
  }

  /** A write has come to an end, in the process. */
  answered(
    process: SimulatedProcess<Host>,
    answer: { partition: number; secret: number; failures: readonly Failure[]; isMixed: boolean; isAborted: boolean },
  ): void {
    const { partition, secret, failures, isMixed, isAborted } = answer
    const { nowMs } = this
    const witness = this.#witness(process)
    const isRefusal = failures.some((failure) => failure.class === 'credentials')
    const what = `${failures[0]?.code ?? 'written'}${isMixed ? ', mixed' : ''}${isAborted ? ', too late' : ''}`
    this.note(`${process.name} heard of ${partition} with secret ${secret}: ${what}`)
    if (failures.length === 0 || isMixed) {
      this.#successesMs.push((witness.successMs = nowMs))
      this.#ackedMs.set(partition, nowMs)
    }
    if (isAborted) return
    witness.last = { atMs: nowMs, secret, isRefusal }
    if (!isRefusal) witness.gapMs = nowMs
    if (!isRefusal) return
    this.#refusedAtMs.push(nowMs)
    if (!this.#refusals.has(process.host.wallMs)) this.#refusals.set(process.host.wallMs, nowMs)
  }

  /** Whether a refusal has come since: what was sent before is not waited for any more. */
  refusedSince(process: SimulatedProcess<Host>, atMs: number): boolean {
    const { last } = this.#witness(process)
    return last !== null && last.isRefusal && last.atMs > atMs
  }

  /** The account has been found to work, without a delivery: that may end a failure, and need not. */
  accepted(process: SimulatedProcess<Host>): void {
    this.note(`${process.name} has its credentials accepted`)
    this.#successesMs.push(this.nowMs)
  }

  /** A process asks Kafka to commit. */
  sending(process: SimulatedProcess<Host>, partition: number, first: number, text: string): void {
    const { range } = parse(text)
    if (!range?.drop) return
    const { since, at } = range.drop
    const decision: Decision = { partition, first, last: range.end, since, at }
    if (this.decisions.some((known) => JSON.stringify(known) === JSON.stringify(decision))) return
    this.decisions.push(decision)
    this.#checkDecision(process, decision)
    this.onDecision(decision)
  }

  /** Kafka has accepted a commit; `isDelivery`: of events that were delivered. */
  committed(partition: number, texts: { before: string; after: string }, isDelivery: boolean): void {
    this.note(`commit of ${partition}: ${texts.after}`)
    const before = instantOf(parse(texts.before).failingSince)
    const after = instantOf(parse(texts.after).failingSince)
    if (isDelivery) this.#committed.push({ ackedMs: this.#ackedMs.get(partition)!, committedMs: this.nowMs })
    this.#learn(instantOf(parse(texts.after).deliveredAt) ?? -Infinity)
    if (after !== null && !this.#refusals.has(after)) this.#problem(`T0 of ${partition} is no refusal: ${iso(after)}`)
    if (before === null || before === after) return
    if (after !== null && after < before) this.note(`EARLIER T0 of ${partition}: ${iso(before)} to ${iso(after)}`)
    if (after !== null && after < before) return void this.movedEarlier++
    if (!this.#succeededSince(before))
      this.#problem(`T0 of ${partition} went from ${iso(before)} to ${iso(after)} without a success`)
  }

  /** A success that stood in no commit before. */
  #learn(deliveredAtMs: number): void {
    if (deliveredAtMs > this.#knownUntilMs) this.#knownMs.push(this.nowMs)
    this.#knownUntilMs = Math.max(this.#knownUntilMs, deliveredAtMs)
  }

  told(process: SimulatedProcess<Host>, { step, failingSinceMs, dropAtMs }: CredentialStep): void {
    const key = `${iso(failingSinceMs)} ${step}`
    this.note(`${process.name} tells ${key}`)
    if (this.#isRepeated(step, this.#toldAtMs.get(key))) this.#problem(`told twice: ${key}`)
    this.#toldAtMs.set(key, this.nowMs)
    if (dropAtMs !== undefined && dropAtMs !== failingSinceMs + this.rule.periodMs)
      this.#problem(`dropAt of ${key} is ${iso(dropAtMs)}`)
    const sinceMs = this.#refusals.get(failingSinceMs)
    if (sinceMs === undefined) return this.#problem(`told of a T0 that is no refusal: ${key}`)
    if (step === 'recovered' && !this.#succeededSince(failingSinceMs)) this.#problem(`told without a success: ${key}`)
    const confirmedMs = sinceMs + this.times.confirmMs - this.rule.toleranceMs
    const isConfirmed = this.#refusedAtMs.some((atMs) => atMs >= confirmedMs && atMs > sinceMs)
    if (!isConfirmed) this.#problem(`told without a second refusal: ${key}`)
    if (step !== 'recovered') this.#keep(failingSinceMs)
  }

  /** What is known to have been delivered in between may have ended a failure of which others still know. */
  #isRepeated(step: string, toldMs: number | undefined): boolean {
    if (toldMs === undefined || step === 'swept' || this.nowMs - toldMs <= TELLING_MS) return false
    return step === 'recovered' || !this.#knownMs.some((ms) => ms > toldMs)
  }

  get toldSteps(): readonly string[] {
    return [...this.#toldAtMs.keys()].map((key) => key.split(' ')[1]!)
  }

  get nowMs(): number {
    return this.kafka.world.nowMs
  }

  #witness(process: SimulatedProcess<Host>): Witness {
    const witness = this.#witnesses.get(process)
    if (!witness) throw new Error('a process that was not started')
    return witness
  }

  #checkDecision(process: SimulatedProcess<Host>, decision: Decision): void {
    const { nowMs, times, rule } = this
    const witness = this.#witness(process)
    const { partition, last, since } = decision
    const forbid = (why: string) => this.#problem(`${partition}/${decision.first}..${last} given up ${why}`)
    if (rule.onExpiry === 'hold') forbid('although onExpiry is hold')
    const periodMs = nowMs - this.#failingSinceMs(witness)
    if (!(periodMs > rule.periodMs - rule.toleranceMs)) forbid(`after ${periodMs} ms of failing credentials`)
    if (!witness.last?.isRefusal) forbid('although the last answer was no refusal')
    if (witness.last && nowMs - witness.last.atMs > times.evidenceMs + SENDING_MS + rule.toleranceMs / 100)
      forbid(`${nowMs - witness.last.atMs} ms after the refusal`)
    const { host } = process
    const isSecretOld = nowMs - host.secretChangedMs > SENDING_MS
    if (isSecretOld && witness.last?.secret !== host.secret) forbid('although the secret has changed')
    if (isSecretOld && !host.isReadable) forbid('although the secret cannot be read')
    if (nowMs - witness.gapMs < times.observationMs - rule.toleranceMs / 100)
      forbid(`${nowMs - witness.gapMs} ms after a gap`)
    if (Math.abs(host.wallMs - host.trueMs) > SANE_MS + 1_000) forbid('with a wrong clock')
    if (last >= (witness.ends.get(`${this.kafka.topic}/${partition}`) ?? 0)) forbid('beyond the high watermark')
    const sinceMs = Date.parse(since)
    if (!this.#refusals.has(sinceMs)) forbid(`with a T0 that is no refusal: ${since}`)
    this.#keep(sinceMs)
  }

  /** True instant of the first refusal since the last success that this process can know of. */
  #failingSinceMs(witness: Witness): number {
    const known = this.#committed.filter(({ committedMs }) => committedMs < this.nowMs - UNKNOWN_MS)
    const successMs = Math.max(witness.successMs, ...known.map(({ ackedMs }) => ackedMs))
    return this.#refusedAtMs.find((atMs) => atMs >= successMs) ?? this.nowMs
  }

  /** T0 does not move but with a success, or to an earlier refusal of another instance. */
  #keep(sinceMs: number): void {
    const { sinceMs: before, keptMs } = this.#kept
    this.#kept = { sinceMs, keptMs: this.nowMs }
    if (before === null || sinceMs <= before || this.nowMs - keptMs <= TELLING_MS) return
    if (!this.#succeededSince(before))
      this.#problem(`T0 moved from ${iso(before)} to ${iso(sinceMs)} without a success`)
  }

  /** What was acknowledged before and is known only now cannot be told from what a slow clock has dated back. */
  #succeededSince(sinceMs: number): boolean {
    const fromMs = (this.#refusals.get(sinceMs) ?? Infinity) - this.rule.toleranceMs
    return [...this.#successesMs, ...this.#knownMs].some((ms) => ms >= fromMs)
  }

  #problem(what: string): void {
    this.note(`PROBLEM ${what}`)
    this.problems.push(`${(this.nowMs / 3_600_000).toFixed(3)} h: ${what}`)
  }
}

function parse(text: string): Metadata {
  return text === '' ? {} : (JSON.parse(text) as Metadata)
}

const instantOf = (text: string | undefined) => (text === undefined ? null : Date.parse(text))
const iso = (atMs: number | null) => (atMs === null ? 'none' : new Date(atMs).toISOString())
