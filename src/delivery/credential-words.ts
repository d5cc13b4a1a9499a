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
