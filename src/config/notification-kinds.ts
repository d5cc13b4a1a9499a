/** What people are told about (operations.md: notifications). */
export const NOTIFICATION_KINDS = [
  'credentials-failing',
  'warning',
  'recovered',
  'dropping',
  'blocked',
  'retention-risk',
  'first-dead-letter',
] as const

export type NotificationKind = (typeof NOTIFICATION_KINDS)[number]
