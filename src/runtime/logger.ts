import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino'

/** One line per change of state; never per event or range at `info` (architecture: logs). */
export type Logger = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error' | 'fatal'> & {
  child(bindings: Record<string, unknown>): Logger
}

export interface LogSettings {
  level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'
  format: 'json' | 'pretty'
}

/** Writes to `stream`, else to standard error, so that standard output stays free for results. */
export function createLogger(settings: LogSettings, stream?: DestinationStream): Logger {
  const options = { level: settings.level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` }
  if (stream) return pino(options, stream)
  if (settings.format === 'json') return pino(options, pino.destination({ fd: 2, sync: true }))
  const target = { target: 'pino-pretty', options: { destination: 2, sync: true, translateTime: 'UTC:HH:MM:ss' } }
  return pino({ ...options, transport: target })
}
