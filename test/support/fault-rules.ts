import { seededRandom } from './seeded-random.js'

/** When a rule strikes, of all requests that it applies to. Without any of these: always. */
export interface Occasion {
  /** Only the nth request it applies to, counted from 1. */
  nth?: number
  /** At most this many times. */
  times?: number
  /** With this probability, by the seeded generator. */
  probability?: number
}

/**
 * An ordered list of fault rules: the first one that applies to a request and whose occasion has come strikes.
 * The same seed and the same requests make the same faults. Counts what was done.
 */
export class FaultRules<Rule extends Occasion & { action: string }, Request> {
  /** How often each action was done. */
  readonly done: Partial<Record<Rule['action'], number>> = {}
  private rules: { rule: Rule; seen: number; struck: number }[] = []
  private readonly random: () => number

  constructor(
    private readonly applies: (rule: Rule, request: Request) => boolean,
    seed = 1,
  ) {
    this.random = seededRandom(seed)
  }

  /** Replaces all rules; none heals everything. What was counted stays. */
  set(rules: Rule[]): void {
    this.rules = rules.map((rule) => ({ rule, seen: 0, struck: 0 }))
  }

  /** The rule that strikes this request, if any. Call it once for each request. */
  decide(request: Request): Rule | undefined {
    const applicable = this.rules.filter(({ rule }) => this.applies(rule, request))
    for (const entry of applicable) entry.seen++
    const striking = applicable.find(({ rule, seen, struck }) => this.hasCome(rule, seen, struck))
    if (!striking) return undefined
    striking.struck++
    const action: Rule['action'] = striking.rule.action
    this.done[action] = (this.done[action] ?? 0) + 1
    return striking.rule
  }

  private hasCome({ nth, times, probability }: Occasion, seen: number, struck: number): boolean {
    if (nth !== undefined && seen !== nth) return false
    if (times !== undefined && struck >= times) return false
    return probability === undefined || this.random() < probability
  }
}
