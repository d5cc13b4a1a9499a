import type { ConnectorSettings } from '../config/configuration.js'
import type { ConnectorNotices } from '../health/notifications/connector-notices.js'
import type { CheckResult } from '../runtime/checklist.js'
import type { Clock } from '../runtime/clock.js'
import type { Logger } from '../runtime/logger.js'

export interface RetentionWatchParts {
  connector: Pick<ConnectorSettings, 'name' | 'credentialFailure'>
  /** See `checkRetention`. */
  check: (signal: AbortSignal) => Promise<CheckResult[]>
  notices: Pick<ConnectorNotices, 'retentionAtRisk'>
  logger: Logger
  clock: Clock
}

/** Retention is changed by people, and the margin before events are in danger is a day (delivery.md §3). */
const LOOK_AGAIN_MS = 24 * 3_600_000

/** While Kafka cannot be asked: as rarely as whatever a person has to mend is probed in the end. */
const ASK_AGAIN_MS = 15 * 60_000

/**
 * Whether the topics of a connector keep their events for as long as these may have to wait. Each topic's finding is told
 * when it is new or another one than before: a line in the log and, unless short retention is allowed, a notification.
 */
export class RetentionWatch {
  /** By topic, the code of what was told last. */
  readonly #told = new Map<string, string>()
  #isKnown = false

  constructor(private readonly parts: RetentionWatchParts) {}

  /** Looks once. What is too short to start is not told here: whoever refuses to start says so. */
  async look(signal: AbortSignal): Promise<CheckResult[]> {
    const results = await this.#check(signal)
    for (const result of results) if (result.status !== 'failed') this.#tell(result, signal)
    return results
  }

  /** Looks once a day until `signal` aborts: what has become too short meanwhile is told, and stops nothing. */
  async keepLooking(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.parts.clock.sleep(this.#isKnown ? LOOK_AGAIN_MS : ASK_AGAIN_MS, signal)
      if (signal.aborted) return
      for (const result of await this.#check(signal)) this.#tell(result, signal)
    }
  }

  async #check(signal: AbortSignal): Promise<CheckResult[]> {
    const results = await this.parts.check(signal)
    this.#isKnown = results.every(({ status, code }) => status !== 'failed' || code === 'RETENTION_TOO_SHORT')
    return results
  }

  #tell({ name, resource: topic, ...finding }: CheckResult, signal: AbortSignal): void {
    if (name !== 'retention' || signal.aborted) return
    if (finding.status === 'ok') this.#told.delete(topic)
    // Without a code it has not been looked at.
    if (finding.code === undefined || finding.code === this.#told.get(topic)) return
    this.#told.set(topic, finding.code)
    const { connector, logger, notices } = this.parts
    const { code, message, hint = 'It is looked at again every day.' } = finding
    logger.warn({ connector: connector.name, topic, code }, `retention of topic ${topic}: ${message}. ${hint}`)
    const isWanted = finding.status === 'skipped' || connector.credentialFailure.allowShortRetention
    if (!isWanted) notices.retentionAtRisk(topic, { code, message, hint })
  }
}
