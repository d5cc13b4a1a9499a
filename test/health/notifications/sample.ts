import type { Notification } from '../../../src/health/notifications/notification.js'
import { createLogger, type Logger } from '../../../src/runtime/logger.js'
import { Secret } from '../../../src/runtime/secret.js'

export const T0 = Date.UTC(2026, 10, 1)

/** A notification of failing credentials at T0. */
export function notification(changes: Partial<Notification> = {}): Notification {
  return {
    id: 'acme/credentials-failing/2026-11-01T00:00:00.000Z',
    kind: 'credentials-failing',
    connector: 'acme',
    contact: 'data@acme.example',
    failingSinceMs: T0,
    dropAtMs: T0 + 48 * 3_600_000,
    code: 'ExpiredToken',
    message: 'the token <has> expired & must be renewed',
    whatToDo: 'renew the token',
    atMs: T0 + 30_000,
    ...changes,
  }
}

export function secret(text: string): Secret {
  return new Secret({ kind: 'env', name: 'PLANTED' }, () => text)
}

/** A logger and what it has written. */
export function logged(): { logger: Logger; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) }
  return { logger: createLogger({ level: 'debug', format: 'json' }, stream), lines }
}

export const never = new AbortController().signal
