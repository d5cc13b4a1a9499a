import type { Configuration, ConnectorSettings } from '../config/configuration.js'
import { createDestination } from '../destinations/registry.js'
import type { Trouble } from '../health/recorder.js'
import type { CheckResult } from '../runtime/checklist.js'
import type { Clock } from '../runtime/clock.js'
import { MillraceError } from '../runtime/errors.js'
import { createKafkaOffsets } from '../source/kafka-offsets.js'
import { checkRetention } from '../source/kafka-checks.js'
import { waitingTimeOf } from '../source/retention.js'
import type { RetentionWatch } from './retention-watch.js'

export interface StartCheckParts {
  connector: ConnectorSettings
  configuration: Configuration
  retention: RetentionWatch
  clock: Clock
}

/**
 * What speaks against starting a connector now; undefined when nothing does. Leaves nothing behind.
 *
 * Kafka that cannot be asked does not: the pipeline itself waits for it and says so. Retention that is too short does. The
 * destination is only looked at for a connector that has never committed: one that has is bound by the 48-hour rule, which
 * must go on over restarts whatever its credentials say.
 */
export async function obstacleOf(parts: StartCheckParts, signal: AbortSignal): Promise<Trouble | undefined> {
  const ofKafka = await parts.retention.look(signal)
  const tooShort = ofKafka.find(({ status, code }) => status === 'failed' && code === 'RETENTION_TOO_SHORT')
  if (tooShort) return troubleOf(tooShort)
  const isAsked = ofKafka.every(({ name, status }) => name !== 'kafka' || status === 'ok')
  if (!isAsked || !(await isBrandNew(parts))) return undefined
  const failed = (await lookAtDestination(parts, signal)).find(({ status }) => status === 'failed')
  return failed && troubleOf(failed)
}

/** See `checkRetention`. */
export function checkRetentionOf(
  { topics, credentialFailure }: ConnectorSettings,
  { kafka }: Configuration,
  parts: { clock: Clock; signal: AbortSignal },
): Promise<CheckResult[]> {
  return checkRetention(kafka, { topics, waiting: waitingTimeOf(credentialFailure) }, parts)
}

/** False as well when Kafka does not say. */
async function isBrandNew({ connector, configuration: { kafka } }: StartCheckParts): Promise<boolean> {
  const offsets = createKafkaOffsets({ kafka })
  try {
    const committed = await offsets.committed(kafka.groupPrefix + connector.name, connector.topics)
    return committed.every(({ offset }) => offset === null)
  } catch (error) {
    if (error instanceof MillraceError) return false
    throw error
  } finally {
    await offsets.close()
  }
}

/** Throws `MillraceError` `CONFIGURATION` where there is no such destination. */
async function lookAtDestination({ connector, configuration, clock }: StartCheckParts, signal: AbortSignal) {
  const destination = createDestination(connector, configuration.accounts, { clock })
  try {
    return await destination.check(null, signal)
  } finally {
    await destination.close()
  }
}

function troubleOf({ name, resource, message, hint, code, passesByItself }: CheckResult): Trouble {
  const what = `not started: ${name} (${resource}): ${message}`
  return {
    state: passesByItself ? 'retrying' : 'blocked',
    code: code ?? 'CHECK_FAILED',
    message: hint === undefined ? what : `${what}. ${hint}`,
  }
}
