import { ok, type Finding } from '../runtime/checklist.js'

const HOUR_MS = 3_600_000

/** What is left to mend something after the period is over (delivery.md §3). */
const MARGIN_MS = 24 * HOUR_MS

/** Whether the topic keeps events for as long as they may have to wait for credentials (delivery.md §3: retention). */
export function retentionFinding(config: ReadonlyMap<string, string>, periodMs: number): Finding {
  const policies = (config.get('cleanup.policy') ?? 'delete').split(',').map((policy) => policy.trim())
  if (policies.includes('compact')) return COMPACTED
  const keptMs = Number(config.get('retention.ms') ?? -1)
  if (keptMs >= 0 && keptMs < periodMs) return tooShort(keptMs, periodMs)
  if (keptMs >= 0 && keptMs < periodMs + MARGIN_MS) {
    const message = `events are kept for ${hours(keptMs)}, hardly longer than the period of ${hours(periodMs)}`
    const hint = `Set retention.ms of the topic to ${periodMs + MARGIN_MS} or more.`
    return { status: 'warning', code: 'RETENTION_NEAR_PERIOD', message, hint }
  }
  const keptBytes = Number(config.get('retention.bytes') ?? -1)
  if (keptBytes >= 0) return limitedBySize(keptBytes)
  return ok(
    keptMs < 0 ? 'events are kept for ever' : `events are kept for ${hours(keptMs)}, the period is ${hours(periodMs)}`,
  )
}

const COMPACTED: Finding = {
  status: 'warning',
  code: 'RETENTION_COMPACTED',
  message: 'the topic is compacted: of events with the same key only the last one is kept, delivered or not',
  hint: 'Set cleanup.policy of the topic to delete.',
}

function tooShort(keptMs: number, periodMs: number): Finding {
  const message = `events are kept for ${hours(keptMs)}, less than credentialFailure.period, ${hours(periodMs)}`
  const hint = `Set retention.ms of the topic to ${periodMs + MARGIN_MS} or more, or shorten the period.`
  return { status: 'failed', code: 'RETENTION_TOO_SHORT', message, hint }
}

function limitedBySize(bytes: number): Finding {
  const message = `a partition keeps ${bytes} bytes (retention.bytes), however short a time that is`
  return { status: 'warning', code: 'RETENTION_BY_SIZE', message, hint: 'Set retention.bytes of the topic to -1.' }
}

/** Times of this kind are hours; shorter ones are for tests. */
const hours = (ms: number) => (ms >= HOUR_MS ? `${Math.floor((ms / HOUR_MS) * 10) / 10} h` : `${ms / 1000} s`)
