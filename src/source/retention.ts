import { ok, type Finding } from '../runtime/checklist.js'

const HOUR_MS = 3_600_000

/** What is left to mend something after the period is over (delivery.md §3). */
const MARGIN_MS = 24 * HOUR_MS

/** Whoever has to find out what was given up, and to replay it, may be away for some weeks. */
const LEDGER_MS = 30 * 24 * HOUR_MS

/** For how long events may have to wait in their topics. */
export interface WaitingTime {
  periodMs: number
  /**
   * What a topic that keeps events for less is; `failed` where the period ends in dropping. `warning` where that is wanted, or
   * where nothing is ever dropped: then no retention but an endless one is long enough, and the period only says when to worry.
   */
  tooShortIs: 'failed' | 'warning'
}

/** How long events of a connector may have to wait (delivery.md §3: retention). */
export function waitingTimeOf(rule: {
  periodMs: number
  onExpiry: 'drop' | 'hold'
  allowShortRetention: boolean
}): WaitingTime {
  const isTaken = rule.allowShortRetention || rule.onExpiry === 'hold'
  return { periodMs: rule.periodMs, tooShortIs: isTaken ? 'warning' : 'failed' }
}

/** Whether the topic keeps events for as long as they may have to wait for credentials (delivery.md §3: retention). */
export function retentionFinding(config: ReadonlyMap<string, string>, waiting: WaitingTime): Finding {
  const { periodMs } = waiting
  if (policiesOf(config).includes('compact')) return COMPACTED
  const keptMs = Number(config.get('retention.ms') ?? -1)
  if (keptMs >= 0 && keptMs < periodMs) return tooShort(keptMs, waiting)
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

/**
 * Whether the drop ledger keeps its records: they are the only trace of what was given up. Compaction does no harm, since a
 * later record of the same key replaces an earlier one anyway.
 */
export function ledgerFinding(config: ReadonlyMap<string, string>): Finding {
  if (!policiesOf(config).includes('delete')) return ok('records are kept for ever')
  const keptMs = Number(config.get('retention.ms') ?? -1)
  const keptBytes = Number(config.get('retention.bytes') ?? -1)
  if (keptMs >= 0 && keptMs < LEDGER_MS) {
    const message = `the drop ledger forgets after ${hours(keptMs)}: what was dropped could then be neither listed nor replayed`
    return { status: 'warning', code: 'LEDGER_FORGETS', message, hint: 'Set retention.ms of the topic to -1.' }
  }
  if (keptBytes >= 0) return limitedBySize(keptBytes)
  return ok(keptMs < 0 ? 'records are kept for ever' : `records are kept for ${hours(keptMs)}`)
}

function policiesOf(config: ReadonlyMap<string, string>): string[] {
  return (config.get('cleanup.policy') ?? 'delete').split(',').map((policy) => policy.trim())
}

const COMPACTED: Finding = {
  status: 'warning',
  code: 'RETENTION_COMPACTED',
  message: 'the topic is compacted: of events with the same key only the last one is kept, delivered or not',
  hint: 'Set cleanup.policy of the topic to delete.',
}

function tooShort(keptMs: number, { periodMs, tooShortIs }: WaitingTime): Finding {
  const message = `events are kept for ${hours(keptMs)}, less than credentialFailure.period, ${hours(periodMs)}`
  const mend = `Set retention.ms of the topic to ${periodMs + MARGIN_MS} or more`
  const ways = `${mend}, shorten the period, or write credentialFailure.allowShortRetention: true.`
  const hint = tooShortIs === 'failed' ? ways : `${mend}.`
  return { status: tooShortIs, code: 'RETENTION_TOO_SHORT', message, hint }
}

function limitedBySize(bytes: number): Finding {
  const message = `a partition keeps ${bytes} bytes (retention.bytes), however short a time that is`
  return { status: 'warning', code: 'RETENTION_BY_SIZE', message, hint: 'Set retention.bytes of the topic to -1.' }
}

/** Times of this kind are hours; shorter ones are for tests. */
const hours = (ms: number) => (ms >= HOUR_MS ? `${Math.floor((ms / HOUR_MS) * 10) / 10} h` : `${ms / 1000} s`)
