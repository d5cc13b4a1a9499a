import type { HealthRecorder, Trouble } from '../../health/recorder.js'
import { givingUp, keptBecause, waiting, type FailureFacts } from './credential-words.js'
import { OBSTACLES, type Obstacle } from './obstacles.js'

/** What its trouble goes by in the connector's health. */
const SOURCE = 'credentials'

/** Trouble of these kinds needs a person although the period is over: the connector is blocked (delivery.md §4). */
const BLOCKING: readonly Obstacle[] = ['clock', 'ledger']

/** What the connector's health says about failing credentials, in words for people. */
export class CredentialDisplay {
  /** T0 of the failure of which events have been given up. */
  #droppingSinceMs: number | undefined

  constructor(
    private readonly health: HealthRecorder,
    private readonly onExpiry: 'drop' | 'hold',
  ) {}

  /** They are refused. After the period, `obstacles` is what keeps the events. */
  failing(facts: FailureFacts, obstacles: readonly Obstacle[]): void {
    // Between two sweeps, and until the next refusal allows one, it is still what it was: the state must not flap.
    const isBetween = obstacles.every((obstacle) => obstacle === 'evidence')
    if (this.#droppingSinceMs === facts.sinceMs && isBetween) return this.dropping(facts)
    const isOver = obstacles.length > 0 && !obstacles.includes('period')
    const blocking = BLOCKING.find((obstacle) => obstacles.includes(obstacle))
    const kept = isOver ? (blocking ?? obstacles[0]) : undefined
    const message = kept ? keptBecause(OBSTACLES[kept], facts) : waiting(facts, this.onExpiry)
    this.#show(facts, { state: isOver && blocking ? 'blocked' : 'credentials-failing', message, ...(kept && { kept }) })
  }

  dropping(facts: FailureFacts): void {
    this.#droppingSinceMs = facts.sinceMs
    this.#show(facts, { state: 'dropping', message: givingUp(facts) })
  }

  /** They are refused, and yet their clock does not run. */
  untimed({ code, message }: { code: string; message: string }, isTimeTrusted: boolean): void {
    const differ = 'another instance delivers, while the credentials of this one are refused: compare their secrets'
    const trouble: Trouble = isTimeTrusted
      ? { state: 'blocked', code: 'CREDENTIALS_DIFFER', message: `${differ}. ${message}` }
      : { state: 'blocked', code, message: `everything is kept, because ${OBSTACLES.clock}. ${message}` }
    this.health.troubled(SOURCE, trouble)
  }

  clear(): void {
    this.health.recovered(SOURCE)
  }

  #show(facts: FailureFacts, shown: Pick<Trouble, 'state' | 'message' | 'kept'>): void {
    const { code, sinceMs: failingSinceMs, dropAtMs, message: said } = facts
    this.health.troubled(SOURCE, {
      code,
      failingSinceMs,
      said,
      ...(this.onExpiry === 'drop' && { dropAtMs }),
      ...shown,
    })
  }
}
