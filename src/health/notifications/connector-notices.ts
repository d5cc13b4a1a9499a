import type { Clock } from '../../runtime/clock.js'
import type { HealthWatcher } from '../connector-health.js'
import type { NotificationKind } from '../../config/notification-kinds.js'
import type { ConnectorState, CredentialStep, Trouble } from '../recorder.js'
import { notificationId, type Notification, type Occasion } from './notification.js'
import type { Notifier } from './notifier.js'

export interface NoticesParts {
  connector: string
  contact?: string
  notifier: Notifier
  clock: Clock
  /** This process: host name and process id. */
  instance: string
}

/** What mends itself within a minute (a broker restarts, a secret is rotated) must not get anybody out of bed. */
export const BLOCKED_FOR_MS = 60_000

const KINDS_OF_STEPS: Readonly<Record<string, NotificationKind>> = {
  confirmed: 'credentials-failing',
  dropping: 'dropping',
  swept: 'dropping',
  recovered: 'recovered',
}

const DAY_MS = 24 * 3_600_000

/**
 * Which changes of one connector people are told about.
 *
 * `blocked` when it has been blocked for a minute without a break, once until it has recovered. `recovered` after that when
 * it is no longer blocked and something has proved it: a partition that was merely given away proves nothing, nor does a stop.
 * `first-dead-letter` once in this process.
 */
export class ConnectorNotices implements HealthWatcher {
  #trouble: Trouble | undefined
  #blockedSinceMs: number | undefined
  #cancelTimer = () => {}
  /** Since when the connector has had the trouble people were told of. */
  #toldSinceMs: number | undefined
  #isStopped = false

  constructor(private readonly parts: NoticesParts) {}

  changed(state: ConnectorState, trouble: Trouble | undefined): void {
    if (this.#isStopped) return
    if (state !== 'blocked') this.#unblocked()
    else {
      this.#trouble = trouble
      this.#blocked()
    }
  }

  worked(): void {
    const sinceMs = this.#toldSinceMs
    if (this.#isStopped || sinceMs === undefined || this.#blockedSinceMs !== undefined) return
    this.#toldSinceMs = undefined
    this.#notify({
      kind: 'recovered',
      failingSinceMs: sinceMs,
      message: 'the connector works again',
      whatToDo: 'nothing: what was held back is being delivered',
    })
  }

  deadLettered(): void {
    this.#notify({
      kind: 'first-dead-letter',
      message: 'an event can never be delivered and was written to the dead-letter topic; further ones are not told',
      whatToDo: 'look at the dead-letter topic: each record says what is wrong with its event',
    })
  }

  /** Kafka may remove events of the topic before they are delivered. The same id for the whole day (UTC), whoever tells it. */
  retentionAtRisk(topic: string, { code, message, hint }: { code: string; message: string; hint: string }): void {
    const nowMs = this.parts.clock.nowMs()
    const told = { kind: 'retention-risk' as const, code, message: `topic ${topic}: ${message}`, whatToDo: hint }
    this.#notify(told, { sinceMs: nowMs - (nowMs % DAY_MS), step: topic })
  }

  /** Whoever calls has made sure that each step is told once: see `CredentialSteps`. */
  credentials({ step, ...told }: CredentialStep): void {
    const { clock, instance } = this.parts
    // Each instance sums up what it has given up, and does so again.
    const occasion = step === 'swept' ? [step, new Date(clock.nowMs()).toISOString(), instance].join('/') : step
    const kind = KINDS_OF_STEPS[step] ?? 'warning'
    this.#notify({ kind, step, ...told }, { sinceMs: told.failingSinceMs, step: occasion })
  }

  /** The process stops: what ends now has not recovered. */
  stop(): void {
    this.#isStopped = true
    this.#cancelTimer()
  }

  #blocked(): void {
    if (this.#blockedSinceMs !== undefined) return
    const sinceMs = this.parts.clock.nowMs()
    this.#blockedSinceMs = sinceMs
    if (this.#toldSinceMs === undefined) {
      this.#cancelTimer = this.parts.clock.after(BLOCKED_FOR_MS, () => this.#tellBlocked(sinceMs))
    }
  }

  #unblocked(): void {
    this.#blockedSinceMs = undefined
    this.#cancelTimer()
  }

  #tellBlocked(sinceMs: number): void {
    this.#toldSinceMs = sinceMs
    this.#notify({
      kind: 'blocked',
      failingSinceMs: sinceMs,
      ...(this.#trouble && { code: this.#trouble.code }),
      message: this.#trouble?.message ?? 'events cannot be delivered',
      whatToDo: 'mend what the message names; Millrace tries again by itself and drops nothing meanwhile',
    })
  }

  #notify(
    told: Omit<Notification, 'id' | 'connector' | 'contact' | 'atMs'>,
    occasion: Partial<Pick<Occasion, 'sinceMs' | 'step'>> = {},
  ): void {
    const { connector, contact, notifier, clock } = this.parts
    const atMs = clock.nowMs()
    const id = notificationId({ connector, kind: told.kind, sinceMs: told.failingSinceMs ?? atMs, ...occasion })
    notifier.notify({ id, connector, ...(contact !== undefined && { contact }), atMs, ...told })
  }
}
