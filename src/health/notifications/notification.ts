import type { NotificationKind } from '../../config/notification-kinds.js'

/** One thing a person should know about a connector. Holds no payload and no secret: its texts are those of the log. */
export interface Notification {
  /** The same for the same occasion, whoever tells it and however often: see `notificationId`. */
  id: string
  kind: NotificationKind
  connector: string
  /** Who answers for the connector; mail goes there when it is an e-mail address. */
  contact?: string
  /** Which step of the 48-hour rule is told, e.g. the warning `45h` (of a period of 48 h): see `CredentialStep`. */
  step?: string
  /** When the trouble began that this is about (T0 of failing credentials), Unix milliseconds. */
  failingSinceMs?: number
  /** When events are dropped unless the credentials work again, Unix milliseconds. */
  dropAtMs?: number
  /** The provider's or Kafka's name for what is wrong. */
  code?: string
  message: string
  whatToDo: string
  atMs: number
}

/** What an id is made of. */
export interface Occasion {
  connector: string
  kind: NotificationKind
  /** When the trouble began, or, for what has no beginning, when it happened. */
  sinceMs: number
  /** Which of several of this kind since then, e.g. the warning `24h`. */
  step?: string
}

/** Deterministic, so that several instances and a restarted one give the same occasion the same id. */
export function notificationId({ connector, kind, sinceMs, step }: Occasion): string {
  return [connector, kind, new Date(sinceMs).toISOString(), ...(step === undefined ? [] : [step])].join('/')
}

/** As receivers get it: instants in ISO 8601, without what does not apply. */
export function asJson({ failingSinceMs, dropAtMs, atMs, ...told }: Notification): Record<string, string> {
  return {
    ...told,
    at: new Date(atMs).toISOString(),
    ...(failingSinceMs !== undefined && { failingSince: new Date(failingSinceMs).toISOString() }),
    ...(dropAtMs !== undefined && { dropAt: new Date(dropAtMs).toISOString() }),
  }
}

const TITLES: Readonly<Record<NotificationKind, string>> = {
  'credentials-failing': 'credentials fail',
  warning: 'credentials still fail',
  recovered: 'works again',
  dropping: 'events are being dropped',
  blocked: 'is blocked and needs a person',
  'retention-risk': 'Kafka may remove events before they are delivered',
  'first-dead-letter': 'has its first dead letter',
}

/** One line: which connector, and what happened; of a warning, how far it has come: `(45h of 48h)`. */
export function titleOf(notification: Notification): string {
  const { connector, kind } = notification
  return `${connector}: ${TITLES[kind]}${kind === 'warning' ? progressOf(notification) : ''}`
}

function progressOf({ failingSinceMs, dropAtMs, atMs }: Notification): string {
  if (failingSinceMs === undefined) return ''
  const failing = roughly(atMs - failingSinceMs)
  return dropAtMs === undefined ? ` (${failing})` : ` (${failing} of ${roughly(dropAtMs - failingSinceMs)})`
}

/** In whole units of the largest that fits: never more than has passed. */
function roughly(durationMs: number): string {
  const [unit, unitMs] = UNITS.find(([, ms]) => durationMs >= ms) ?? UNITS[2]
  return `${Math.floor(durationMs / unitMs)}${unit}`
}

const UNITS = [
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const

/** The particulars for people, each with its name, in the order in which they matter. */
export function particularsOf(notification: Notification): [name: string, value: string][] {
  const { message, code, failingSince, dropAt, whatToDo } = asJson(notification)
  const particulars: [string, string | undefined][] = [
    ['What happened', message],
    ['Code', code],
    ['Since', failingSince],
    ['Events are dropped after', dropAt],
    ['What to do', whatToDo],
  ]
  return particulars.filter((particular): particular is [string, string] => particular[1] !== undefined)
}
