/** `warning` and `skipped` are no failures: delivering works, or nothing is known. */
export type CheckStatus = 'ok' | 'warning' | 'failed' | 'skipped'

/** What a check has found. For people; never a secret, never a payload. */
export interface Finding {
  status: CheckStatus
  message: string
  /** What to do. */
  hint?: string
  /** The provider's or Kafka's name for what is wrong. */
  code?: string
  /** True when it may be only that a new key, role or right has not spread yet. */
  mayPassSoon?: boolean
  /** True when it needs no person: an outage, a busy server. */
  passesByItself?: boolean
}

/** A named live check: what was looked at, what was found. */
export interface CheckResult extends Finding {
  /** Of a permission its own name, such as `s3:PutObject`. */
  name: string
  /** What it is about: an ARN, an address, a topic. */
  resource: string
  durationMs: number
}

export const ok = (message: string): Finding => ({ status: 'ok', message })
export const skipped = (message: string): Finding => ({ status: 'skipped', message })

interface Check {
  name: string
  resource: string
  /** Without these there is nothing to look at. */
  needs?: readonly CheckResult[]
}

/** Runs named checks one after another; one that needs a failed one is skipped and says so. */
export class Checklist {
  readonly results: CheckResult[] = []
  /** Failed, or skipped for want of one that failed. */
  readonly #unmet = new Set<CheckResult>()

  constructor(private readonly clock: { nowMs(): number }) {}

  /** Resolves to the result, which is also kept. `look` says everything by its finding: what it throws is a bug. */
  async check({ name, resource, needs = [] }: Check, look: () => Finding | Promise<Finding>): Promise<CheckResult> {
    const startedMs = this.clock.nowMs()
    const missing = needs.find((need) => this.#unmet.has(need))
    const finding = missing ? skipped(`not looked at: needs ${missing.name}`) : await look()
    const result = { name, resource, ...finding, durationMs: this.clock.nowMs() - startedMs }
    if (missing !== undefined || finding.status === 'failed') this.#unmet.add(result)
    this.results.push(result)
    return result
  }
}
