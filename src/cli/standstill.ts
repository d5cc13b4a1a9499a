import type { ConnectorHealth } from '../health/connector-health.js'
import { BLOCKED_FOR_MS } from '../health/notifications/connector-notices.js'
import type { ConnectorState } from '../health/recorder.js'
import type { Clock } from '../runtime/clock.js'

/** What does not pass by itself; `retrying` does. */
const NEEDS_A_PERSON: readonly ConnectorState[] = ['blocked', 'credentials-failing', 'dropping', 'paused']

/** Since when each connector has been waiting for a person. */
export class Standstill {
  readonly #waiting = new Map<string, { left: number; sinceMs: number }>()

  constructor(private readonly clock: Pick<Clock, 'monotonicMs'>) {}

  /**
   * Whether the connector has needed a person for a minute without a break, and nothing of it was committed meanwhile: one
   * whose other partitions get on does not stand still. `left`: how many offsets it has to go.
   */
  stands({ connector, state }: Pick<ConnectorHealth, 'connector' | 'state'>, left: number): boolean {
    if (!NEEDS_A_PERSON.includes(state)) {
      this.#waiting.delete(connector)
      return false
    }
    const nowMs = this.clock.monotonicMs()
    const known = this.#waiting.get(connector)
    if (known?.left === left) return nowMs - known.sinceMs >= BLOCKED_FOR_MS
    this.#waiting.set(connector, { left, sinceMs: nowMs })
    return false
  }
}
