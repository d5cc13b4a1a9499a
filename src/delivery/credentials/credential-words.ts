/** What is known of failing credentials at the moment. Instants in Unix milliseconds. */
export interface FailureFacts {
  sinceMs: number
  dropAtMs: number
  code: string
  message: string
}

/** What state, log and notifications say while the period runs. */
export function waiting({ sinceMs, dropAtMs, message }: FailureFacts, onExpiry: 'drop' | 'hold'): string {
  const [since, dropAt] = [sinceMs, dropAtMs].map((atMs) => new Date(atMs).toISOString())
  const then = onExpiry === 'drop' ? `events are given up after ${dropAt} unless they work again` : 'everything is kept'
  return `the credentials are refused since ${since}; ${then}. ${message}`
}

/** `reason` follows "because". */
export function keptBecause(reason: string, { message }: FailureFacts): string {
  return `the period is over, but everything is kept, because ${reason}. ${message}`
}

export function givingUp({ message }: FailureFacts): string {
  return `the period is over: events are given up and go to the drop ledger. ${message}`
}

/** What the destination said. */
export interface Refusal {
  /** The provider's name for it. */
  code: string
  message: string
}

/** What is known of a refusal that another process has met. */
export function refusedBefore(code = 'CREDENTIALS'): Refusal {
  return { code, message: `${code}: the destination refused them when it was asked last` }
}

/** AWS knows the identity, and does not let it do this. A denied AssumeRole is no missing right but a missing identity. */
export function isRightMissing(code: string): boolean {
  return code.includes('AccessDenied') && !code.startsWith('AssumeRole.')
}
