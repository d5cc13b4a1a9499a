import type { CredentialStep, HealthRecorder } from '../../health/recorder.js'
import type { Told } from './group-marks.js'
import { givingUp, keptBecause, waiting, type FailureFacts } from './credential-words.js'
import type { Lane } from '../lane.js'
import { OBSTACLES } from './obstacles.js'
import type { RuleTimes } from './rule-times.js'

interface StepsParts {
  times: RuleTimes
  onExpiry: 'drop' | 'hold'
  health: HealthRecorder
  /** Looks at what all partitions have recorded; resolves to false when Kafka does not say. */
  learn: () => Promise<boolean>
  /** Whether this is still T0, as far as this process knows. */
  isCurrent: (sinceMs: number) => boolean
  /** See `GroupMarks.toldOf`. */
  toldOf: (sinceMs: number) => Told
  /** The lane of a partition, in the one process that has it. */
  laneOf: (source: string) => Lane | undefined
  /** Any lane of this process. */
  anyLane: () => Lane | undefined
}

const WHAT_TO_DO =
  'renew the credentials of the account, or give them the rights that the message names; nothing has to be restarted'

/**
 * What people are told while credentials fail, each step once for each T0, whatever restarts and however many instances
 * there are (delivery.md §3: warnings). Whoever has the first of the partitions that have recorded the failure tells, and
 * has committed there that it tells before it does.
 */
export class CredentialSteps {
  readonly #parts: StepsParts
  /** What this process has seen of the failure with this T0, while it lasted. */
  #known: { sinceMs: number; told: number; firstTold: string | undefined } = NOTHING_TOLD
  #sweeps = { sinceMs: 0, begun: 0 }
  #last: Promise<void> = Promise.resolve()

  constructor(parts: StepsParts) {
    this.#parts = parts
  }

  /** Tells everything that is due and has not been told, after what is being told. Nobody needs to wait for it. */
  tell(facts: FailureFacts, nowMs: number): void {
    this.#last = this.#last.then(() => this.#tellDue(facts, this.#dueSteps(facts, nowMs)))
  }

  /** Events are about to be dropped. Told by whoever sweeps a second time, should the one who tells have nothing to drop. */
  tellDropping(facts: FailureFacts, nowMs: number): void {
    if (this.#sweeps.sinceMs !== facts.sinceMs) this.#sweeps = { sinceMs: facts.sinceMs, begun: 0 }
    const isLate = this.#sweeps.begun++ > 0
    const steps = [...this.#dueSteps(facts, nowMs), 'dropping']
    this.#last = this.#last.then(() => this.#tellDue(facts, steps, isLate))
  }

  /**
   * A failure is over: told by whoever has a partition in which it stands that people were told of it, and has committed there
   * that it is over. To be called before the marks of the failure are taken away.
   */
  async tellRecovered(facts: FailureFacts, droppedEvents: number, deliveredAtMs?: number): Promise<void> {
    const { sinceMs, firstTold } = this.#known
    const lane = firstTold === undefined || sinceMs !== facts.sinceMs ? undefined : this.#parts.laneOf(firstTold)
    let isOurs = false
    const isCommitted = await lane?.commits.mark((marks) => {
      const { failing, ...others } = marks
      isOurs = failing?.sinceMs === facts.sinceMs && failing.told > 0
      return isOurs ? { ...others, ...(deliveredAtMs !== undefined && { deliveredAtMs }) } : marks
    })
    if (!isCommitted || !isOurs) return
    const dropped = droppedEvents > 0 ? `; ${droppedEvents} events were given up here: see millrace drops list` : ''
    const message = `the credentials work again: what was held back is being delivered${dropped}`
    this.#parts.health.credentials({ ...this.#stepOf('recovered', facts), message, whatToDo: 'nothing' })
  }

  /** What one instance has given up. */
  tellSwept(facts: FailureFacts, message: string): void {
    this.#parts.health.credentials({ ...this.#stepOf('swept', facts), message })
  }

  async #tellDue(facts: FailureFacts, steps: readonly string[], isLate = false): Promise<void> {
    const { learn, isCurrent, toldOf, laneOf, anyLane, health } = this.#parts
    this.#see(facts.sinceMs)
    if (this.#known.told >= steps.length) return
    if (!(await learn()) || !isCurrent(facts.sinceMs)) return
    const { told, first, firstTold } = toldOf(facts.sinceMs)
    this.#see(facts.sinceMs)
    const lane = (first === undefined ? undefined : laneOf(first)) ?? (isLate ? anyLane() : undefined)
    for (let next = told; lane && next < steps.length; next++) {
      if (!(await claim(lane, facts.sinceMs, next + 1))) return
      this.#known = { sinceMs: facts.sinceMs, told: next + 1, firstTold: firstTold ?? lane.source }
      health.credentials(this.#stepOf(steps[next]!, facts))
    }
  }

  /** Who tells of the recovery is known from the last look before it. */
  #see(sinceMs: number): void {
    const { told, firstTold } = this.#parts.toldOf(sinceMs)
    const known = this.#known.sinceMs === sinceMs ? this.#known : NOTHING_TOLD
    this.#known = { sinceMs, told: Math.max(known.told, told), firstTold: firstTold ?? known.firstTold }
  }

  #stepOf(step: string, facts: FailureFacts): CredentialStep {
    const { onExpiry } = this.#parts
    const { sinceMs, dropAtMs, code } = facts
    const message = wordsOf(step, facts, onExpiry)
    const times = { failingSinceMs: sinceMs, ...(onExpiry === 'drop' && { dropAtMs }) }
    return { step, ...times, code, message, whatToDo: WHAT_TO_DO }
  }

  #dueSteps({ sinceMs }: FailureFacts, nowMs: number): string[] {
    const warnings = this.#parts.times.warnings.filter(({ afterMs }) => nowMs >= sinceMs + afterMs)
    const isHeldOver = this.#parts.onExpiry === 'hold' && nowMs > sinceMs + this.#parts.times.periodMs
    return ['confirmed', ...warnings.map(({ step }) => step), ...(isHeldOver ? ['expired'] : [])]
  }
}

const NOTHING_TOLD = { sinceMs: 0, told: 0, firstTold: undefined }

/** Resolves to false when the lane has lost its lease, or its failure is over. */
async function claim(lane: Lane, sinceMs: number, told: number): Promise<boolean> {
  let isOurs = false
  const isCommitted = await lane.commits.mark((marks) => {
    const { failing } = marks
    isOurs = failing?.sinceMs === sinceMs
    return failing && isOurs ? { ...marks, failing: { ...failing, told } } : marks
  })
  return isCommitted && isOurs
}

function wordsOf(step: string, facts: FailureFacts, onExpiry: 'drop' | 'hold'): string {
  if (step === 'dropping') return givingUp(facts)
  return step === 'expired' ? keptBecause(OBSTACLES.hold, facts) : waiting(facts, onExpiry)
}
