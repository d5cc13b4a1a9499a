import type { CredentialStep, HealthRecorder } from '../health/recorder.js'
import type { RuleTimes } from './rule-times.js'
import type { Lane } from './lane.js'

/** What is known of the failure at the moment. */
export interface FailureFacts {
  sinceMs: number
  dropAtMs: number
  code: string
  message: string
}

interface StepsParts {
  times: RuleTimes
  place: string
  health: HealthRecorder
  /** The lane of the connector's first partition, in the one process that has it. */
  firstLane: () => Lane | undefined
}

const WHAT_TO_DO =
  'renew the credentials of the account, or give them the rights that the message names; nothing has to be restarted'

/**
 * What people are told while credentials fail, each step once for each T0, whatever restarts and however many instances
 * there are (delivery.md §3: warnings). Whoever has the connector's first partition tells, and has committed there that it
 * tells before it does.
 */
export class CredentialSteps {
  #last: Promise<void> = Promise.resolve()

  constructor(private readonly parts: StepsParts) {}

  /** Tells everything that is due and has not been told. `isDropping`: events are about to be dropped. */
  tell(facts: FailureFacts, nowMs: number, isDropping = false): Promise<void> {
    this.#last = this.#last.then(() => this.#tellDue(facts, this.#dueSteps(facts, nowMs, isDropping)))
    return this.#last
  }

  /** Whether somebody has been told of this failure, as far as this process can know. */
  wasTold(sinceMs: number): boolean {
    return this.#told(sinceMs) > 0
  }

  /** What is told of a failure that is over. */
  tellRecovered(facts: FailureFacts): void {
    const message = 'the credentials work again: what was held back is being delivered'
    this.parts.health.credentials({ ...stepOf('recovered', facts), message, whatToDo: 'nothing' })
  }

  tellSwept(facts: FailureFacts, message: string): void {
    this.parts.health.credentials({ ...stepOf('swept', facts), message })
  }

  async #tellDue(facts: FailureFacts, steps: readonly string[]): Promise<void> {
    for (let told = this.#told(facts.sinceMs); told < steps.length; told++) {
      if (!(await this.#claim(facts.sinceMs, told + 1))) return
      this.parts.health.credentials(stepOf(steps[told]!, facts))
    }
  }

  #dueSteps({ sinceMs }: FailureFacts, nowMs: number, isDropping: boolean): string[] {
    const warnings = this.parts.times.warnings.filter(({ afterMs }) => nowMs >= sinceMs + afterMs)
    return ['confirmed', ...warnings.map(({ step }) => step), ...(isDropping ? ['dropping'] : [])]
  }

  #told(sinceMs: number): number {
    const failing = this.parts.firstLane()?.commits.committed.marks.failing
    return failing?.sinceMs === sinceMs ? failing.told : 0
  }

  async #claim(sinceMs: number, told: number): Promise<boolean> {
    const { place } = this.parts
    const claimed = this.parts.firstLane()?.commits.mark((marks) => ({ ...marks, failing: { sinceMs, place, told } }))
    return (await claimed) ?? false
  }
}

function stepOf(step: string, { sinceMs, dropAtMs, code, message }: FailureFacts): CredentialStep {
  return { step, failingSinceMs: sinceMs, dropAtMs, code, message, whatToDo: WHAT_TO_DO }
}
